//! Grammars over tokens: what an answer may be.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use llguidance::{
    Matcher, ParserFactory,
    api::TopLevelGrammar,
    toktrie::{InferenceCapabilities, TokEnv, TokRxInfo, TokTrie, TokenizerEnv},
};

use super::{Error, Tokenizer};

/// Grammars that are kept.
const KEPT: usize = 4;
/// Answers that a kept grammar is good for. Each adds to the states that its lexer remembers, and there
/// is a limit to those.
const USES: usize = 16;

/// All that grammars share for one vocabulary.
pub struct Grammars {
    factory: ParserFactory,
    /// What was asked for last, the newest one last.
    kept: Mutex<Vec<Kept>>,
}

/// A grammar that may come again: its copies share the states of one lexer, which are most of the work.
struct Kept {
    lark: String,
    fresh: Matcher,
    uses: usize,
}

impl std::fmt::Debug for Grammars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Grammars")
    }
}

impl Grammars {
    /// For a network of `rows` tokens, whose answers end with any of `stops`, the usual one first.
    ///
    /// # Errors
    /// [`Error::Grammar`] where the network has fewer tokens than the tokenizer.
    pub fn new(tokenizer: &Tokenizer, rows: usize, stops: &[u32]) -> Result<Self, Error> {
        let Some(first) = stops.first().filter(|_| rows >= tokenizer.len()) else {
            let what = format!("{} tokens for a network of {rows}", tokenizer.len());
            return Err(Error::Grammar { what });
        };
        let count = u32::try_from(rows).unwrap_or(u32::MAX);
        let words: Vec<Vec<u8>> = (0..count).map(|token| word(tokenizer, token)).collect();
        let trie = TokTrie::from(&TokRxInfo::new(count, *first), &words).with_eos_tokens(stops);
        let environment: TokEnv = Arc::new(Environment {
            trie,
            tokenizer: tokenizer.clone(),
        });
        let abilities = InferenceCapabilities {
            ff_tokens: true,
            ..InferenceCapabilities::default()
        };
        // Tokens that go together wherever nearly any text may stand: there is no such place in our grammars, and looking
        // for one takes time, and more memory than all else of this.
        let slices = [];
        let mut factory = ParserFactory::new(&environment, abilities, &slices).map_err(wrong)?;
        factory.quiet();
        // Our own grammars are no attack; lines by syllables are large, and only little of them is seen.
        let limits = factory.limits_mut();
        limits.initial_lexer_fuel *= 8;
        limits.step_lexer_fuel *= 8;
        Ok(Self {
            factory,
            kept: Mutex::default(),
        })
    }

    /// What follows a grammar in llguidance's Lark, from its `start`.
    ///
    /// # Errors
    /// [`Error::Grammar`] where it is none.
    pub fn matcher(&self, lark: &str) -> Result<Matcher, Error> {
        let mut kept = self.kept();
        let mut own = match kept.iter().position(|kept| kept.lark == lark) {
            Some(at) => kept.remove(at),
            None => Kept {
                lark: lark.to_owned(),
                fresh: self.compiled(lark)?,
                uses: 0,
            },
        };
        own.uses += 1;
        let matcher = own.fresh.clone();
        if own.uses < USES {
            if kept.len() >= KEPT {
                kept.remove(0);
            }
            kept.push(own);
        }
        Ok(matcher)
    }

    /// Keeps nothing: copies of a grammar that failed fail too.
    pub(super) fn forget(&self) {
        self.kept().clear();
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compiled(&self, lark: &str) -> Result<Matcher, Error> {
        let grammar = TopLevelGrammar::from_lark(lark.to_owned());
        let matcher = Matcher::new(self.factory.create_parser(grammar));
        match matcher.get_error() {
            Some(what) => Err(Error::Grammar { what }),
            None => Ok(matcher),
        }
    }
}

pub(super) fn wrong(error: impl std::fmt::Display) -> Error {
    Error::Grammar {
        what: error.to_string(),
    }
}

/// A text as a regular expression of itself, between slashes.
pub(super) fn quoted(text: &str) -> String {
    // A JSON string is a Lark one.
    serde_json::Value::String(text.to_owned()).to_string()
}

/// A token's bytes; those of a sign, and of rows that no token has, cannot be written as text.
fn word(tokenizer: &Tokenizer, token: u32) -> Vec<u8> {
    let bytes = tokenizer.bytes(token);
    if !bytes.is_empty() {
        return bytes.to_vec();
    }
    let name = tokenizer
        .name(token)
        .unwrap_or_else(|| format!("<[{token}]>"));
    [&[TokTrie::SPECIAL_TOKEN_MARKER], name.as_bytes()].concat()
}

struct Environment {
    trie: TokTrie,
    tokenizer: Tokenizer,
}

impl TokenizerEnv for Environment {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<u32> {
        self.trie.tokenize_with_greedy_fallback(bytes, |text| {
            self.tokenizer
                .encode(text)
                .unwrap_or_else(|_| self.trie.greedy_tokenize(text.as_bytes()))
        })
    }
}
