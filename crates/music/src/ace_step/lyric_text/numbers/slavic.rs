//! Polish and Russian, which have a third form for five and more.

use super::{entry, with_ending};

const POLISH: [&str; 20] = [
    "zero",
    "jeden",
    "dwa",
    "trzy",
    "cztery",
    "pięć",
    "sześć",
    "siedem",
    "osiem",
    "dziewięć",
    "dziesięć",
    "jedenaście",
    "dwanaście",
    "trzynaście",
    "czternaście",
    "piętnaście",
    "szesnaście",
    "siedemnaście",
    "osiemnaście",
    "dziewiętnaście",
];
const POLISH_TENS: [&str; 10] = [
    "",
    "",
    "dwadzieścia",
    "trzydzieści",
    "czterdzieści",
    "pięćdziesiąt",
    "sześćdziesiąt",
    "siedemdziesiąt",
    "osiemdziesiąt",
    "dziewięćdziesiąt",
];
const POLISH_HUNDREDS: [&str; 10] = [
    "",
    "sto",
    "dwieście",
    "trzysta",
    "czterysta",
    "pięćset",
    "sześćset",
    "siedemset",
    "osiemset",
    "dziewięćset",
];
const POLISH_SCALES: [(u64, [&str; 3]); 4] = [
    (1_000_000_000_000, ["bilion", "biliony", "bilionów"]),
    (1_000_000_000, ["miliard", "miliardy", "miliardów"]),
    (1_000_000, ["milion", "miliony", "milionów"]),
    (1_000, ["tysiąc", "tysiące", "tysięcy"]),
];
const POLISH_ORDINALS: [&str; 20] = [
    "",
    "pierwszy",
    "drugi",
    "trzeci",
    "czwarty",
    "piąty",
    "szósty",
    "siódmy",
    "ósmy",
    "dziewiąty",
    "dziesiąty",
    "jedenasty",
    "dwunasty",
    "trzynasty",
    "czternasty",
    "piętnasty",
    "szesnasty",
    "siedemnasty",
    "osiemnasty",
    "dziewiętnasty",
];
const POLISH_ORDINAL_TENS: [&str; 10] = [
    "",
    "",
    "dwudziesty",
    "trzydziesty",
    "czterdziesty",
    "pięćdziesiąty",
    "sześćdziesiąty",
    "siedemdziesiąty",
    "osiemdziesiąty",
    "dziewięćdziesiąty",
];
const POLISH_ORDINAL_HUNDREDS: [&str; 10] = [
    "",
    "setny",
    "dwusetny",
    "trzysetny",
    "czterysetny",
    "pięćsetny",
    "sześćsetny",
    "siedemsetny",
    "osiemsetny",
    "dziewięćsetny",
];

const RUSSIAN: [&str; 20] = [
    "ноль",
    "один",
    "два",
    "три",
    "четыре",
    "пять",
    "шесть",
    "семь",
    "восемь",
    "девять",
    "десять",
    "одиннадцать",
    "двенадцать",
    "тринадцать",
    "четырнадцать",
    "пятнадцать",
    "шестнадцать",
    "семнадцать",
    "восемнадцать",
    "девятнадцать",
];
const RUSSIAN_TENS: [&str; 10] = [
    "",
    "",
    "двадцать",
    "тридцать",
    "сорок",
    "пятьдесят",
    "шестьдесят",
    "семьдесят",
    "восемьдесят",
    "девяносто",
];
const RUSSIAN_HUNDREDS: [&str; 10] = [
    "",
    "сто",
    "двести",
    "триста",
    "четыреста",
    "пятьсот",
    "шестьсот",
    "семьсот",
    "восемьсот",
    "девятьсот",
];
const RUSSIAN_SCALES: [(u64, [&str; 3]); 4] = [
    (1_000_000_000_000, ["триллион", "триллиона", "триллионов"]),
    (1_000_000_000, ["миллиард", "миллиарда", "миллиардов"]),
    (1_000_000, ["миллион", "миллиона", "миллионов"]),
    (1_000, ["тысяча", "тысячи", "тысяч"]),
];
const RUSSIAN_ORDINALS: [&str; 20] = [
    "нулевой",
    "первый",
    "второй",
    "третий",
    "четвёртый",
    "пятый",
    "шестой",
    "седьмой",
    "восьмой",
    "девятый",
    "десятый",
    "одиннадцатый",
    "двенадцатый",
    "тринадцатый",
    "четырнадцатый",
    "пятнадцатый",
    "шестнадцатый",
    "семнадцатый",
    "восемнадцатый",
    "девятнадцатый",
];
const RUSSIAN_ORDINAL_TENS: [&str; 10] = [
    "",
    "",
    "двадцатый",
    "тридцатый",
    "сороковой",
    "пятидесятый",
    "шестидесятый",
    "семидесятый",
    "восьмидесятый",
    "девяностый",
];
const RUSSIAN_ORDINAL_HUNDREDS: [&str; 10] = [
    "",
    "сотый",
    "двухсотый",
    "трёхсотый",
    "четырёхсотый",
    "пятисотый",
    "шестисотый",
    "семисотый",
    "восьмисотый",
    "девятисотый",
];

