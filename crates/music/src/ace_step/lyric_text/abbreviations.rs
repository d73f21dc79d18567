use std::{collections::HashMap, sync::LazyLock};

use regex::NoExpand;

use super::{Language, pattern::Pattern};

type Table = &'static [(&'static str, &'static str)];

/// Abbreviations and what they stand for, in the order they are looked for.
const fn table(language: Language) -> Table {
    match language {
        Language::Arabic
        | Language::Chinese
        | Language::Hindi
        | Language::Japanese
        | Language::Korean => &[],
        Language::Czech => &[("dr", "doktor"), ("ing", "inženýr"), ("p", "pan")],
        Language::Dutch => &[
            ("dhr", "de heer"),
            ("mevr", "mevrouw"),
            ("dr", "dokter"),
            ("jhr", "jonkheer"),
        ],
        // The reference's spelling of "mrs": the model was trained with it.
        Language::English => &[
            ("mrs", "misess"),
            ("mr", "mister"),
            ("dr", "doctor"),
            ("st", "saint"),
            ("co", "company"),
            ("jr", "junior"),
            ("maj", "major"),
            ("gen", "general"),
            ("drs", "doctors"),
            ("rev", "reverend"),
            ("lt", "lieutenant"),
            ("hon", "honorable"),
            ("sgt", "sergeant"),
            ("capt", "captain"),
            ("esq", "esquire"),
            ("ltd", "limited"),
            ("col", "colonel"),
            ("ft", "fort"),
        ],
        Language::French => &[
            ("mme", "madame"),
            ("mr", "monsieur"),
            ("dr", "docteur"),
            ("st", "saint"),
            ("co", "compagnie"),
            ("jr", "junior"),
            ("ltd", "limitée"),
        ],
        Language::German => &[
            ("fr", "frau"),
            ("dr", "doktor"),
            ("st", "sankt"),
            ("co", "firma"),
            ("jr", "junior"),
        ],
        Language::Hungarian => &[("dr", "doktor"), ("b", "bácsi"), ("nőv", "nővér")],
        Language::Italian => &[
            ("sig", "signore"),
            ("dr", "dottore"),
            ("st", "santo"),
            ("co", "compagnia"),
            ("jr", "junior"),
            ("ltd", "limitata"),
        ],
        Language::Polish => &[
            ("p", "pani"),
            ("m", "pan"),
            ("dr", "doktor"),
            ("sw", "święty"),
            ("jr", "junior"),
        ],
        Language::Portuguese => &[
            ("sra", "senhora"),
            ("sr", "senhor"),
            ("dr", "doutor"),
            ("dra", "doutora"),
            ("st", "santo"),
            ("co", "companhia"),
            ("jr", "júnior"),
            ("ltd", "limitada"),
        ],
        Language::Russian => &[("г-жа", "госпожа"), ("г-н", "господин"), ("д-р", "доктор")],
        Language::Spanish => &[
            ("sra", "señora"),
            ("sr", "señor"),
            ("dr", "doctor"),
            ("dra", "doctora"),
            ("st", "santo"),
            ("co", "compañía"),
            ("jr", "junior"),
            ("ltd", "limitada"),
        ],
        Language::Turkish => &[("b", "bay"), ("byk", "büyük"), ("dr", "doktor")],
    }
}

static PATTERNS: LazyLock<HashMap<Language, Vec<(Pattern, &'static str)>>> = LazyLock::new(|| {
    Language::ALL
        .into_iter()
        .map(|language| {
            // Russian ones are written with a hyphen and end without a full stop.
            let end = if language == Language::Russian {
                r"\b"
            } else {
                r"\."
            };
            let patterns = table(language)
                .iter()
                .map(|(short, long)| (Pattern::new(&format!(r"(?i)\b{short}{end}")), *long))
                .collect();
            (language, patterns)
        })
        .collect()
});

/// Abbreviations as the words they stand for.
pub(super) fn expand(text: &str, language: Language) -> String {
    let mut text = text.to_owned();
    for (short, long) in PATTERNS.get(&language).into_iter().flatten() {
        text = short.replace_all(&text, NoExpand(long)).into_owned();
    }
    text
}
