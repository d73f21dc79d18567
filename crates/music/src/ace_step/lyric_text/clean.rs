//! What a line becomes before it is cut into tokens.

use std::sync::LazyLock;

use super::{
    Language, abbreviations, chinese, hangul, japanese, numbers, pattern::Pattern, symbols,
};

static SPACES: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"\s+"));

/// A line as the tokenizer's training text was: small letters, numbers and signs as words, and
/// Chinese, Korean and Japanese in Latin letters (XTTS's `multilingual_cleaners`).
pub(super) fn clean(line: &str, language: Language) -> String {
    match language {
        Language::Japanese => return japanese::romanised(line).to_lowercase(),
        Language::Hindi => return one_space(&line.to_lowercase()),
        _ => (),
    }
    let mut text = line.replace('"', "");
    if language == Language::Turkish {
        // Unicode's lower-case İ is an i with a combining dot.
        text = text.replace('İ', "i");
    }
    text = text.to_lowercase();
    text = match language {
        Language::Chinese => chinese::normalised(&text),
        _ => numbers::expand(&text, language),
    };
    text = abbreviations::expand(&text, language);
    text = symbols::expand(&text, language);
    text = one_space(&text);
    match language {
        Language::Chinese => chinese::romanised(&text),
        Language::Korean => hangul::romanised(&text),
        _ => text,
    }
}

fn one_space(text: &str) -> String {
    SPACES.replace_all(text, " ").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_abbreviations_become_words() {
        assert_eq!(
            clean("Mr. \"Smith\"  & Co.", Language::English),
            "mister smith and company"
        );
        assert_eq!(clean("Dr. İpek", Language::Turkish), "doktor ipek");
    }
}
