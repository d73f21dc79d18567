//! CLIP's words.

use std::{fs, path::Path};

use candle_core::{Device, Tensor};
use serde_json::{Value, json};
use tokenizers::{AddedToken, Tokenizer};

use super::Error;

/// What begins, ends, and in the first encoder pads, a text.
const BEGIN: &str = "<|startoftext|>";
const END: &str = "<|endoftext|>";
/// What pads a text in the second one.
const BANG: &str = "!";
/// Tokens of a text, with what begins and ends it.
pub const LENGTH: usize = 77;
/// Tokens of a text without them.
pub const MOST: usize = LENGTH - 2;

/// Prompts to ids, as CLIP was trained on them.
#[derive(Clone, Debug)]
pub struct ClipTokenizer {
    first: Tokenizer,
    /// To which "!" is a word of its own wherever it stands, because it pads.
    second: Tokenizer,
    begin: u32,
    end: u32,
}

/// A prompt as ids.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tokens {
    /// The ids, begun, ended and padded: [`LENGTH`] of them.
    pub ids: Vec<u32>,
}

/// Whose tokens, and what follows the end of a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Padding {
    /// The end again: the first encoder's.
    End,
    /// "!", which is id 0: the second encoder's.
    Bang,
}

impl ClipTokenizer {
    /// From a folder with `tokenizer.json`, or with `vocab.json` and `merges.txt`.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] names the file that is missing or no such file.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let whole = folder.join("tokenizer.json");
        if whole.is_file() {
            return Self::of(Tokenizer::from_bytes(read(&whole)?), &whole);
        }
        let (vocabulary, merges) = (folder.join("vocab.json"), folder.join("merges.txt"));
        let wrong = |error: String| Error::Checkpoint {
            file: vocabulary.clone(),
            what: format!("it is no vocabulary: {error}"),
        };
        let ids: Value = serde_json::from_slice(&read(&vocabulary)?)
            .map_err(|error| wrong(error.to_string()))?;
        let merges = String::from_utf8_lossy(&read(&merges)?).into_owned();
        let described =
            described(&ids, &merges).ok_or_else(|| wrong("no end of text".to_owned()))?;
        Self::of(
            Tokenizer::from_bytes(described.to_string().as_bytes()),
            &vocabulary,
        )
    }

    fn of(tokenizer: tokenizers::Result<Tokenizer>, file: &Path) -> Result<Self, Error> {
        let wrong = |what: String| Error::Checkpoint {
            file: file.to_owned(),
            what: format!("it is no tokenizer that can be read: {what}"),
        };
        let mut tokenizer = tokenizer.map_err(|error| wrong(error.to_string()))?;
        let lifted = tokenizer.with_truncation(None);
        lifted.map_err(|error| wrong(error.to_string()))?;
        tokenizer.with_padding(None);
        let id = |token: &str| {
            let id = tokenizer.token_to_id(token);
            id.ok_or_else(|| wrong(format!("it has no {token}")))
        };
        let (begin, end) = (id(BEGIN)?, id(END)?);
        let mut second = tokenizer.clone();
        let pad = second.add_special_tokens([AddedToken::from(BANG, true)]);
        pad.map_err(|error| wrong(error.to_string()))?;
        Ok(Self {
            first: tokenizer,
            second,
            begin,
            end,
        })
    }

    /// The first 75 tokens of a text, begun, ended and padded.
    ///
    /// # Errors
    /// [`Error::Prompt`].
    pub fn encode(&self, text: &str, padding: Padding) -> Result<Tokens, Error> {
        let (tokenizer, pad) = match padding {
            Padding::End => (&self.first, self.end),
            Padding::Bang => (&self.second, 0),
        };
        let encoding = tokenizer.encode(text, false).map_err(Error::Prompt)?;
        let all = encoding.get_ids();
        let kept = &all[..all.len().min(MOST)];
        let mut ids = [&[self.begin], kept, &[self.end]].concat();
        ids.resize(LENGTH, pad);
        Ok(Tokens { ids })
    }

    /// Tokens of a text, of the encoder that takes more of them; what begins and ends it is not counted.
    ///
    /// # Errors
    /// [`Error::Prompt`].
    pub fn count(&self, text: &str) -> Result<usize, Error> {
        let of = |tokenizer: &Tokenizer| -> Result<usize, Error> {
            let encoding = tokenizer.encode(text, false).map_err(Error::Prompt)?;
            Ok(encoding.len())
        };
        Ok(of(&self.first)?.max(of(&self.second)?))
    }
}

impl Tokens {
    /// (1, [`LENGTH`]) on a device.
    ///
    /// # Errors
    /// Those of the device.
    pub fn tensor(&self, device: &Device) -> Result<Tensor, Error> {
        Ok(Tensor::from_slice(&self.ids, (1, LENGTH), device)?)
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    fs::read(file).map_err(|error| Error::Checkpoint {
        file: file.to_owned(),
        what: format!("it cannot be read: {error}"),
    })
}

/// The two files as one, in the form that the `tokenizers` crate reads.
fn described(ids: &Value, merges: &str) -> Option<Value> {
    let (begin, end) = (ids.get(BEGIN)?, ids.get(END)?);
    let merges: Vec<&str> = merges
        .lines()
        .filter(|line| !line.starts_with("#version") && !line.trim().is_empty())
        .collect();
    let special = |id: &Value, content: &str| {
        json!({"id": id, "content": content, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false, "special": true})
    };
    let words = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";
    Some(json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [special(begin, BEGIN), special(end, END)],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFC"},
            {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "},
            {"type": "Lowercase"},
        ]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": words}, "behavior": "Removed", "invert": true},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        ]},
        "post_processor": null,
        "decoder": null,
        "model": {"type": "BPE", "dropout": null, "unk_token": END, "continuing_subword_prefix": "",
            "end_of_word_suffix": "</w>", "fuse_unk": false, "byte_fallback": false,
            "vocab": ids, "merges": merges},
    }))
}
