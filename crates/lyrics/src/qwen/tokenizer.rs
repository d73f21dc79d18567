//! Text to tokens and back.

use std::{collections::HashMap, path::Path, sync::Arc};

use candle_core::quantized::gguf_file::{Content, Value};
use songwright_nn::weights::Gguf;
use tokenizers::{
    AddedToken, NormalizerWrapper, PreTokenizerWrapper, SplitDelimiterBehavior, Tokenizer as Inner,
    models::bpe::BPE,
    normalizers::NFC,
    pre_tokenizers::{
        byte_level::ByteLevel,
        digits::Digits,
        sequence::Sequence,
        split::{Split, SplitPattern},
    },
};

use super::Error;

/// How Qwen2 and Qwen3 cut text before pairs are merged (llama.cpp's pre-tokenizer "qwen2").
const WORDS: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The byte-level tokenizer of Qwen2 and Qwen3.
#[derive(Clone)]
pub struct Tokenizer {
    inner: Arc<Inner>,
    /// Nothing for those that are signs, not text.
    bytes: Arc<Bytes>,
    signs: Arc<HashMap<String, u32>>,
}

/// The bytes of each token, one after the other: a hundred thousand short lists of their own would take four times as much.
struct Bytes {
    all: Box<[u8]>,
    /// Where those of each token end, and the next one's begin.
    ends: Box<[usize]>,
}

impl Bytes {
    fn of(tokens: &[Vec<u8>]) -> Self {
        let mut end = 0;
        let ends = tokens.iter().map(|bytes| {
            end += bytes.len();
            end
        });
        Self {
            ends: ends.collect(),
            all: tokens.concat().into(),
        }
    }

    /// Nothing for a token that there is not.
    fn of_token(&self, token: usize) -> &[u8] {
        let begin = match token {
            0 => 0,
            token => self.ends.get(token - 1).copied().unwrap_or_default(),
        };
        let end = self.ends.get(token).copied();
        end.map_or(&[], |end| &self.all[begin..end])
    }
}

impl Tokenizer {
    /// Reads a `tokenizer.json`; `path` is the file that an error names.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where it is none of byte-level pairs.
    pub fn from_json(json: &[u8], path: &Path) -> Result<Self, Error> {
        Inner::from_bytes(json)
            .map_err(|error| error.to_string())
            .and_then(Self::of)
            .map_err(|what| {
                Error::checkpoint(path, format!("no tokenizer that can be read: {what}"))
            })
    }

    /// Reads the notes of a GGUF file.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where it has none of Qwen's.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self, Error> {
        of_notes(gguf.content())
            .and_then(Self::of)
            .map_err(|what| Error::checkpoint(gguf.path(), what))
    }

    fn of(inner: Inner) -> Result<Self, String> {
        let count = inner.get_vocab_size(true);
        let signs: HashMap<String, u32> = inner
            .get_added_tokens_decoder()
            .into_iter()
            .map(|(id, token)| (token.content, id))
            .collect();
        let bytes_of = bytes_of_letters();
        let mut bytes = vec![Vec::new(); count];
        for (token, id) in inner.get_vocab(false) {
            if signs.contains_key(&token) {
                continue;
            }
            let own = token.chars().map(|letter| bytes_of.get(&letter).copied());
            if let Some(slot) = bytes.get_mut(id as usize)
                && let Some(own) = own.collect()
            {
                *slot = own;
            }
        }
        // Some vocabularies lack bytes that no text in UTF-8, or none that they were made of, has.
        let has = |byte: u8| bytes.iter().any(|bytes| *bytes == [byte]);
        if !(b' '..=b'~').chain([b'\n']).all(has) {
            return Err("it does not have a token for each byte".to_owned());
        }
        Ok(Self {
            inner: Arc::new(inner),
            bytes: Arc::new(Bytes::of(&bytes)),
            signs: Arc::new(signs),
        })
    }

    /// Tokens of a text; names of signs (`<|im_end|>`) in it are the signs.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, Error> {
        let encoding = self.inner.encode(text, false).map_err(Error::Tokenizer)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of tokens, with signs by their names; bytes that are no text are replaced.
    #[must_use]
    pub fn decode(&self, tokens: &[u32]) -> String {
        let mut all = Vec::new();
        for token in tokens {
            match self.bytes(*token) {
                [] => {
                    let name = self.inner.id_to_token(*token).unwrap_or_default();
                    all.extend_from_slice(name.as_bytes());
                }
                bytes => all.extend_from_slice(bytes),
            }
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    /// The bytes of a token; none for a sign.
    #[must_use]
    pub fn bytes(&self, token: u32) -> &[u8] {
        self.bytes.of_token(token as usize)
    }

    /// How many tokens there are, signs too.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.ends.len()
    }

    /// Whether there are none, which no tokenizer that was read says.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.ends.is_empty()
    }

    /// The sign of that name: `<|im_end|>`.
    #[must_use]
    pub fn sign(&self, name: &str) -> Option<u32> {
        self.signs.get(name).copied()
    }

    /// A user's text without the names of signs, which would end their turn.
    #[must_use]
    pub fn without_signs(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // What is left after a removal may be a name again.
        while let Some(name) = self.signs.keys().find(|name| text.contains(name.as_str())) {
            text = text.replace(name.as_str(), "");
        }
        text
    }

    /// The name of a token.
    pub(super) fn name(&self, token: u32) -> Option<String> {
        self.inner.id_to_token(token)
    }
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokenizer({} tokens)", self.len())
    }
}

