//! One language for a whole song, by its script and, among languages with Latin letters, by
//! whatlang's trigrams.

use whatlang::{Detector, Lang};

use super::{Language, tags};

/// The languages with Latin letters that the vocabulary has a token for.
const LATIN: [(Lang, Language); 11] = [
    (Lang::Ces, Language::Czech),
    (Lang::Deu, Language::German),
    (Lang::Eng, Language::English),
    (Lang::Fra, Language::French),
    (Lang::Hun, Language::Hungarian),
    (Lang::Ita, Language::Italian),
    (Lang::Nld, Language::Dutch),
    (Lang::Pol, Language::Polish),
    (Lang::Por, Language::Portuguese),
    (Lang::Spa, Language::Spanish),
    (Lang::Tur, Language::Turkish),
];

/// Fewer letters are too few trigrams to tell languages apart.
const LEAST_LETTERS: usize = 20;

/// How many Latin letters weigh as much as a character that is a syllable or a word.
const LETTERS_OF_A_SYLLABLE: usize = 3;

/// The language of a song's words; English for a song without any, and where nothing tells.
pub(super) fn language(lyrics: &str) -> Language {
    let words = tags::without(lyrics);
    let count = |within: fn(char) -> bool| words.chars().filter(|c| within(*c)).count();
    let kana = count(|c| matches!(c, 'ぁ'..='ヿ'));
    let ideographs = count(|c| matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}'));
    let (eastern, characters) = if kana * 10 > ideographs {
        // Chinese has no kana, so a few of them tell.
        (Language::Japanese, kana + ideographs)
    } else {
        (Language::Chinese, ideographs)
    };
    let hangul = count(|c| matches!(c, '\u{AC00}'..='\u{D7A3}'));
    let latin = count(|c| matches!(c, 'A'..='Z' | 'a'..='z' | 'À'..='ɏ'));
    let weights = [
        (Language::English, latin),
        (eastern, characters * LETTERS_OF_A_SYLLABLE),
        (Language::Korean, hangul * LETTERS_OF_A_SYLLABLE),
        (Language::Russian, count(|c| matches!(c, 'Ѐ'..='ӿ'))),
        (
            Language::Arabic,
            count(|c| matches!(c, '\u{0600}'..='\u{06FF}')),
        ),
        (
            Language::Hindi,
            count(|c| matches!(c, '\u{0900}'..='\u{097F}')),
        ),
    ];
    // The first of equals, so that nothing at all is English.
    let (language, weight) = weights
        .into_iter()
        .rev()
        .max_by_key(|(_, weight)| *weight)
        .unwrap_or((Language::English, 0));
    match language {
        Language::English if weight >= LEAST_LETTERS => by_trigrams(&words),
        _ => language,
    }
}

fn by_trigrams(words: &str) -> Language {
    let detector = Detector::with_allowlist(LATIN.iter().map(|(lang, _)| *lang).collect());
    detector
        .detect_lang(words)
        .and_then(|found| LATIN.into_iter().find(|(lang, _)| *lang == found))
        .map_or(Language::English, |(_, language)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_words_tell() {
        for (lyrics, guessed) in [
            ("[Verse]\n夜の街を歩いて行く", Language::Japanese),
            ("[Chorus]\n我走过深夜的街道\nyeah yeah", Language::Chinese),
            ("사랑해 영원히 baby", Language::Korean),
            (
                "Je ne regrette rien de ce que nous avons vécu",
                Language::French,
            ),
            (
                "Wir fahren heute Nacht noch einmal durch die Stadt",
                Language::German,
            ),
            ("[verse]\n[inst]", Language::English),
            ("oh oh", Language::English),
        ] {
            assert_eq!(language(lyrics), guessed, "{lyrics}");
        }
    }
}
