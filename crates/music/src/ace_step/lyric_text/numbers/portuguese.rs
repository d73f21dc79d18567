use super::entry;

const SMALL: [&str; 20] = [
    "zero",
    "um",
    "dois",
    "três",
    "quatro",
    "cinco",
    "seis",
    "sete",
    "oito",
    "nove",
    "dez",
    "onze",
    "doze",
    "treze",
    "catorze",
    "quinze",
    "dezasseis",
    "dezassete",
    "dezoito",
    "dezanove",
];
const TENS: [&str; 10] = [
    "",
    "",
    "vinte",
    "trinta",
    "quarenta",
    "cinquenta",
    "sessenta",
    "setenta",
    "oitenta",
    "noventa",
];
const HUNDREDS: [&str; 10] = [
    "",
    "cento",
    "duzentos",
    "trezentos",
    "quatrocentos",
    "quinhentos",
    "seiscentos",
    "setecentos",
    "oitocentos",
    "novecentos",
];
const SCALES: [(u64, &str, &str); 2] = [
    (1_000_000_000_000, "bilião", "biliões"),
    (1_000_000, "milhão", "milhões"),
];
const ORDINALS: [[&str; 10]; 3] = [
    [
        "", "primeiro", "segundo", "terceiro", "quarto", "quinto", "sexto", "sétimo", "oitavo",
        "nono",
    ],
    [
        "",
        "décimo",
        "vigésimo",
        "trigésimo",
        "quadragésimo",
        "quinquagésimo",
        "sexagésimo",
        "septuagésimo",
        "octogésimo",
        "nonagésimo",
    ],
    [
        "",
        "centésimo",
        "ducentésimo",
        "tricentésimo",
        "quadrigentésimo",
        "quingentésimo",
        "seiscentésimo",
        "septigentésimo",
        "octigentésimo",
        "nongentésimo",
    ],
];
const ORDINAL_SCALES: [&str; 5] = [
    "",
    "milésimo",
    "milionésimo",
    "milésimo milionésimo",
    "bilionésimo",
];

pub(super) fn cardinal(number: u64) -> String {
    for (scale, one, many) in SCALES {
        if number >= scale {
            let high = match number / scale {
                1 => format!("um {one}"),
                count => format!("{} {many}", cardinal(count)),
            };
            return joined(high, number % scale);
        }
    }
    match number {
        1000.. => {
            let high = match number / 1000 {
                1 => "mil".to_owned(),
                count => format!("{} mil", cardinal(count)),
            };
            joined(high, number % 1000)
        }
        100 => "cem".to_owned(),
        101.. => match number % 100 {
            0 => entry(&HUNDREDS, number / 100).to_owned(),
            rest => format!("{} e {}", entry(&HUNDREDS, number / 100), cardinal(rest)),
        },
        0..20 => entry(&SMALL, number).to_owned(),
        _ => match number % 10 {
            0 => entry(&TENS, number / 10).to_owned(),
            ones => format!("{} e {}", entry(&TENS, number / 10), entry(&SMALL, ones)),
        },
    }
}

/// An e between, but not before hundreds that something follows.
fn joined(high: String, rest: u64) -> String {
    if rest == 0 {
        return high;
    }
    let words = cardinal(rest);
    let hundreds_and_more = words.split_once(' ').is_some_and(|(first, more)| {
        (first.ends_with("ento") || first.ends_with("entos")) && more.contains('e')
    });
    if hundreds_and_more {
        format!("{high} {words}")
    } else {
        format!("{high} e {words}")
    }
}

pub(super) fn ordinal(number: u64) -> String {
    let digits: Vec<u64> = number
        .to_string()
        .bytes()
        .rev()
        .map(|digit| u64::from(digit - b'0'))
        .collect();
    let mut words = Vec::new();
    for (scale, group) in digits.chunks(3).enumerate() {
        if group.iter().any(|digit| *digit != 0) {
            words.push(ORDINAL_SCALES.get(scale).copied().unwrap_or_default());
        }
        for (place, digit) in group.iter().enumerate() {
            words.push(entry(&ORDINALS[place], *digit));
        }
    }
    words.retain(|word| !word.is_empty());
    words.reverse();
    // The thousandth is not the first thousandth.
    if words.len() > 1 && words.first() == Some(&"primeiro") {
        words.remove(0);
    }
    words.join(" ")
}
