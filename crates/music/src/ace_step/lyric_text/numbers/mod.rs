//! Numbers as words, as the lyrics of the model's training were written out.

mod arabic;
mod english;
mod french;
mod germanic;
mod hungarian;
mod italian;
mod korean;
mod money;
mod portuguese;
mod slavic;
mod spanish;
mod turkish;

use std::{collections::HashMap, sync::LazyLock};

use regex::Captures;

use super::{Language, pattern::Pattern};
use money::Currency;

/// The largest number that is spoken; longer ones stay digits.
const LIMIT: u64 = 1_000_000_000_000_000;

static GROUPED_BY_COMMA: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"\b\d{1,3}(,\d{3})*(\.\d+)?\b"));
// The first dot is any character, as in the reference.
static GROUPED_BY_DOT: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"\b\d{1,3}(.\d{3})*(,\d+)?\b"));
static DECIMAL: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"([0-9]+)[.,]([0-9]+)"));
static DIGITS: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("[0-9]+"));

static ORDINALS: LazyLock<HashMap<Language, Pattern>> = LazyLock::new(|| {
    Language::ALL
        .into_iter()
        .filter_map(|language| {
            let suffixes = ordinal_suffixes(language)?;
            Some((language, Pattern::new(&format!("([0-9]+)(?:{suffixes})"))))
        })
        .collect()
});

/// What makes digits an ordinal; the first that fits. What a second group holds is kept.
const fn ordinal_suffixes(language: Language) -> Option<&'static str> {
    Some(match language {
        Language::Chinese | Language::Czech | Language::Hindi | Language::Japanese => return None,
        Language::Arabic => "ون|ين|ث|ر|ى",
        Language::Dutch => "de|ste|e",
        Language::English => "st|nd|rd|th",
        Language::French => "º|ª|er|re|e|ème",
        Language::German => r"st|nd|rd|th|º|ª|\.(\s|$)",
        Language::Hungarian => r"\.|adik|edik|odik|ödik|ödike|ik",
        Language::Italian => "º|°|ª|o|a|i|e",
        Language::Korean => "번째|번|차|째",
        Language::Polish => "º|ª|st|nd|rd|th",
        Language::Portuguese => "º|ª|o|a|os|as",
        Language::Russian => "-й|-я|-е|-ое|-ье|-го",
        Language::Spanish => "º|ª|er|o|a|os|as",
        Language::Turkish => r"\.|inci|nci|uncu|üncü",
    })
}

/// Amounts, decimals, ordinals and plain numbers as words. Where one of them has no words, the text
/// stays as it is; Czech text always does, which the reference has no numbers for.
pub(super) fn expand(text: &str, language: Language) -> String {
    if language == Language::Czech {
        return text.to_owned();
    }
    in_words(text, language).unwrap_or_else(|| text.to_owned())
}

fn in_words(text: &str, language: Language) -> Option<String> {
    let mut text = match language {
        Language::English | Language::Russian => without(text, &GROUPED_BY_COMMA, ','),
        _ => without(text, &GROUPED_BY_DOT, '.'),
    };
    for currency in Currency::ALL {
        match replaced(&text, currency.amounts(), |found| {
            money::amount(&found[0], currency, language)
        }) {
            Some(words) => text = words,
            // The reference leaves those that would follow too.
            None => break,
        }
    }
    if language != Language::Turkish {
        text = replaced(&text, &DECIMAL, |found| {
            decimal(&found[1], &found[2], language)
        })?;
    }
    if let Some(ordinals) = ORDINALS.get(&language) {
        text = replaced(&text, ordinals, |found| {
            let after = found.get(2).map_or("", |after| after.as_str());
            Some(ordinal(number(&found[1])?, language)? + after)
        })?;
    }
    replaced(&text, &DIGITS, |found| {
        cardinal(number(&found[0])?, language)
    })
}

/// Every match in words; `None` where one has none.
fn replaced(
    text: &str,
    looks_for: &Pattern,
    words: impl Fn(&Captures<'_>) -> Option<String>,
) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for found in looks_for.captures_iter(text) {
        let whole = found.get(0)?;
        out.push_str(&text[at..whole.start()]);
        out.push_str(&words(&found)?);
        at = whole.end();
    }
    out.push_str(&text[at..]);
    Some(out)
}

