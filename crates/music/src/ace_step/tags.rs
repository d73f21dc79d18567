use std::path::Path;

use candle_core::{Device, Tensor};
use tokenizers::{Tokenizer, TruncationParams};

use super::Error;

/// The longest prompt, with the token that ends it.
const LONGEST: usize = 256;

/// The tags prompt to ids, as UMT5 was trained on them.
#[derive(Clone, Debug)]
pub(super) struct TagsTokenizer(Tokenizer);

impl TagsTokenizer {
    /// From `umt5-base/tokenizer.json`.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let wrong = |error: tokenizers::Error| Error::Checkpoint {
            file: path.to_owned(),
            what: format!("it is no tokenizer that can be read: {error}. Install the model again"),
        };
        let mut tokenizer = Tokenizer::from_file(path).map_err(wrong)?;
        let truncation = TruncationParams {
            max_length: LONGEST,
            ..TruncationParams::default()
        };
        tokenizer.with_truncation(Some(truncation)).map_err(wrong)?;
        tokenizer.with_padding(None);
        Ok(Self(tokenizer))
    }

    /// (1, tokens) on a device; at most 256 tokens, the last of which ends the text.
    pub(super) fn ids(&self, prompt: &str, device: &Device) -> Result<Tensor, Error> {
        let encoding = self.0.encode(prompt, true).map_err(Error::Tags)?;
        let ids = encoding.get_ids();
        let ids = Tensor::from_slice(ids, (1, ids.len()), device);
        Ok(ids.map_err(songwright_nn::Error::from)?)
    }
}