/// Which of three forms a Polish number takes: one, two to four, more.
pub(super) const fn polish_form(number: u64) -> usize {
    match (number, number % 10, number % 100) {
        (1, ..) => 0,
        (_, 2..=4, 0..10 | 21..) => 1,
        _ => 2,
    }
}

/// Which of three forms a Russian number takes: one, two to four, more; by its last digit.
pub(super) const fn russian_form(number: u64) -> usize {
    match (number % 10, number % 100) {
        (_, 11..=14) => 2,
        (1, _) => 0,
        (2..=4, _) => 1,
        _ => 2,
    }
}

pub(super) fn polish(number: u64) -> String {
    let mut words = Vec::new();
    let mut rest = number;
    for (scale, forms) in POLISH_SCALES {
        let count = rest / scale;
        rest %= scale;
        match count {
            0 => continue,
            1 => (),
            count => words.push(polish(count)),
        }
        words.push(forms[polish_form(count)].to_owned());
    }
    if rest > 0 || number == 0 {
        words.push(small(rest, [&POLISH, &POLISH_TENS, &POLISH_HUNDREDS]));
    }
    words.join(" ")
}

pub(super) fn russian(number: u64) -> String {
    spoken_russian(number, |words| words)
}

/// A Russian number of feminine things.
fn feminine(number: u64) -> String {
    spoken_russian(number, made_feminine)
}

fn spoken_russian(number: u64, gender: impl Fn(String) -> String) -> String {
    let table: [&[&str]; 3] = [&RUSSIAN, &RUSSIAN_TENS, &RUSSIAN_HUNDREDS];
    let mut words = Vec::new();
    let mut rest = number;
    for (scale, forms) in RUSSIAN_SCALES {
        let count = rest / scale;
        rest %= scale;
        if count == 0 {
            continue;
        }
        words.push(match scale {
            1_000 => made_feminine(small(count, table)),
            _ => gender(small(count, table)),
        });
        words.push(forms[russian_form(count)].to_owned());
    }
    if rest > 0 || number == 0 {
        words.push(gender(small(rest, table)));
    }
    words.join(" ")
}

fn made_feminine(words: String) -> String {
    with_ending(&words, &[("один", "одна"), ("два", "две")]).unwrap_or(words)
}

