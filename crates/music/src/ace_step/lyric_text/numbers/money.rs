use std::sync::LazyLock;

use super::{LIMIT, Language, Pattern, arabic, cardinal, slavic};

/// A currency by its sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Currency {
    Pound,
    Dollar,
    Euro,
}

static AMOUNTS: LazyLock<[Pattern; 3]> = LazyLock::new(|| {
    ["£", r"\$", "€"]
        .map(|sign| Pattern::new(&format!("{sign}[0-9.,]*[0-9]+|[0-9.,]*[0-9]+{sign}")))
});

impl Currency {
    /// In the order they are looked for.
    pub(super) const ALL: [Self; 3] = [Self::Pound, Self::Dollar, Self::Euro];

    /// Finds amounts with the sign before or after.
    pub(super) fn amounts(self) -> &'static Pattern {
        &AMOUNTS[self as usize]
    }
}

/// The forms of a unit and of its hundredth: one, few, more.
type Forms = ([&'static str; 3], [&'static str; 3]);

const fn two(one: &'static str, more: &'static str) -> [&'static str; 3] {
    [one, more, more]
}

/// `None` where the reference's dictionary has no name, as for every currency in Turkish.
const fn forms(currency: Currency, language: Language) -> Option<Forms> {
    use Currency::{Dollar, Euro, Pound};
    Some(match (language, currency) {
        // Hungarian has the English names there.
        (Language::English | Language::Hungarian, Pound) => (
            two("pound sterling", "pounds sterling"),
            two("penny", "pence"),
        ),
        (Language::English | Language::Hungarian, Dollar) => {
            (two("dollar", "dollars"), two("cent", "cents"))
        }
        (Language::English | Language::Hungarian, Euro) => {
            (two("euro", "euro"), two("cent", "cents"))
        }
        (Language::German, Pound) => (two("Pfund", "Pfund"), two("Penny", "Pence")),
        (Language::German, Dollar) => (two("Dollar", "Dollar"), two("Cent", "Cent")),
        (Language::German, Euro) => (two("Euro", "Euro"), two("Cent", "Cent")),
        (Language::Dutch, Pound) => (two("pond", "pond"), two("penny", "penny")),
        (Language::Dutch, Dollar) => (two("dollar", "dollar"), two("cent", "cent")),
        (Language::Dutch, Euro) => (two("euro", "euro"), two("cent", "cent")),
        (Language::French, Pound) => (two("livre", "livres"), two("penny", "pence")),
        (Language::French, Dollar) => (two("dollar", "dollars"), two("cent", "cents")),
        (Language::French, Euro) => (two("euro", "euros"), two("centime", "centimes")),
        (Language::Spanish, Pound) => (two("libra", "libras"), two("penique", "peniques")),
        (Language::Spanish, Dollar) => (two("dólar", "dólares"), two("centavo", "centavos")),
        (Language::Spanish, Euro) => (two("euro", "euros"), two("céntimo", "céntimos")),
        (Language::Portuguese, Pound) => (two("libra", "libras"), two("péni", "pence")),
        (Language::Portuguese, Dollar) => (two("dólar", "dólares"), two("cêntimo", "cêntimos")),
        (Language::Portuguese, Euro) => (two("euro", "euros"), two("cêntimo", "cêntimos")),
        (Language::Italian, Pound) => (two("sterlina", "sterline"), two("penny", "penny")),
        (Language::Italian, Dollar) => (two("dollaro", "dollari"), two("centesimo", "centesimi")),
        (Language::Italian, Euro) => (two("euro", "euro"), two("centesimo", "centesimi")),
        (Language::Polish, Dollar) => (
            [
                "dolar amerykański",
                "dolary amerykańskie",
                "dolarów amerykańskich",
            ],
            ["cent", "centy", "centów"],
        ),
        (Language::Polish, Euro) => (two("euro", "euro"), ["cent", "centy", "centów"]),
        (Language::Russian, Dollar) => (
            ["доллар", "доллара", "долларов"],
            ["цент", "цента", "центов"],
        ),
        (Language::Russian, Euro) => (two("евро", "евро"), ["цент", "цента", "центов"]),
        _ => return None,
    })
}

/// An amount with its sign in words.
pub(super) fn amount(text: &str, currency: Currency, language: Language) -> Option<String> {
    let digits: String = text
        .chars()
        .map(|c| if c == ',' { '.' } else { c })
        .filter(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    let amount: f64 = digits.parse().ok()?;
    let whole_amount = amount.fract() == 0.0;
    let (whole, cents) = parts(amount)?;
    match language {
        Language::Arabic => return Some(arabic::amount(whole, cents)),
        Language::Korean => {
            let whole = cardinal(whole, language)?.replace(' ', "");
            return (currency == Currency::Dollar)
                .then_some(format!("{whole}달러 {}센트", cardinal(cents, language)?));
        }
        _ => (),
    }
    let (units, hundredths) = forms(currency, language)?;
    let unit = units[form(whole, language)];
    let units_words = counted(
        whole,
        language,
        language == Language::Spanish && unit.starts_with("libra"),
    )?;
    let feminine = currency == Currency::Pound;
    let first = match language {
        Language::Italian if feminine && units_words == "uno" => format!("una {unit}"),
        Language::Portuguese if whole > 1 && millions(&units_words) => {
            format!("{units_words} de {unit}")
        }
        _ => format!("{} {unit}", with_one(&units_words, language)),
    };
    // The reference says no cents of a whole amount.
    if whole_amount {
        return Some(first);
    }
    let second = format!(
        "{} {}",
        with_one(&cardinal(cents, language)?, language),
        hundredths[form(cents, language)]
    );
    let and = match language {
        Language::French => " et ",
        Language::German => " und ",
        Language::Italian | Language::Portuguese => " e ",
        Language::Spanish => " con ",
        _ => ", ",
    };
    Some(format!("{first}{and}{second}"))
}

/// The whole units and hundredths of an amount.
fn parts(amount: f64) -> Option<(u64, u64)> {
    let rounded = format!("{amount:.2}");
    let (whole, cents) = rounded.split_once('.')?;
    let whole = whole.parse().ok().filter(|whole| *whole < LIMIT)?;
    Some((whole, cents.parse().ok()?))
}

const fn form(number: u64, language: Language) -> usize {
    match language {
        Language::Polish => slavic::polish_form(number),
        Language::Russian => slavic::russian_form(number),
        _ if number == 1 => 0,
        _ => 1,
    }
}

/// A number of units; Spanish has another form for feminine ones.
fn counted(number: u64, language: Language, feminine: bool) -> Option<String> {
    let words = cardinal(number, language)?;
    Some(if feminine {
        words.replace("uno", "una").replace("cientos", "cientas")
    } else {
        words
    })
}

fn millions(words: &str) -> bool {
    ["milhão", "milhões", "bilião", "biliões"]
        .into_iter()
        .any(|scale| words.ends_with(scale))
}

/// One before a noun, where it is another word than one alone.
fn with_one(words: &str, language: Language) -> String {
    match language {
        Language::German if words.ends_with("eins") => words[..words.len() - 1].to_owned(),
        Language::Italian => words.replace("uno", "un"),
        Language::Spanish => words.replace("veintiuno", "veintiún").replace("uno", "un"),
        _ => words.to_owned(),
    }
}
