use super::{entry, with_ending};

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const SCALES: [(u64, &str); 4] = [
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
];

pub(super) fn cardinal(number: u64) -> String {
    for (scale, name) in SCALES {
        if number >= scale {
            let high = format!("{} {name}", cardinal(number / scale));
            return match number % scale {
                0 => high,
                rest if rest < 100 => format!("{high} and {}", cardinal(rest)),
                rest => format!("{high}, {}", cardinal(rest)),
            };
        }
    }
    match number {
        0..20 => entry(&SMALL, number).to_owned(),
        20..100 if number.is_multiple_of(10) => entry(&TENS, number / 10).to_owned(),
        20..100 => format!(
            "{}-{}",
            entry(&TENS, number / 10),
            entry(&SMALL, number % 10)
        ),
        _ if number.is_multiple_of(100) => format!("{} hundred", entry(&SMALL, number / 100)),
        _ => format!(
            "{} hundred and {}",
            entry(&SMALL, number / 100),
            cardinal(number % 100)
        ),
    }
}

pub(super) fn ordinal(number: u64) -> String {
    let words = cardinal(number);
    with_ending(
        &words,
        &[
            ("one", "first"),
            ("two", "second"),
            ("three", "third"),
            ("five", "fifth"),
            ("eight", "eighth"),
            ("nine", "ninth"),
            ("twelve", "twelfth"),
            ("y", "ieth"),
        ],
    )
    .unwrap_or_else(|| words + "th")
}