/// A number below a thousand by its tables: to nineteen, tens, hundreds.
fn small(number: u64, [ones, tens, hundreds]: [&[&str]; 3]) -> String {
    let rest = number % 100;
    let mut words = vec![entry(hundreds, number / 100)];
    if rest >= 20 {
        words.push(entry(tens, rest / 10));
        if !rest.is_multiple_of(10) {
            words.push(entry(ones, rest % 10));
        }
    } else if rest > 0 || number == 0 {
        words.push(entry(ones, rest));
    }
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

pub(super) fn polish_decimal(whole: u64, fraction: &str) -> Option<String> {
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    let digits = fraction.trim_start_matches('0');
    let zeros = "zero ".repeat(fraction.len() - digits.len());
    let value: u64 = fraction.parse().ok()?;
    Some(format!(
        "{} przecinek {zeros}{}",
        polish(whole),
        polish(value)
    ))
}

/// Tenths, hundredths and so on; `None` beyond millionths.
pub(super) fn russian_decimal(whole: u64, fraction: &str) -> Option<String> {
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    let stem = match fraction.len() {
        1 => "десят",
        2 => "сот",
        3 => "тысячн",
        4 => "десятитысячн",
        5 => "стотысячн",
        6 => "миллионн",
        _ => return None,
    };
    let value: u64 = fraction.parse().ok()?;
    let ending = match russian_form(value) {
        0 => "ая",
        _ => "ых",
    };
    let point = match russian_form(whole) {
        0 => "целая",
        _ => "целых",
    };
    Some(format!(
        "{} {point} {} {stem}{ending}",
        feminine(whole),
        feminine(value)
    ))
}

/// `None` for round thousands, which have words of their own, and for nought.
pub(super) fn polish_ordinal(number: u64) -> Option<String> {
    let last = number % 1000;
    if last == 0 {
        return match number {
            1_000 => Some("tysięczny".to_owned()),
            1_000_000 => Some("milionowy".to_owned()),
            _ => None,
        };
    }
    let words = [&POLISH_HUNDREDS[..], &POLISH_TENS];
    let ordinals = [
        &POLISH_ORDINALS[..],
        &POLISH_ORDINAL_TENS,
        &POLISH_ORDINAL_HUNDREDS,
    ];
    let words = ordinal_below_thousand(last, words, ordinals, true);
    Some(match number - last {
        0 => words,
        high => format!("{} {words}", polish(high)),
    })
}

/// `None` for round thousands, which have words of their own, but the thousandth and millionth.
pub(super) fn russian_ordinal(number: u64) -> Option<String> {
    let last = number % 1000;
    match (number, last) {
        (0, _) => return Some(RUSSIAN_ORDINALS[0].to_owned()),
        (1_000, _) => return Some("тысячный".to_owned()),
        (1_000_000, _) => return Some("миллионный".to_owned()),
        (_, 0) => return None,
        _ => (),
    }
    let words = [&RUSSIAN_HUNDREDS[..], &RUSSIAN_TENS];
    let ordinals = [
        &RUSSIAN_ORDINALS[..],
        &RUSSIAN_ORDINAL_TENS,
        &RUSSIAN_ORDINAL_HUNDREDS,
    ];
    let words = ordinal_below_thousand(last, words, ordinals, false);
    Some(match number - last {
        0 => words,
        high => {
            let high = russian(high);
            // A single thousand or million has no one here.
            let high = ["одна ", "один "]
                .into_iter()
                .find_map(|one| high.strip_prefix(one))
                .unwrap_or(&high);
            format!("{high} {words}")
        }
    })
}

/// The tens are an ordinal too before another digit in Polish.
fn ordinal_below_thousand(
    number: u64,
    [hundreds, tens]: [&[&str]; 2],
    [ordinals, ordinal_tens, ordinal_hundreds]: [&[&str]; 3],
    both: bool,
) -> String {
    let rest = number % 100;
    let mut words = vec![match rest {
        0 => entry(ordinal_hundreds, number / 100),
        _ => entry(hundreds, number / 100),
    }];
    match rest {
        0 => (),
        1..20 => words.push(entry(ordinals, rest)),
        _ if rest.is_multiple_of(10) => words.push(entry(ordinal_tens, rest / 10)),
        _ => {
            let tens = if both { ordinal_tens } else { tens };
            words.extend([entry(tens, rest / 10), entry(ordinals, rest % 10)]);
        }
    }
    words.retain(|word| !word.is_empty());
    words.join(" ")
}
