//! Which language a song is written in.

use songwright_base::{
    EngineError,
    syllables::{Spelling, syllables},
};

/// A language that the built-in writer has a bank for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Language {
    English,
    Chinese,
}

impl Language {
    /// The asked language, or else the description's own.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] for a language without a bank.
    pub(super) fn choose(asked: Option<&str>, description: &str) -> Result<Self, EngineError> {
        let Some(asked) = asked.map(str::trim).filter(|a| !a.is_empty()) else {
            return Self::of_text(description);
        };
        let name = asked.to_lowercase();
        let is = |names: &[&str]| names.iter().any(|n| name == *n || starts_as_tag(&name, n));
        if is(&["english", "en", "eng", "英文", "英语", "英語", "anglais"]) {
            Ok(Self::English)
        } else if is(&[
            "chinese",
            "zh",
            "cn",
            "mandarin",
            "中文",
            "汉语",
            "漢語",
            "国语",
            "國語",
            "普通话",
            "华语",
            "華語",
        ]) {
            Ok(Self::Chinese)
        } else if is(&["auto", "any", "default"]) {
            Self::of_text(description)
        } else {
            Err(unsupported(asked))
        }
    }

    /// The length of a line in syllables.
    pub(super) fn line_length(self, line: &str) -> usize {
        let spelling = match self {
            Self::English => Spelling::English,
            Self::Chinese => Spelling::Other,
        };
        syllables(line, spelling)
    }

    /// The language of a text.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] where it has no bank.
    pub(super) fn of_text(text: &str) -> Result<Self, EngineError> {
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        let count = |test: fn(char) -> bool| text.chars().filter(|c| test(*c)).count();
        let han = count(is_han);
        let kana = count(|c| matches!(c, '\u{3040}'..='\u{30ff}'));
        let latin = count(|c| c.is_alphabetic() && u32::from(c) < 0x250);
        if kana * 4 > letters {
            return Err(unsupported("Japanese"));
        }
        if han * 10 >= letters * 3 && han > 0 {
            Ok(Self::Chinese)
        } else if letters > 0 && latin * 2 < letters {
            Err(unsupported("the description's language"))
        } else {
            Ok(Self::English)
        }
    }
}

/// "en-GB" and "zh_TW" are "en" and "zh".
fn starts_as_tag(name: &str, tag: &str) -> bool {
    name.strip_prefix(tag)
        .is_some_and(|rest| rest.starts_with(['-', '_', ' ', '(']))
}

/// Whether `c` is a Chinese character.
pub(super) const fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}')
}

fn unsupported(asked: &str) -> EngineError {
    EngineError::Unsupported {
        what: format!(
            "The built-in lyric writer knows English and Chinese, not {asked}. Choose one of \
             these, or write the lyrics yourself: yours are kept as they are, in any language."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asked_language_wins_over_the_description() {
        assert_eq!(
            Language::choose(Some("中文"), "the sea").unwrap(),
            Language::Chinese
        );
        assert_eq!(
            Language::choose(Some("en-GB"), "大海").unwrap(),
            Language::English
        );
        assert_eq!(
            Language::choose(None, "一首关于大海的 ballad").unwrap(),
            Language::Chinese
        );
        assert_eq!(
            Language::choose(None, "déjà vu 🎵").unwrap(),
            Language::English
        );
    }

    #[test]
    fn an_unknown_language_says_what_can_be_done() {
        let error = Language::choose(Some("French"), "la mer").unwrap_err();
        assert_eq!(
            error.to_string(),
            "The built-in lyric writer knows English and Chinese, not French. Choose one of \
             these, or write the lyrics yourself: yours are kept as they are, in any language."
        );
        assert!(Language::choose(None, "Песня о море").is_err());
        assert!(Language::choose(None, "海のうたをつくってください").is_err());
    }
}
