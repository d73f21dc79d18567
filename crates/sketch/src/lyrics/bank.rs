//! The authored line halves, read from `assets/banks`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::language::Language;

/// The theme whose halves fit every song.
pub(super) const ANY_THEME: &str = "any";

/// Why a bank could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// The file is not the TOML that is documented at its head.
    #[error("the bank {bank} is not of its documented form")]
    Form {
        /// The file's name.
        bank: &'static str,
        /// What the parser said.
        #[source]
        source: toml::de::Error,
    },
    /// A closing or hook names no rhyme, or one that the bank does not list.
    #[error("the bank {bank} has a half without a known rhyme: {half}")]
    Rhyme {
        /// The file's name.
        bank: &'static str,
        /// The half as written.
        half: String,
    },
    /// A noun frame names no kind of noun.
    #[error("the bank {bank} has a noun frame without a known kind: {frame}")]
    Frame {
        /// The file's name.
        bank: &'static str,
        /// The frame as written.
        frame: String,
    },
}

/// How the first half of a line leans on the second.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum OpeningKind {
    /// A clause that tells, for verses; a tail follows it.
    Verse,
    /// A clause that claims or asks, for choruses and bridges; a tail follows it.
    Lift,
    /// "When …," – an answer follows it.
    Lean,
}

/// What the second half of a line does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ClosingKind {
    /// Goes on from a clause.
    Tail,
    /// A clause that answers a leaning opening.
    Answer,
}

/// Which nouns a frame takes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Frame {
    Any,
    Person,
    Role,
    Place,
    Thing,
    Plural,
    Abstract,
}

#[derive(Debug)]
pub(super) struct Opening {
    pub(super) text: String,
    pub(super) theme: String,
    pub(super) kind: OpeningKind,
    pub(super) frame: Option<Frame>,
}

#[derive(Debug)]
pub(super) struct Closing {
    pub(super) text: String,
    pub(super) theme: String,
    pub(super) kind: ClosingKind,
    pub(super) rhyme: String,
}

#[derive(Debug)]
pub(super) struct Hook {
    /// With the title's brackets.
    pub(super) text: String,
    pub(super) theme: String,
    pub(super) rhyme: String,
    pub(super) frame: Option<Frame>,
}

/// All halves of one language.
#[derive(Debug)]
pub(super) struct Bank {
    pub(super) language: Language,
    /// Rhyme class → how its end words may be spelled.
    pub(super) rhymes: BTreeMap<String, Vec<String>>,
    pub(super) openings: Vec<Opening>,
    pub(super) closings: Vec<Closing>,
    pub(super) hooks: Vec<Hook>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ThemeHalves {
    open: String,
    lift: String,
    when: String,
    tail: String,
    main: String,
    hook: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BankFile {
    rhymes: BTreeMap<String, Vec<String>>,
    theme: BTreeMap<String, ThemeHalves>,
    noun: ThemeHalves,
}

static ENGLISH: LazyLock<Result<Bank, BankError>> = LazyLock::new(|| {
    let text = include_str!("../../../../assets/banks/english.toml");
    Bank::read(Language::English, "english.toml", text)
});

static CHINESE: LazyLock<Result<Bank, BankError>> = LazyLock::new(|| {
    let text = include_str!("../../../../assets/banks/chinese.toml");
    Bank::read(Language::Chinese, "chinese.toml", text)
});

impl Bank {
    /// The bank of a language; read once.
    pub(super) fn of(language: Language) -> Result<&'static Self, &'static BankError> {
        match language {
            Language::English => ENGLISH.as_ref(),
            Language::Chinese => CHINESE.as_ref(),
        }
    }

    fn read(language: Language, name: &'static str, text: &str) -> Result<Self, BankError> {
        let file: BankFile =
            toml::from_str(text).map_err(|source| BankError::Form { bank: name, source })?;
        let mut bank = Self {
            language,
            rhymes: file.rhymes,
            openings: Vec::new(),
            closings: Vec::new(),
            hooks: Vec::new(),
        };
        for (theme, halves) in &file.theme {
            bank.add_theme(name, theme, halves)?;
        }
        bank.add_noun_frames(name, &file.noun)?;
        Ok(bank)
    }

    fn add_theme(
        &mut self,
        name: &'static str,
        theme: &str,
        halves: &ThemeHalves,
    ) -> Result<(), BankError> {
        for (kind, block) in [
            (OpeningKind::Verse, &halves.open),
            (OpeningKind::Lift, &halves.lift),
            (OpeningKind::Lean, &halves.when),
        ] {
            self.openings.extend(entries(block).map(|text| Opening {
                text: text.to_owned(),
                theme: theme.to_owned(),
                kind,
                frame: None,
            }));
        }
        for (kind, block) in [
            (ClosingKind::Tail, &halves.tail),
            (ClosingKind::Answer, &halves.main),
        ] {
            for entry in entries(block) {
                let (rhyme, text) = self.rhymed(name, entry)?;
                self.closings.push(Closing {
                    text,
                    theme: theme.to_owned(),
                    kind,
                    rhyme,
                });
            }
        }
        for entry in entries(&halves.hook) {
            let (rhyme, text) = self.rhymed(name, entry)?;
            self.hooks.push(Hook {
                text,
                theme: theme.to_owned(),
                rhyme,
                frame: None,
            });
        }
        Ok(())
    }

    fn add_noun_frames(
        &mut self,
        name: &'static str,
        frames: &ThemeHalves,
    ) -> Result<(), BankError> {
        for (kind, block) in [
            (OpeningKind::Verse, &frames.open),
            (OpeningKind::Lift, &frames.lift),
        ] {
            for entry in entries(block) {
                let (frame, text) = framed(name, entry)?;
                self.openings.push(Opening {
                    text: text.to_owned(),
                    theme: ANY_THEME.to_owned(),
                    kind,
                    frame: Some(frame),
                });
            }
        }
        for entry in entries(&frames.hook) {
            let (head, rest) = entry.split_once(' ').unwrap_or((entry, ""));
            let (frame, _) = framed(name, &format!("{head}: "))?;
            let (rhyme, text) = self.rhymed(name, rest)?;
            self.hooks.push(Hook {
                text,
                theme: ANY_THEME.to_owned(),
                rhyme,
                frame: Some(frame),
            });
        }
        Ok(())
    }

    /// Splits "ight: in the night" and checks that the bank lists the rhyme.
    fn rhymed(&self, name: &'static str, entry: &str) -> Result<(String, String), BankError> {
        entry
            .split_once(": ")
            .filter(|(rhyme, _)| self.rhymes.contains_key(*rhyme))
            .map(|(rhyme, text)| (rhyme.to_owned(), text.to_owned()))
            .ok_or_else(|| BankError::Rhyme {
                bank: name,
                half: entry.to_owned(),
            })
    }
}

fn entries(block: &str) -> impl Iterator<Item = &str> {
    block.lines().map(str::trim).filter(|l| !l.is_empty())
}

fn framed<'e>(name: &'static str, entry: &'e str) -> Result<(Frame, &'e str), BankError> {
    entry
        .split_once(": ")
        .and_then(|(kind, text)| {
            let frame = match kind {
                "any" => Frame::Any,
                "person" => Frame::Person,
                "role" => Frame::Role,
                "place" => Frame::Place,
                "thing" => Frame::Thing,
                "plural" => Frame::Plural,
                "abstract" => Frame::Abstract,
                _ => return None,
            };
            Some((frame, text))
        })
        .ok_or_else(|| BankError::Frame {
            bank: name,
            frame: entry.to_owned(),
        })
}
