use tokenizers::Tokenizer;

use super::Language;
use crate::ace_step::Error;

/// The lyric vocabulary of ACE-Step v1, which is in the model's code and not among its weights.
const VOCABULARY: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../assets/ace-step-v1/vocab.json"
));

/// Byte pairs over cleaned lines: XTTS's `VoiceBpeTokenizer` without its cleaning.
#[derive(Clone, Debug)]
pub(super) struct VoiceBpe(Tokenizer);

impl VoiceBpe {
    pub(super) fn new() -> Result<Self, Error> {
        Tokenizer::from_bytes(VOCABULARY)
            .map(Self)
            .map_err(Error::Vocabulary)
    }

    /// The ids of a clean line, the language's own first.
    pub(super) fn encode(&self, clean: &str, language: Language) -> Result<Vec<u32>, Error> {
        // The vocabulary has no space; the pre-tokenizer would drop one.
        let marked = format!("{}{clean}", language.token()).replace(' ', "[SPACE]");
        let encoding = self.0.encode(marked, false).map_err(Error::Vocabulary)?;
        Ok(encoding.get_ids().to_vec())
    }
}
