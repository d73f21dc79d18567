//! Languages and their scripts.

mod guess;
mod names;
mod script;

use isolang::Language;
use songwright_base::{
    InvalidField, LyricSheet,
    syllables::{Spelling, syllables},
};

pub use script::Script;

/// The language that something is written in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tongue {
    /// What a model is told: "German", "中文".
    pub name: String,
    /// Which letters it has.
    pub script: Script,
    /// Absent where only its name is known.
    language: Option<Language>,
}

impl Tongue {
    /// The asked language, or else that of `text`; English where it cannot be told.
    #[must_use]
    pub fn choose(asked: Option<&str>, text: &str) -> Self {
        let asked = asked.map(str::trim).filter(|asked| !asked.is_empty());
        match asked {
            Some(asked) if !is_automatic(asked) => {
                Self::named(asked).unwrap_or_else(|| Self {
                    // A model may know it all the same.
                    name: asked.to_owned(),
                    script: Script::Any,
                    language: None,
                })
            }
            _ => Self::of_text(text),
        }
    }

    /// The language of a text; English where it cannot be told.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        Self::of(guess::language_of(text))
    }

    /// The language of what is sung of lyrics: their tags say nothing of it.
    #[must_use]
    pub fn of_lyrics(lyrics: &str) -> Self {
        let sheet = LyricSheet::parse(lyrics);
        let sung: Vec<&str> = sheet.lines().collect();
        Self::of_text(&sung.join("\n"))
    }

    /// The asked language, where it is one that is known by name, code or its own name.
    #[must_use]
    pub fn named(asked: &str) -> Option<Self> {
        let found = names::named(asked)?;
        let own = Self::of(found.language);
        Some(match found.variety {
            Some(variety) => Self {
                name: variety.to_owned(),
                ..own
            },
            None => own,
        })
    }

    /// As [`Tongue::named`], for the field `language` of a request.
    pub(crate) fn named_field(asked: &str) -> Result<Self, InvalidField> {
        Self::named(asked).ok_or_else(|| {
            let problem = format!(
                "\"{asked}\" is not known: name one such as \"english\", \"zh\" or \"Deutsch\""
            );
            InvalidField::new("language", problem)
        })
    }

    /// Syllables of a line in it.
    #[must_use]
    pub fn syllables(&self, line: &str) -> usize {
        syllables(line, self.spelling())
    }

    /// How its vowels are spelled.
    #[must_use]
    pub fn spelling(&self) -> Spelling {
        match self.language {
            Some(Language::Eng) => Spelling::English,
            Some(Language::Fra) => Spelling::French,
            _ => Spelling::Other,
        }
    }

    /// What may stand before a word as the inside of a class, where it is one that begins a question.
    pub(crate) fn openings(&self) -> &'static str {
        match self.language {
            Some(Language::Spa | Language::Glg | Language::Ast) => "¿¡",
            _ => "",
        }
    }

    /// Whether short words lose their vowel before another: "l'amour", "d'amore".
    pub(crate) fn elides(&self) -> bool {
        let these = [Language::Fra, Language::Ita, Language::Cat, Language::Oci];
        self.language.is_some_and(|own| these.contains(&own))
    }

    /// Whether it is written with a space before "?" and "!".
    pub(crate) fn parts_stops(&self) -> bool {
        self.language == Some(Language::Fra)
    }

    fn of(language: Language) -> Self {
        Self {
            name: names::told(language).to_owned(),
            script: Script::of(language),
            language: Some(language),
        }
    }
}

/// Whether the text is to say it.
pub(crate) fn is_automatic(asked: &str) -> bool {
    ["auto", "any", "default"].contains(&asked.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_codes_and_own_names() {
        for (asked, name, script) in [
            ("english", "English", Script::Latin),
            ("EN-gb", "English", Script::Latin),
            ("zh", "中文", Script::Han),
            ("zh_CN", "中文", Script::Han),
            ("zh-Hans", "中文", Script::Han),
            ("Simplified Chinese", "中文", Script::Han),
            ("Chinese (Simplified)", "中文", Script::Han),
            ("zh_TW", "繁體中文", Script::Han),
            ("zh-Hant", "繁體中文", Script::Han),
            ("Cantonese", "粤语", Script::Han),
            ("Chinese", "中文", Script::Han),
            ("中文", "中文", Script::Han),
            ("German", "German", Script::Latin),
            ("deutsch", "German", Script::Latin),
            ("de-AT", "German", Script::Latin),
            ("deu", "German", Script::Latin),
            ("ja", "Japanese", Script::Kana),
            ("日本語", "Japanese", Script::Kana),
            ("ko", "Korean", Script::Hangul),
            ("Russian", "Russian", Script::Cyrillic),
            ("русский", "Russian", Script::Cyrillic),
            ("cs", "Czech", Script::Latin),
            ("čeština", "Czech", Script::Latin),
            ("hu", "Hungarian", Script::Latin),
            ("magyar", "Hungarian", Script::Latin),
            ("da", "Danish", Script::Latin),
            ("fi", "Finnish", Script::Latin),
            ("suomi", "Finnish", Script::Latin),
            ("ro", "Romanian", Script::Latin),
            ("no", "Norwegian", Script::Latin),
            ("nb", "Norwegian", Script::Latin),
            ("Swahili", "Swahili", Script::Latin),
            ("pt-BR", "Brazilian Portuguese", Script::Latin),
            ("pt", "Portuguese", Script::Latin),
            ("el", "Greek", Script::Greek),
            ("Greek", "Greek", Script::Greek),
            ("farsi", "Persian", Script::Arabic),
            ("fa", "Persian", Script::Arabic),
            ("ta", "Tamil", Script::Any),
            ("uk", "Ukrainian", Script::Cyrillic),
            ("Klingon", "Klingon", Script::Any),
            ("Quenya or so", "Quenya or so", Script::Any),
        ] {
            let found = Tongue::choose(Some(asked), "whatever");
            assert_eq!(
                (found.name.as_str(), found.script),
                (name, script),
                "{asked}"
            );
        }
        assert!(Tongue::named("no such language").is_none());
        assert_eq!(Tongue::named("fr").unwrap().spelling(), Spelling::French);
    }

    #[test]
    fn a_text_says_its_language_where_nothing_else_does() {
        for asked in [None, Some("auto"), Some(" "), Some("Default")] {
            let found = Tongue::choose(asked, "Een lied over de zee");
            assert_eq!(found.name, "Dutch", "{asked:?}");
        }
    }

    #[test]
    fn tags_do_not_say_what_is_sung() {
        for (lyrics, name) in [
            ("[verse]\n夜里下雨", "中文"),
            (
                "[Verse 1: soft female voice]\n雨\n[pre-chorus]\n[chorus]\n好",
                "中文",
            ),
            ("[chorus]\nСнег", "Russian"),
            ("[verse]\nLlueve sobre la ciudad", "Spanish"),
            ("[verse]\nHold on", "English"),
            ("[verse]", "English"),
        ] {
            assert_eq!(Tongue::of_lyrics(lyrics).name, name, "{lyrics}");
        }
    }
}
