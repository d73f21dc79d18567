//! Letters, what may stand between them, and how many of them a syllable has.

use isolang::Language;

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
    /// What a language is written in.
    pub(super) fn of(language: Language) -> Self {
        use Language::{
            Ara, Arz, Bak, Bel, Bho, Bul, Ckb, Cmn, Ell, Fas, Hak, Heb, Hin, Jpn, Kaz, Kir, Kor,
            Lzh, Mai, Mar, Mkd, Mon, Nan, Nep, Pes, Pus, Rus, San, Snd, Srp, Tat, Tgk, Tha, Uig,
            Ukr, Urd, Wuu, Yid, Yue, Zho,
        };
        match language {
            Zho | Cmn | Yue | Wuu | Nan | Hak | Lzh => Self::Han,
            Jpn => Self::Kana,
            Kor => Self::Hangul,
            Ell => Self::Greek,
            Tha => Self::Thai,
            Ara | Arz | Fas | Pes | Urd | Pus | Uig | Snd | Ckb => Self::Arabic,
            Heb | Yid => Self::Hebrew,
            Hin | Mar | Nep | San | Bho | Mai => Self::Devanagari,
            Rus | Ukr | Bul | Bel | Mkd | Kaz | Kir | Tgk | Mon | Tat | Bak => Self::Cyrillic,
            // Serbian is written in two.
            Srp => Self::Any,
            other => match other.to_639_1() {
                Some(code) if !OTHER_LETTERS.contains(&code) => Self::Latin,
                _ => Self::Any,
            },
        }
    }

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

    /// What joins or parts letters within a word, as the inside of a class: apostrophes and hyphens; Persian
    /// and Indian words have joiners that cannot be seen, Hebrew ones a hyphen and marks of its own.
    pub(crate) const fn joints(self) -> &'static str {
        match self {
            Self::Latin | Self::Cyrillic | Self::Greek => r"'’·\-",
            Self::Arabic | Self::Devanagari => r"'’\u{200c}\u{200d}\-",
            // Armenian asks and calls out within a word.
            Self::Any => r"'’\u{200c}\u{200d}՛՜՞\-",
            Self::Hebrew => r#"'’"״׳־\-"#,
            Self::Han | Self::Kana | Self::Hangul | Self::Thai => r"'’\-",
        }
    }

    /// What may follow a word within a line, as the inside of a class.
    pub(crate) const fn pauses(self) -> &'static str {
        match self {
            Self::Arabic => ",،؛:",
            Self::Greek => ",;:·",
            Self::Any => ",;:،؛、，",
            _ => ",;:",
        }
    }

    /// What may end a line, as the inside of a class.
    pub(crate) const fn stops(self) -> &'static str {
        match self {
            Self::Han | Self::Kana => "。！？!?…",
            Self::Thai => "!?…",
            Self::Arabic => ".,!?…؟۔",
            Self::Greek => ".,!?…;",
            Self::Devanagari => ".,!?…।॥",
            Self::Any => ".,!?…।॥։՜՞؟۔።",
            Self::Latin | Self::Cyrillic | Self::Hangul | Self::Hebrew => ".,!?…",
        }
    }

    /// What asks and what calls out, as the inside of a class.
    pub(crate) const fn calls(self) -> &'static str {
        match self {
            Self::Arabic => "!?؟",
            Self::Greek => "!;",
            _ => "!?",
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

/// Languages of ISO 639-1 with letters of their own: Amharic, Bengali, Georgian, Tamil …
const OTHER_LETTERS: &[&str] = &[
    "ab", "am", "as", "av", "ba", "bn", "bo", "ce", "cr", "cu", "cv", "dv", "dz", "gu", "hy", "ii",
    "iu", "ka", "kk", "km", "kn", "ks", "ku", "kv", "lo", "ml", "my", "oj", "or", "os", "pa", "pi",
    "sd", "si", "ta", "te", "ti", "ug",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_their_letters() {
        for (language, script) in [
            (Language::Ces, Script::Latin),
            (Language::Hun, Script::Latin),
            (Language::Swa, Script::Latin),
            (Language::Fas, Script::Arabic),
            (Language::Kaz, Script::Cyrillic),
            (Language::Kat, Script::Any),
            (Language::Ben, Script::Any),
            (Language::Srp, Script::Any),
            (Language::Yue, Script::Han),
        ] {
            assert_eq!(Script::of(language), script, "{language:?}");
        }
    }
}
