use super::entry;

const SMALL: [&str; 20] = [
    "zero",
    "uno",
    "due",
    "tre",
    "quattro",
    "cinque",
    "sei",
    "sette",
    "otto",
    "nove",
    "dieci",
    "undici",
    "dodici",
    "tredici",
    "quattordici",
    "quindici",
    "sedici",
    "diciassette",
    "diciotto",
    "diciannove",
];
const TENS: [&str; 10] = [
    "",
    "",
    "venti",
    "trenta",
    "quaranta",
    "cinquanta",
    "sessanta",
    "settanta",
    "ottanta",
    "novanta",
];
const SCALES: [(u64, &str, &str); 3] = [
    (1_000_000_000_000, "bilione", "bilioni"),
    (1_000_000_000, "miliardo", "miliardi"),
    (1_000_000, "milione", "milioni"),
];
const ORDINALS: [&str; 20] = [
    "zero",
    "primo",
    "secondo",
    "terzo",
    "quarto",
    "quinto",
    "sesto",
    "settimo",
    "ottavo",
    "nono",
    "decimo",
    "undicesimo",
    "dodicesimo",
    "tredicesimo",
    "quattordicesimo",
    "quindicesimo",
    "sedicesimo",
    "diciassettesimo",
    "diciottesimo",
    "diciannovesimo",
];

pub(super) fn cardinal(number: u64) -> String {
    accented(&unaccented(number))
}

/// An accent on a three that ends a longer word. As in the reference's dictionary one that a part
/// of the number had already is taken away again.
fn accented(words: &str) -> String {
    let words: Vec<String> = words
        .split(' ')
        .map(|word| match word.strip_suffix("tre") {
            Some(stem) if !stem.is_empty() => format!("{}tré", stem.replace("tré", "tre")),
            _ => word.replace("tré", "tre"),
        })
        .collect();
    words.join(" ")
}

fn unaccented(number: u64) -> String {
    for (scale, one, many) in SCALES {
        if number >= scale {
            let high = match number / scale {
                1 => format!("un {one}"),
                count => format!("{} {many}", cardinal(count)),
            };
            return match number % scale {
                0 => high,
                rest => {
                    let rest = cardinal(rest);
                    let and = if rest.contains(" e ") { "," } else { " e" };
                    format!("{high}{and} {rest}")
                }
            };
        }
    }
    match number {
        1000.. => {
            let high = match number / 1000 {
                1 => "mille".to_owned(),
                count => cardinal(count) + "mila",
            };
            high + &or_nothing(number % 1000)
        }
        100.. => {
            let high = match number / 100 {
                1 => "cento".to_owned(),
                count => format!("{}cento", entry(&SMALL, count)),
            };
            contracted(high + &or_nothing(number % 100))
        }
        20.. => contracted(entry(&TENS, number / 10).to_owned() + &or_nothing(number % 10)),
        _ => entry(&SMALL, number).to_owned(),
    }
}

fn or_nothing(number: u64) -> String {
    match number {
        0 => String::new(),
        number => cardinal(number),
    }
}

/// Of two vowels where words meet, the second stays.
fn contracted(words: String) -> String {
    [
        ("oo", "o"),
        ("ao", "o"),
        ("io", "o"),
        ("au", "u"),
        ("iu", "u"),
    ]
    .into_iter()
    .fold(words, |words, (both, one)| words.replace(both, one))
}

pub(super) fn ordinal(number: u64) -> String {
    if number < 20 {
        return entry(&ORDINALS, number).to_owned();
    }
    let mut stem = cardinal(number);
    let teen = (11..20).contains(&(number % 100));
    match number % 10 {
        3 if !teen => {
            stem.pop();
            stem.push('e');
        }
        6 if !teen => (),
        _ => {
            stem.pop();
            if stem.ends_with("mil") {
                stem.push('l');
            }
        }
    }
    stem + "esimo"
}
