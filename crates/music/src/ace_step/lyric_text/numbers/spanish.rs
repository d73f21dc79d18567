use super::entry;

const SMALL: [&str; 30] = [
    "cero",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciséis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
    "veintiuno",
    "veintidós",
    "veintitrés",
    "veinticuatro",
    "veinticinco",
    "veintiséis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
];
const TENS: [&str; 10] = [
    "",
    "",
    "",
    "treinta",
    "cuarenta",
    "cincuenta",
    "sesenta",
    "setenta",
    "ochenta",
    "noventa",
];
const HUNDREDS: [&str; 10] = [
    "",
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
];
const SCALES: [(u64, &str, &str); 2] = [
    (1_000_000_000_000, "billón", "billones"),
    (1_000_000, "millón", "millones"),
];
const ORDINALS: [&str; 10] = [
    "", "primero", "segundo", "tercero", "cuarto", "quinto", "sexto", "séptimo", "octavo", "noveno",
];
const ORDINAL_TENS: [&str; 10] = [
    "",
    "décimo",
    "vigésimo",
    "trigésimo",
    "quadragésimo",
    "quincuagésimo",
    "sexagésimo",
    "septuagésimo",
    "octogésimo",
    "nonagésimo",
];
const ORDINAL_HUNDREDS: [&str; 10] = [
    "",
    "centésimo",
    "ducentésimo",
    "tricentésimo",
    "cuadrigentésimo",
    "quingentésimo",
    "sexcentésimo",
    "septigentésimo",
    "octigentésimo",
    "noningentésimo",
];

pub(super) fn cardinal(number: u64) -> String {
    for (scale, one, many) in SCALES {
        if number >= scale {
            let high = match number / scale {
                1 => format!("un {one}"),
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
        100 => "cien".to_owned(),
        101.. => joined(entry(&HUNDREDS, number / 100).to_owned(), number % 100),
        0..30 => entry(&SMALL, number).to_owned(),
        _ => match number % 10 {
            0 => entry(&TENS, number / 10).to_owned(),
            ones => format!("{} y {}", entry(&TENS, number / 10), entry(&SMALL, ones)),
        },
    }
}

fn joined(high: String, rest: u64) -> String {
    match rest {
        0 => high,
        rest => format!("{high} {}", cardinal(rest)),
    }
}

pub(super) fn ordinal(number: u64) -> String {
    for (scale, name) in [
        (1_000_000_000_000, "trillonésimo"),
        (1_000_000_000, "billonésimo"),
        (1_000_000, "millonésimo"),
        (1_000, "milésimo"),
    ] {
        if number >= scale {
            let count = match number / scale {
                1 => String::new(),
                count => cardinal(count),
            };
            return format!("{count}{name} {}", ordinal(number % scale))
                .trim_end()
                .to_owned();
        }
    }
    match number {
        // One word in the reference's dictionary.
        11 | 12 => format!("décimo{}", entry(&ORDINALS, number - 10)),
        _ => [
            entry(&ORDINAL_HUNDREDS, number / 100).to_owned(),
            match number % 100 {
                teen @ (11 | 12) => format!("décimo{}", entry(&ORDINALS, teen - 10)),
                rest => format!(
                    "{} {}",
                    entry(&ORDINAL_TENS, rest / 10),
                    entry(&ORDINALS, rest % 10)
                )
                .trim()
                .to_owned(),
            },
        ]
        .join(" ")
        .trim()
        .to_owned(),
    }
}
