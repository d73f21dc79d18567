//! German and Dutch, which write a number below a million as one word.

use super::{entry, with_ending};

const GERMAN: [&str; 20] = [
    "null",
    "eins",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
];
const GERMAN_TENS: [&str; 10] = [
    "", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig",
];
const GERMAN_SCALES: [(u64, &str, &str); 3] = [
    (1_000_000_000_000, "Billion", "Billionen"),
    (1_000_000_000, "Milliarde", "Milliarden"),
    (1_000_000, "Million", "Millionen"),
];

const DUTCH: [&str; 20] = [
    "nul",
    "één",
    "twee",
    "drie",
    "vier",
    "vijf",
    "zes",
    "zeven",
    "acht",
    "negen",
    "tien",
    "elf",
    "twaalf",
    "dertien",
    "veertien",
    "vijftien",
    "zestien",
    "zeventien",
    "achttien",
    "negentien",
];
const DUTCH_TENS: [&str; 10] = [
    "", "", "twintig", "dertig", "veertig", "vijftig", "zestig", "zeventig", "tachtig", "negentig",
];
const DUTCH_SCALES: [(u64, &str); 3] = [
    (1_000_000_000_000, "biljoen"),
    (1_000_000_000, "miljard"),
    (1_000_000, "miljoen"),
];

pub(super) fn german(number: u64) -> String {
    for (scale, one, many) in GERMAN_SCALES {
        if number >= scale {
            let high = match number / scale {
                1 => format!("eine {one}"),
                count => format!("{} {many}", german(count)),
            };
            return match number % scale {
                0 => high,
                rest => format!("{high} {}", german(rest)),
            };
        }
    }
    for (unit, name) in [(1000, "tausend"), (100, "hundert")] {
        if number >= unit {
            let count = match number / unit {
                1 => "ein".to_owned(),
                count => german(count),
            };
            let rest = match number % unit {
                0 => String::new(),
                rest => german(rest),
            };
            return format!("{count}{name}{rest}");
        }
    }
    match (number, number % 10) {
        (0..20, _) => entry(&GERMAN, number).to_owned(),
        (_, 0) => entry(&GERMAN_TENS, number / 10).to_owned(),
        (_, 1) => format!("einund{}", entry(&GERMAN_TENS, number / 10)),
        (_, ones) => format!(
            "{}und{}",
            entry(&GERMAN, ones),
            entry(&GERMAN_TENS, number / 10)
        ),
    }
}

pub(super) fn german_ordinal(number: u64) -> String {
    match number {
        100 => return "hundertste".to_owned(),
        1000 => return "tausendste".to_owned(),
        _ => (),
    }
    let words = german(number).to_lowercase();
    let stem = with_ending(
        &words,
        &[
            ("eins", "ers"),
            ("drei", "drit"),
            ("acht", "ach"),
            ("sieben", "sieb"),
            ("ig", "igs"),
            ("hundert", "hunderts"),
            ("tausend", "tausends"),
            ("illion", "illions"),
            ("illionen", "illions"),
            ("illiarde", "illiards"),
            ("illiarden", "illiards"),
        ],
    )
    .unwrap_or(words);
    let ordinal = stem + "te";
    if !ordinal.ends_with("illionste") && !ordinal.ends_with("illiardste") {
        return ordinal;
    }
    // One word: zweimillionste; and without a one.
    match ordinal.rsplit_once(' ') {
        Some((count, scale)) => match count.strip_suffix("eine") {
            Some(before) => format!("{before}{scale}"),
            None => format!("{count}{scale}"),
        },
        None => ordinal,
    }
}

pub(super) fn dutch(number: u64) -> String {
    for (scale, name) in DUTCH_SCALES {
        if number >= scale {
            let high = match number / scale {
                1 => format!("een {name}"),
                count => format!("{} {name}", dutch(count)),
            };
            return match number % scale {
                0 => high,
                rest => format!("{high} {}", dutch(rest)),
            };
        }
    }
    for (unit, name) in [(1000, "duizend"), (100, "honderd")] {
        if number >= unit {
            let count = match number / unit {
                1 => String::new(),
                count => dutch(count),
            };
            let rest = match number % unit {
                0 => String::new(),
                rest => dutch(rest),
            };
            return format!("{count}{name}{rest}");
        }
    }
    match (number, number % 10) {
        (0..20, _) => entry(&DUTCH, number).to_owned(),
        (_, 0) => entry(&DUTCH_TENS, number / 10).to_owned(),
        (_, 1) => format!("eenen{}", entry(&DUTCH_TENS, number / 10)),
        // An e before the en parts with dots.
        (_, ones @ (2 | 3)) => {
            format!(
                "{}ën{}",
                entry(&DUTCH, ones),
                entry(&DUTCH_TENS, number / 10)
            )
        }
        (_, ones) => format!(
            "{}en{}",
            entry(&DUTCH, ones),
            entry(&DUTCH_TENS, number / 10)
        ),
    }
}

pub(super) fn dutch_ordinal(number: u64) -> String {
    let words = dutch(number);
    with_ending(
        &words,
        &[
            ("één", "eerste"),
            ("drie", "derde"),
            ("acht", "achtste"),
            ("ig", "igste"),
            ("honderd", "honderdste"),
            ("duizend", "duizendste"),
            ("joen", "joenste"),
            ("jard", "jardste"),
        ],
    )
    .unwrap_or_else(|| words + "de")
}
