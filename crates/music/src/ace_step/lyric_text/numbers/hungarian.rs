use super::{entry, with_ending};

const ONES: [&str; 10] = [
    "nulla", "egy", "kettő", "három", "négy", "öt", "hat", "hét", "nyolc", "kilenc",
];
const TENS: [&str; 10] = [
    "",
    "tíz",
    "húsz",
    "harminc",
    "negyven",
    "ötven",
    "hatvan",
    "hetven",
    "nyolcvan",
    "kilencven",
];
const SCALES: [(u64, &str); 3] = [
    (1_000_000_000_000, "billió"),
    (1_000_000_000, "milliárd"),
    (1_000_000, "millió"),
];
const ORDINALS: [(&str, &str); 25] = [
    ("nulla", "nulladik"),
    ("egy", "egyedik"),
    ("kettő", "kettedik"),
    // As the last part of a longer number.
    ("két", "kétik"),
    ("három", "harmadik"),
    ("négy", "negyedik"),
    ("öt", "ötödik"),
    ("hat", "hatodik"),
    ("hét", "hetedik"),
    ("nyolc", "nyolcadik"),
    ("kilenc", "kilencedik"),
    ("tíz", "tizedik"),
    ("húsz", "huszadik"),
    ("harminc", "harmincadik"),
    ("negyven", "negyvenedik"),
    ("ötven", "ötvenedik"),
    ("hatvan", "hatvanadik"),
    ("hetven", "hetvenedik"),
    ("nyolcvan", "nyolcvanadik"),
    ("kilencven", "kilencvenedik"),
    ("száz", "századik"),
    ("ezer", "ezredik"),
    ("milliárd", "mmilliárdodik"),
    ("billió", "bmilliomodik"),
    ("illió", "milliomodik"),
];

pub(super) fn cardinal(number: u64) -> String {
    match number {
        0 => ONES[0].to_owned(),
        number => part(number, false),
    }
}

/// A number of one or more; a two is another word inside a longer number.
fn part(number: u64, inside: bool) -> String {
    for (scale, name) in SCALES {
        if number >= scale {
            let high = part(number / scale, true) + name;
            return match number % scale {
                0 => high,
                rest => format!("{high}-{}", part(rest, true)),
            };
        }
    }
    match number {
        1000.. => {
            let high = match number / 1000 {
                1 => "ezer".to_owned(),
                count => part(count, true) + "ezer",
            };
            match number % 1000 {
                0 => high,
                rest if number > 2000 => format!("{high}-{}", part(rest, true)),
                rest => high + &part(rest, true),
            }
        }
        100.. => {
            let high = match number / 100 {
                1 => "száz".to_owned(),
                count => part(count, true) + "száz",
            };
            match number % 100 {
                0 => high,
                rest => high + &part(rest, true),
            }
        }
        2 if inside => "két".to_owned(),
        1..10 => entry(&ONES, number).to_owned(),
        _ => match (number / 10, number % 10) {
            (tens, 0) => entry(&TENS, tens).to_owned(),
            (1, ones) => format!("tizen{}", entry(&ONES, ones)),
            (2, ones) => format!("huszon{}", entry(&ONES, ones)),
            (tens, ones) => format!("{}{}", entry(&TENS, tens), entry(&ONES, ones)),
        },
    }
}

pub(super) fn ordinal(number: u64) -> String {
    match number {
        1 => return "első".to_owned(),
        2 => return "második".to_owned(),
        _ => (),
    }
    let words = cardinal(number);
    with_ending(&words, &ORDINALS).unwrap_or(words)
}

/// A decimal as tenths, hundredths or thousandths.
pub(super) fn decimal(whole: u64, fraction: &str) -> Option<String> {
    let parts = match fraction.len() {
        0 => return Some(cardinal(whole)),
        1 => "tized",
        2 => "század",
        3 => "ezred",
        _ => return None,
    };
    Some(format!(
        "{} egész {} {parts}",
        cardinal(whole),
        cardinal(fraction.parse().ok()?)
    ))
}
