use super::{entry, with_ending};

const ONES: [&str; 10] = [
    "", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz",
];
const TENS: [&str; 10] = [
    "", "on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan",
];
const SCALES: [(u64, &str); 4] = [
    (1_000_000_000_000, "trilyon"),
    (1_000_000_000, "milyar"),
    (1_000_000, "milyon"),
    (1_000, "bin"),
];

/// A number as one word.
pub(super) fn cardinal(number: u64) -> String {
    if number == 0 {
        return "sıfır".to_owned();
    }
    let mut words = String::new();
    let mut rest = number;
    for (scale, name) in SCALES {
        match rest / scale {
            0 => continue,
            // A thousand has no one.
            1 if scale == 1_000 => (),
            count => words += &below_thousand(count),
        }
        words += name;
        rest %= scale;
    }
    words + &below_thousand(rest)
}

fn below_thousand(number: u64) -> String {
    let hundreds = match number / 100 {
        0 => String::new(),
        1 => "yüz".to_owned(),
        count => format!("{}yüz", entry(&ONES, count)),
    };
    hundreds + entry(&TENS, number / 10 % 10) + entry(&ONES, number % 10)
}

pub(super) fn ordinal(number: u64) -> String {
    let words = cardinal(number);
    // The vowels of the ending follow the last one of the word.
    let last = words.chars().rev().find(|c| "aeıioöuü".contains(*c));
    let ends_in_vowel = words.ends_with(|c| "aeıioöuü".contains(c));
    let ending = match last {
        Some('a' | 'ı') => "ıncı",
        Some('o' | 'u') => "uncu",
        Some('ö' | 'ü') => "üncü",
        _ => "inci",
    };
    if ends_in_vowel {
        let mut stem = words;
        stem.pop();
        return stem + ending;
    }
    with_ending(&words, &[("dört", "dördüncü")]).unwrap_or_else(|| words + ending)
}
