//! Languages and their scripts.

use songwright_base::{
    InvalidField,
    syllables::{Spelling, syllables},
};
use whatlang::Lang;

/// The language that something is written in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tongue {
    /// What a model is told: "German", "中文".
    pub name: String,
    /// Which letters it has.
    pub script: Script,
}

/// Letters, and how many of them a syllable has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Script {
    /// English, German, Spanish, Vietnamese …
    Latin,
    /// Russian, Ukrainian, Bulgarian …
    Cyrillic,
    /// Greek.
    Greek,
    /// Chinese.
    Han,
    /// Japanese.
    Kana,
    /// Korean.
    Hangul,
    /// Arabic, Persian, Urdu.
    Arabic,
    /// Hebrew, Yiddish.
    Hebrew,
    /// Hindi, Marathi, Nepali.
    Devanagari,
    /// Thai.
    Thai,
    /// Any letters.
    Any,
}

impl Script {
    /// Its letters, as the inside of a class of a regular expression.
    pub(crate) const fn letters(self) -> &'static str {
        match self {
            Self::Latin => r"\p{Latin}\p{M}",
            Self::Cyrillic => r"\p{Cyrillic}\p{M}",
            Self::Greek => r"\p{Greek}\p{M}",
            Self::Han => r"\p{Han}",
            Self::Kana => r"\p{Han}\p{Hiragana}\p{Katakana}ー",
            Self::Hangul => r"\p{Hangul}",
            Self::Arabic => r"\p{Arabic}\p{M}",
            Self::Hebrew => r"\p{Hebrew}\p{M}",
            Self::Devanagari => r"\p{Devanagari}",
            Self::Thai => r"\p{Thai}",
            Self::Any => r"\p{L}\p{M}",
        }
    }

    /// Whether words are not kept apart by spaces.
    pub(crate) const fn is_unspaced(self) -> bool {
        matches!(self, Self::Han | Self::Kana | Self::Thai)
    }

    /// Characters of a syllable, spaces and punctuation counted: fewest and most in a usual line.
    pub(crate) const fn characters(self) -> (f64, f64) {
        match self {
            Self::Han => (1.0, 1.2),
            Self::Kana => (0.7, 1.3),
            Self::Hangul => (1.0, 1.6),
            Self::Arabic | Self::Hebrew | Self::Devanagari => (1.6, 3.2),
            Self::Thai => (2.0, 4.0),
            Self::Latin | Self::Cyrillic | Self::Greek | Self::Any => (2.4, 4.6),
        }
    }
}

impl Tongue {
    /// The asked language, or else that of `text`; English where it cannot be told.
    #[must_use]
    pub fn choose(asked: Option<&str>, text: &str) -> Self {
        let asked = asked.map(str::trim).filter(|asked| !asked.is_empty());
        match asked {
            Some(asked) if !["auto", "any", "default"].contains(&asked.to_lowercase().as_str()) => {
                match by_name(asked) {
                    Some(lang) => Self::of(lang),
                    // A model may know it all the same.
                    None => Self {
                        name: asked.to_owned(),
                        script: Script::Any,
                    },
                }
            }
            _ => Self::of_text(text),
        }
    }

    /// The language of a text; English where it cannot be told.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let found = whatlang::detect(text).map(|found| {
            if found.is_reliable() {
                found.lang()
            } else {
                usual(found.script()).unwrap_or(found.lang())
            }
        });
        Self::of(found.unwrap_or(Lang::Eng))
    }

    /// The asked language, where it is one that is known by name, code or its own name.
    #[must_use]
    pub fn named(asked: &str) -> Option<Self> {
        by_name(asked.trim()).map(Self::of)
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
        if self.name == Lang::Eng.eng_name() {
            Spelling::English
        } else {
            Spelling::Other
        }
    }

    fn of(lang: Lang) -> Self {
        let script = match lang {
            Lang::Cmn => Script::Han,
            Lang::Jpn => Script::Kana,
            Lang::Kor => Script::Hangul,
            Lang::Ell => Script::Greek,
            Lang::Tha => Script::Thai,
            Lang::Ara | Lang::Pes | Lang::Urd => Script::Arabic,
            Lang::Heb | Lang::Yid => Script::Hebrew,
            Lang::Hin | Lang::Mar | Lang::Nep => Script::Devanagari,
            Lang::Rus | Lang::Ukr | Lang::Bul | Lang::Bel | Lang::Mkd => Script::Cyrillic,
            // Serbian is written in both.
            Lang::Srp => Script::Any,
            lang if whatlang::Script::Latin.langs().contains(&lang) => Script::Latin,
            _ => Script::Any,
        };
        let name = match lang {
            Lang::Cmn => "中文",
            lang => lang.eng_name(),
        };
        Self {
            name: name.to_owned(),
            script,
        }
    }
}