/// GPT-2's letters for bytes (`bytes_to_unicode`): those that can be seen are themselves, the others
/// count on from U+0100.
fn bytes_of_letters() -> HashMap<char, u8> {
    let mut next = 0x100_u32;
    (0..=u8::MAX)
        .filter_map(|byte| {
            let own = char::from(byte);
            let is_seen = matches!(own, '!'..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{ff}');
            let letter = if is_seen {
                own
            } else {
                next += 1;
                char::from_u32(next - 1)?
            };
            Some((letter, byte))
        })
        .collect()
}

/// llama.cpp's kinds of tokens that are signs: control and user-defined.
const SIGNS: [i64; 2] = [3, 4];

fn of_notes(content: &Content) -> Result<Inner, String> {
    let note = |key: &str| {
        let name = format!("tokenizer.ggml.{key}");
        content
            .metadata
            .get(&name)
            .ok_or_else(|| format!("it lacks the note {name}"))
    };
    let text = |key: &str| -> Result<String, String> {
        let text = note(key)?.to_string();
        Ok(text.map_err(|error| error.to_string())?.clone())
    };
    let (model, words) = (text("model")?, text("pre")?);
    let cut = Cut::named(&words)
        .filter(|_| model == "gpt2")
        .ok_or_else(|| format!("the tokenizer is {model} with {words}, not gpt2 with qwen2"))?;
    let tokens = texts(note("tokens")?)?;
    let kinds = match note("token_type") {
        Ok(Value::Array(kinds)) => kinds.iter().map(whole).collect(),
        _ => vec![1; tokens.len()],
    };
    let merges = texts(note("merges")?)?
        .into_iter()
        .map(|pair| {
            let (left, right) = pair.split_once(' ').ok_or("a merge is no pair")?;
            Ok((left.to_owned(), right.to_owned()))
        })
        .collect::<Result<Vec<_>, &str>>()?;
    let signs: Vec<AddedToken> = tokens
        .iter()
        .zip(&kinds)
        .filter(|(_, kind)| SIGNS.contains(kind))
        .map(|(token, kind)| AddedToken::from(token.clone(), *kind == SIGNS[0]).normalized(false))
        .collect();
    let vocabulary = tokens
        .into_iter()
        .enumerate()
        .map(|(id, token)| Ok((token, u32::try_from(id).map_err(|error| error.to_string())?)))
        .collect::<Result<_, String>>()?;
    let wrong = |error: tokenizers::Error| error.to_string();
    let pairs = BPE::builder()
        .vocab_and_merges::<tokenizers::models::bpe::Vocab>(vocabulary, merges)
        .build()
        .map_err(wrong)?;
    let mut inner = Inner::new(pairs);
    inner
        .with_normalizer(cut.normalizer())
        .map_err(wrong)?
        .with_pre_tokenizer(Some(Sequence::new(cut.words().map_err(wrong)?.to_vec())))
        .with_decoder(Some(ByteLevel::default()));
    inner.add_tokens(signs).map_err(wrong)?;
    Ok(inner)
}

/// How text is cut before pairs are merged, by llama.cpp's names.
#[derive(Clone, Copy)]
enum Cut {
    Qwen2,
    /// GPT-2's words, and digits one by one.
    SmolLm,
}

impl Cut {
    fn named(name: &str) -> Option<Self> {
        match name {
            "qwen2" => Some(Self::Qwen2),
            "smollm" => Some(Self::SmolLm),
            _ => None,
        }
    }

    fn normalizer(self) -> Option<NormalizerWrapper> {
        match self {
            Self::Qwen2 => Some(NFC.into()),
            Self::SmolLm => None,
        }
    }

    fn words(self) -> tokenizers::Result<[PreTokenizerWrapper; 2]> {
        Ok(match self {
            Self::Qwen2 => {
                let pattern = SplitPattern::Regex(WORDS.to_owned());
                let words = Split::new(pattern, SplitDelimiterBehavior::Isolated, false)?;
                [words.into(), ByteLevel::new(false, true, false).into()]
            }
            Self::SmolLm => [
                Digits::new(true).into(),
                ByteLevel::new(false, true, true).into(),
            ],
        })
    }
}

fn texts(value: &Value) -> Result<Vec<String>, String> {
    let Value::Array(values) = value else {
        return Err("a list of the tokenizer is none".to_owned());
    };
    values
        .iter()
        .map(|value| {
            let text = value.to_string().map_err(|error| error.to_string())?;
            Ok(text.clone())
        })
        .collect()
}

fn whole(value: &Value) -> i64 {
    match value {
        Value::I32(n) => i64::from(*n),
        Value::U32(n) => i64::from(*n),
        Value::I64(n) => *n,
        _ => 1,
    }
}
