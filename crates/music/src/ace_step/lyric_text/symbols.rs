use super::Language;

const SYMBOLS: [char; 7] = ['&', '@', '%', '#', '$', '£', '°'];

/// The words of `& @ % # $ £ °`; `None` where the reference has none.
const fn words(language: Language) -> Option<[&'static str; 7]> {
    Some(match language {
        Language::Hindi | Language::Japanese => return None,
        Language::Arabic => ["و", "على", "في المئة", "رقم", "دولار", "جنيه", "درجة"],
        Language::Chinese => ["和", "在", "百分之", "号", "美元", "英镑", "度"],
        Language::Czech => ["a", "na", "procento", "křížek", "dolar", "libra", "stupně"],
        Language::Dutch => ["en", "bij", "procent", "hekje", "dollar", "pond", "graden"],
        Language::English => ["and", "at", "percent", "hash", "dollar", "pound", "degree"],
        Language::French => [
            "et",
            "arobase",
            "pour cent",
            "dièse",
            "dollar",
            "livre",
            "degrés",
        ],
        Language::German => ["und", "at", "prozent", "raute", "dollar", "pfund", "grad"],
        Language::Hungarian => [
            "és",
            "kukac",
            "százalék",
            "kettőskereszt",
            "dollár",
            "font",
            "fok",
        ],
        Language::Italian => [
            "e",
            "chiocciola",
            "per cento",
            "cancelletto",
            "dollaro",
            "sterlina",
            "gradi",
        ],
        Language::Korean => ["그리고", "에", "퍼센트", "번호", "달러", "파운드", "도"],
        Language::Polish => [
            "i", "małpa", "procent", "krzyżyk", "dolar", "funt", "stopnie",
        ],
        Language::Portuguese => [
            "e",
            "arroba",
            "por cento",
            "cardinal",
            "dólar",
            "libra",
            "graus",
        ],
        Language::Russian => [
            "и",
            "собака",
            "процентов",
            "номер",
            "доллар",
            "фунт",
            "градус",
        ],
        Language::Spanish => [
            "y",
            "arroba",
            "por ciento",
            "numeral",
            "dolar",
            "libra",
            "grados",
        ],
        Language::Turkish => ["ve", "at", "yüzde", "diyez", "dolar", "sterlin", "derece"],
    })
}

/// Signs as words.
pub(super) fn expand(text: &str, language: Language) -> String {
    let Some(words) = words(language) else {
        return text.to_owned();
    };
    let mut text = text.to_owned();
    for (symbol, word) in SYMBOLS.into_iter().zip(words) {
        // One pass: three spaces in a row become two, as in the reference.
        text = text
            .replace(symbol, &format!(" {word} "))
            .replace("  ", " ");
    }
    text.trim().to_owned()
}