/// The language that most texts of a script are in, where it has several.
fn usual(script: whatlang::Script) -> Option<Lang> {
    match script {
        whatlang::Script::Latin => Some(Lang::Eng),
        whatlang::Script::Cyrillic => Some(Lang::Rus),
        whatlang::Script::Arabic => Some(Lang::Ara),
        whatlang::Script::Devanagari => Some(Lang::Hin),
        whatlang::Script::Hebrew => Some(Lang::Heb),
        _ => None,
    }
}

/// Names that `whatlang` does not have.
const NAMES: &[(&str, Lang)] = &[
    ("en", Lang::Eng),
    ("英文", Lang::Eng),
    ("英语", Lang::Eng),
    ("chinese", Lang::Cmn),
    ("zh", Lang::Cmn),
    ("cn", Lang::Cmn),
    ("mandarin", Lang::Cmn),
    ("中文", Lang::Cmn),
    ("汉语", Lang::Cmn),
    ("普通话", Lang::Cmn),
    ("国语", Lang::Cmn),
    ("de", Lang::Deu),
    ("es", Lang::Spa),
    ("fr", Lang::Fra),
    ("it", Lang::Ita),
    ("pt", Lang::Por),
    ("nl", Lang::Nld),
    ("pl", Lang::Pol),
    ("sv", Lang::Swe),
    ("tr", Lang::Tur),
    ("vi", Lang::Vie),
    ("ru", Lang::Rus),
    ("uk", Lang::Ukr),
    ("ja", Lang::Jpn),
    ("jp", Lang::Jpn),
    ("日语", Lang::Jpn),
    ("日本語", Lang::Jpn),
    ("ko", Lang::Kor),
    ("韩语", Lang::Kor),
    ("el", Lang::Ell),
    ("ar", Lang::Ara),
    ("fa", Lang::Pes),
    ("he", Lang::Heb),
    ("hi", Lang::Hin),
    ("th", Lang::Tha),
];

fn by_name(asked: &str) -> Option<Lang> {
    let name = asked.to_lowercase();
    // "en-GB" and "zh_TW" are "en" and "zh".
    let first = name.split(['-', '_', ' ', '(']).next().unwrap_or_default();
    let known = NAMES
        .iter()
        .find(|(own, _)| *own == name || *own == first)
        .map(|(_, lang)| *lang);
    known.or_else(|| {
        Lang::all().iter().copied().find(|lang| {
            [lang.eng_name(), lang.name(), lang.code()]
                .iter()
                .any(|own| own.to_lowercase() == name)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_codes_and_own_names() {
        for (asked, name, script) in [
            ("english", "English", Script::Latin),
            ("EN-gb", "English", Script::Latin),
            ("zh_TW", "中文", Script::Han),
            ("Chinese", "中文", Script::Han),
            ("German", "German", Script::Latin),
            ("deutsch", "German", Script::Latin),
            ("ja", "Japanese", Script::Kana),
            ("Russian", "Russian", Script::Cyrillic),
            ("Klingon", "Klingon", Script::Any),
        ] {
            let found = Tongue::choose(Some(asked), "whatever");
            assert_eq!(
                (found.name.as_str(), found.script),
                (name, script),
                "{asked}"
            );
        }
    }

    #[test]
    fn a_description_says_its_language() {
        for (text, name) in [
            ("a song about rain", "English"),
            ("rain", "English"),
            ("一首关于夏天的歌", "中文"),
            ("夏の終わりの歌をください", "Japanese"),
            ("песня о дожде и о доме", "Russian"),
            (
                "Ein Lied über den Regen und das alte Haus meiner Großmutter am Meer",
                "German",
            ),
        ] {
            assert_eq!(Tongue::choose(None, text).name, name, "{text}");
            assert_eq!(Tongue::choose(Some("auto"), text).name, name, "{text}");
        }
    }
}
