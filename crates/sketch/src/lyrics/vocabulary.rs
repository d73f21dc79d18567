//! What the writer hears in a description, read from `assets/banks/words.toml`.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::bank::BankError;

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    Major,
    Minor,
}

#[derive(Debug, Deserialize)]
pub(super) struct Genre {
    pub(super) name: String,
    /// The genre above it; its own name for a main genre.
    pub(super) main: String,
    /// Slowest and fastest usual tempo.
    pub(super) bpm: [u16; 2],
    pub(super) mode: Mode,
    /// Typical instruments.
    pub(super) play: Vec<String>,
    heard: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Mood {
    pub(super) name: String,
    pub(super) category: String,
    pub(super) themes: Vec<String>,
    pub(super) away: Vec<String>,
    pub(super) mode: Mode,
    heard: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
    heard: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Tempo {
    pub(super) name: String,
    /// 0 is the slow end of a genre's range, 1 its fast end.
    pub(super) place: f32,
    /// Slowest and fastest tempo that the word means by itself.
    pub(super) bpm: [u16; 2],
    heard: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Theme {
    pub(super) name: String,
    pub(super) category: String,
    /// A noun for titles.
    pub(super) image: String,
    heard: Vec<String>,
}

#[derive(Deserialize)]
struct EnglishLists {
    stop: String,
    verbs: String,
    adjectives: String,
    people: String,
    places: String,
    mass: String,
    #[serde(rename = "abstract")]
    abstract_nouns: String,
    time_words: String,
}

/// Chinese nouns, to be found as they stand.
#[derive(Debug, Deserialize)]
pub(super) struct ChineseNouns {
    pub(super) people: Vec<String>,
    pub(super) places: Vec<String>,
    pub(super) things: Vec<String>,
    pub(super) ideas: Vec<String>,
}

/// English words by what they can be in a sentence.
#[derive(Debug)]
pub(super) struct EnglishWords {
    pub(super) stop: HashSet<String>,
    pub(super) verbs: HashSet<String>,
    pub(super) adjectives: HashSet<String>,
    pub(super) people: HashSet<String>,
    pub(super) places: HashSet<String>,
    pub(super) mass: HashSet<String>,
    pub(super) abstract_nouns: HashSet<String>,
    pub(super) time_words: HashSet<String>,
}

#[derive(Deserialize)]
struct WordsFile {
    genres: Vec<Genre>,
    moods: Vec<Mood>,
    voices: Vec<Named>,
    instruments: Vec<Named>,
    tempos: Vec<Tempo>,
    risky: HashSet<String>,
    themes: Vec<Theme>,
    lean: BTreeMap<String, String>,
    suits: BTreeMap<String, String>,
    english: EnglishLists,
    chinese: ChineseNouns,
}

#[derive(Debug)]
pub(super) struct Vocabulary {
    pub(super) genres: Vec<Genre>,
    pub(super) moods: Vec<Mood>,
    pub(super) voices: Vec<Named>,
    pub(super) instruments: Vec<Named>,
    pub(super) tempos: Vec<Tempo>,
    /// Words that are a genre or an instrument only in such company as "country song".
    pub(super) risky: HashSet<String>,
    pub(super) themes: Vec<Theme>,
    /// Genre → the theme it leans towards.
    pub(super) lean: BTreeMap<String, String>,
    /// Theme → the genre that suits it.
    pub(super) suits: BTreeMap<String, String>,
    pub(super) english: EnglishWords,
    pub(super) chinese: ChineseNouns,
}

static VOCABULARY: LazyLock<Result<Vocabulary, BankError>> = LazyLock::new(Vocabulary::read);

/// Something with names that a description can say.
pub(super) trait Spoken {
    /// The name that is written.
    fn name(&self) -> &str;
    /// Other names that are heard.
    fn heard(&self) -> &[String];
    /// Whether `word` is one of its names.
    fn is_called(&self, word: &str) -> bool {
        self.name() == word || self.heard().iter().any(|h| h == word)
    }
}

macro_rules! spoken {
    ($($kind:ty),+) => {$(
        impl Spoken for $kind {
            fn name(&self) -> &str {
                &self.name
            }
            fn heard(&self) -> &[String] {
                &self.heard
            }
        }
    )+};
}
spoken!(Genre, Mood, Named, Tempo, Theme);

impl Vocabulary {
    /// The vocabulary; read once.
    pub(super) fn get() -> Result<&'static Self, &'static BankError> {
        VOCABULARY.as_ref()
    }

    fn read() -> Result<Self, BankError> {
        let file: WordsFile = toml::from_str(include_str!("../../../../assets/banks/words.toml"))
            .map_err(|source| BankError::Form {
            bank: "words.toml",
            source,
        })?;
        let set = |words: &str| words.split_whitespace().map(str::to_owned).collect();
        let english = EnglishWords {
            stop: set(&file.english.stop),
            verbs: set(&file.english.verbs),
            adjectives: set(&file.english.adjectives),
            people: set(&file.english.people),
            places: set(&file.english.places),
            mass: set(&file.english.mass),
            abstract_nouns: set(&file.english.abstract_nouns),
            time_words: set(&file.english.time_words),
        };
        Ok(Self {
            genres: file.genres,
            moods: file.moods,
            voices: file.voices,
            instruments: file.instruments,
            tempos: file.tempos,
            risky: file.risky,
            themes: file.themes,
            lean: file.lean,
            suits: file.suits,
            english,
            chinese: file.chinese,
        })
    }

    pub(super) fn genre(&self, name: &str) -> Option<&Genre> {
        named(&self.genres, name)
    }

    pub(super) fn mood(&self, name: &str) -> Option<&Mood> {
        named(&self.moods, name)
    }

    pub(super) fn theme(&self, name: &str) -> Option<&Theme> {
        named(&self.themes, name)
    }

    /// The theme that a genre, or the genre above it, leans towards.
    pub(super) fn lean_of(&self, genre: &str) -> Option<&str> {
        let above = self.genre(genre).map(|g| g.main.as_str());
        self.lean
            .get(genre)
            .or_else(|| above.and_then(|main| self.lean.get(main)))
            .map(String::as_str)
    }
}

fn named<'v, T: Spoken>(entries: &'v [T], name: &str) -> Option<&'v T> {
    entries.iter().find(|e| e.name() == name)
}