fn without(text: &str, grouped: &Pattern, separator: char) -> String {
    grouped
        .replace_all(text, |found: &Captures<'_>| found[0].replace(separator, ""))
        .into_owned()
}

fn number(digits: &str) -> Option<u64> {
    digits.parse().ok().filter(|number| *number < LIMIT)
}

/// A decimal, whose last zeros are not spoken.
fn decimal(whole: &str, fraction: &str, language: Language) -> Option<String> {
    let whole = number(whole)?;
    let fraction = fraction.trim_end_matches('0');
    match language {
        Language::Arabic => return arabic::decimal(whole, fraction),
        Language::Hungarian => return hungarian::decimal(whole, fraction),
        Language::Italian if fraction.is_empty() => return digit_by_digit(whole, "0", language),
        Language::Polish => return slavic::polish_decimal(whole, fraction),
        Language::Russian => return slavic::russian_decimal(whole, fraction),
        _ if fraction.is_empty() => return cardinal(whole, language),
        _ => (),
    }
    digit_by_digit(whole, fraction, language)
}

fn digit_by_digit(whole: u64, fraction: &str, language: Language) -> Option<String> {
    let point = match language {
        Language::Dutch => "komma",
        Language::English => "point",
        Language::French => "virgule",
        Language::German => "Komma",
        Language::Italian => "virgola",
        Language::Korean => "점",
        Language::Portuguese => "vírgula",
        Language::Spanish => "punto",
        _ => return None,
    };
    let mut words = vec![cardinal(whole, language)?, point.to_owned()];
    for digit in fraction.chars() {
        words.push(cardinal(u64::from(digit.to_digit(10)?), language)?);
    }
    Some(words.join(" "))
}

fn cardinal(number: u64, language: Language) -> Option<String> {
    Some(match language {
        Language::Arabic => arabic::cardinal(number),
        Language::Dutch => germanic::dutch(number),
        Language::English => english::cardinal(number),
        Language::French => french::cardinal(number),
        Language::German => germanic::german(number),
        Language::Hungarian => hungarian::cardinal(number),
        Language::Italian => italian::cardinal(number),
        Language::Korean => korean::cardinal(number),
        Language::Polish => slavic::polish(number),
        Language::Portuguese => portuguese::cardinal(number),
        Language::Russian => slavic::russian(number),
        Language::Spanish => spanish::cardinal(number),
        Language::Turkish => turkish::cardinal(number),
        Language::Chinese | Language::Czech | Language::Hindi | Language::Japanese => return None,
    })
}

fn ordinal(number: u64, language: Language) -> Option<String> {
    Some(match language {
        Language::Arabic => arabic::ordinal(number),
        Language::Dutch => germanic::dutch_ordinal(number),
        Language::English => english::ordinal(number),
        Language::French => french::ordinal(number),
        Language::German => germanic::german_ordinal(number),
        Language::Hungarian => hungarian::ordinal(number),
        Language::Italian => italian::ordinal(number),
        Language::Korean => return korean::ordinal(number),
        Language::Polish => return slavic::polish_ordinal(number),
        Language::Portuguese => portuguese::ordinal(number),
        Language::Russian => return slavic::russian_ordinal(number),
        Language::Spanish => spanish::ordinal(number),
        Language::Turkish => turkish::ordinal(number),
        Language::Chinese | Language::Czech | Language::Hindi | Language::Japanese => return None,
    })
}

/// The entry of a table that a small number names; nothing beyond its end.
fn entry<'a>(table: &[&'a str], number: u64) -> &'a str {
    usize::try_from(number)
        .ok()
        .and_then(|at| table.get(at))
        .copied()
        .unwrap_or_default()
}

/// The words with the first ending that fits in another form.
fn with_ending(words: &str, endings: &[(&str, &str)]) -> Option<String> {
    endings
        .iter()
        .find_map(|(from, to)| words.strip_suffix(from).map(|stem| format!("{stem}{to}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_decimals_ordinals_and_numbers() {
        for (language, text, words) in [
            (Language::Arabic, "2024", "ألفان و أربعة و عشرون"),
            (Language::Dutch, "23e, 101", "drieëntwintigste, honderdéén"),
            (
                Language::English,
                "$1.01 on the 21st",
                "one dollar, one cent on the twenty-first",
            ),
            (
                Language::English,
                "1,234 miles",
                "one thousand, two hundred and thirty-four miles",
            ),
            (
                Language::French,
                "80, 81, 200.000",
                "quatre-vingts, quatre-vingt-un, deux cent mille",
            ),
            (
                Language::German,
                "1. Mai, 2.5",
                "erste Mai, zwei Komma fünf",
            ),
            (Language::Hungarian, "2024", "kétezer-huszonnégy"),
            (Language::Italian, "23 103 28", "ventitré centotré ventotto"),
            (Language::Korean, "21번째 12000", "스물한 번째 만 이천"),
            (Language::Polish, "22 5000", "dwadzieścia dwa pięć tysięcy"),
            (
                Language::Portuguese,
                "1121 1200",
                "mil cento e vinte e um mil e duzentos",
            ),
            (
                Language::Russian,
                "2001-й, 21000",
                "две тысячи первый, двадцать одна тысяча",
            ),
            (Language::Spanish, "21€ 31", "veintiún euros treinta y uno"),
            (Language::Turkish, "1001 4.", "binbir dördüncü"),
        ] {
            assert_eq!(expand(text, language), words);
        }
    }

    #[test]
    fn what_has_no_words_stays() {
        assert_eq!(expand("50 vojáků", Language::Czech), "50 vojáků");
        let long = "99999999999999999999 and 2";
        assert_eq!(expand(long, Language::English), long);
    }
}
