//! Lyrics to ids, as ACE-Step v1's lyric encoder was trained on them: by line, a language's token,
//! the cleaned text in byte pairs, and a separator (the reference's `tokenize_lyrics`).

mod abbreviations;
mod chinese;
mod clean;
mod guess;
mod hangul;
mod japanese;
mod language;
mod numbers;
mod pattern;
mod segments;
mod symbols;
mod tags;
mod tokenizer;

pub use language::Language;

use std::sync::OnceLock;

use super::Error;
use segments::Segments;
use tokenizer::VoiceBpe;

/// `[START]`, before the first line.
const START: u32 = 261;
/// `[SPACE]`, which also ends a line.
const SEPARATOR: u32 = 2;

/// How a line's brackets are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tags {
    /// `[Verse 1]` is the model's `[verse]`.
    #[default]
    Known,
    /// As written: what is not spelled like a tag of the vocabulary becomes letters, as in the
    /// reference.
    Written,
}

/// Which language lines are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Languages {
    /// All in one.
    One(Language),
    /// Each in the one that the reference guesses for it.
    ByLine,
}

/// Lyrics to ids.
#[derive(Clone, Debug)]
pub struct LyricText {
    tokenizer: VoiceBpe,
    /// Read when it is first asked for.
    segments: OnceLock<Segments>,
}

impl LyricText {
    /// Reads the vocabulary, which is in the program.
    ///
    /// # Errors
    ///
    /// [`Error::Vocabulary`] where it does not load.
    pub fn new() -> Result<Self, Error> {
        Ok(Self {
            tokenizer: VoiceBpe::new()?,
            segments: OnceLock::new(),
        })
    }

    /// The ids of a song, in 0..6693: `[START]`, then of each line its ids and a separator; of an
    /// empty line the separator. Without words that is two ids; a caller whose song has no lyrics
    /// gives the encoder one masked token instead.
    ///
    /// # Errors
    ///
    /// [`Error::Vocabulary`] where the vocabulary does not take a line.
    pub fn encode(
        &self,
        lyrics: &str,
        languages: Languages,
        tags: Tags,
    ) -> Result<Vec<u32>, Error> {
        let mut ids = vec![START];
        for line in lyrics.split('\n').map(str::trim) {
            if !line.is_empty() {
                let line = match tags {
                    Tags::Known => tags::known(line),
                    Tags::Written => line.to_owned(),
                };
                let language = if starts_with_brackets(&line) {
                    Language::English
                } else {
                    match languages {
                        Languages::One(language) => language,
                        Languages::ByLine => self.guess_line(&line)?,
                    }
                };
                ids.extend(self.encode_line(&line, language)?);
            }
            ids.push(SEPARATOR);
        }
        Ok(ids)
    }

    /// The language that the reference takes for a line: English where it guesses one that the
    /// vocabulary has no token for.
    ///
    /// # Errors
    ///
    /// [`Error::LanguageModel`] where its model does not load.
    pub fn guess_line(&self, line: &str) -> Result<Language, Error> {
        let code = self.segments()?.language(line);
        Ok(Language::from_code(&code).unwrap_or(Language::English))
    }

    /// Characters of a line by language, most first, as the reference counts them.
    ///
    /// # Errors
    ///
    /// As [`Self::guess_line`].
    pub fn count_languages(&self, line: &str) -> Result<Vec<(String, usize)>, Error> {
        Ok(self.segments()?.counts(line))
    }

    fn segments(&self) -> Result<&Segments, Error> {
        if let Some(segments) = self.segments.get() {
            return Ok(segments);
        }
        let read = Segments::new()?;
        Ok(self.segments.get_or_init(|| read))
    }

    /// The ids of one line in a language: the language's token, then the cleaned text's.
    ///
    /// # Errors
    ///
    /// [`Error::Vocabulary`] where the vocabulary does not take the line.
    pub fn encode_line(&self, line: &str, language: Language) -> Result<Vec<u32>, Error> {
        self.tokenizer.encode(&cleaned(line, language), language)
    }
}

/// The language of a whole song by its letters, for a request that names none; structure tags are
/// not looked at. English where nothing tells. The reference guesses each line instead, and is often
/// wrong on short ones.
pub fn guess_language(lyrics: &str) -> Language {
    guess::language(lyrics)
}

/// A line as it is cut into tokens: small letters, numbers and signs as words, one space at a time,
/// and Chinese, Korean and Japanese in Latin letters.
pub fn cleaned(line: &str, language: Language) -> String {
    clean::clean(line, language)
}

/// Whether a line starts with a bracket that closes: a structure tag, which is English.
fn starts_with_brackets(line: &str) -> bool {
    line.starts_with('[') && line.contains(']')
}
