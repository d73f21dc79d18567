use super::{entry, with_ending};

const SMALL: [&str; 20] = [
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze",
    "douze", "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
];
const TENS: [&str; 7] = [
    "",
    "",
    "vingt",
    "trente",
    "quarante",
    "cinquante",
    "soixante",
];
const SCALES: [(u64, &str); 3] = [
    (1_000_000_000_000, "billion"),
    (1_000_000_000, "milliard"),
    (1_000_000, "million"),
];

pub(super) fn cardinal(number: u64) -> String {
    for (scale, name) in SCALES {
        if number >= scale {
            let high = match number / scale {
                1 => format!("un {name}"),
                count => format!("{} {name}s", cardinal(count)),
            };
            return joined(high, number % scale);
        }
    }
    if number >= 1000 {
        let high = match number / 1000 {
            1 => "mille".to_owned(),
            count => format!("{} mille", within(cardinal(count))),
        };
        return joined(high, number % 1000);
    }
    if number >= 100 {
        return match (number / 100, number % 100) {
            (1, rest) => joined("cent".to_owned(), rest),
            (count, 0) => format!("{} cents", entry(&SMALL, count)),
            (count, rest) => joined(format!("{} cent", entry(&SMALL, count)), rest),
        };
    }
    match number {
        0..20 => entry(&SMALL, number).to_owned(),
        20..70 => match number % 10 {
            0 => entry(&TENS, number / 10).to_owned(),
            1 => format!("{} et un", entry(&TENS, number / 10)),
            ones => format!("{}-{}", entry(&TENS, number / 10), entry(&SMALL, ones)),
        },
        71 => "soixante et onze".to_owned(),
        70..80 => format!("soixante-{}", entry(&SMALL, number - 60)),
        80 => "quatre-vingts".to_owned(),
        _ => format!("quatre-vingt-{}", entry(&SMALL, number - 80)),
    }
}

/// Without the s that `cents` and `vingts` have at the end of a number only.
fn within(words: String) -> String {
    match words.strip_suffix('s') {
        Some(stem) if stem.ends_with("cent") || stem.ends_with("vingt") => stem.to_owned(),
        _ => words,
    }
}

fn joined(high: String, rest: u64) -> String {
    match rest {
        0 => high,
        rest => format!("{high} {}", cardinal(rest)),
    }
}

pub(super) fn ordinal(number: u64) -> String {
    if number == 1 {
        return "premier".to_owned();
    }
    let words = cardinal(number);
    with_ending(
        &words,
        &[("cinq", "cinquième"), ("neuf", "neuvième"), ("e", "ième")],
    )
    .unwrap_or_else(|| words + "ième")
}
