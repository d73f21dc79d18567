//! Languages by how people name them.

use isolang::Language;

/// A language, and what a model is told where it is one of its varieties.
pub(super) struct Named {
    pub(super) language: Language,
    pub(super) variety: Option<&'static str>,
}

/// Varieties that are written or sung differently enough to be asked for by name.
const VARIETIES: &[(&[&str], Language, Option<&str>)] = &[
    (
        &[
            "zh-hans",
            "zh-cn",
            "zh-sg",
            "simplified chinese",
            "chinese (simplified)",
            "简体中文",
            "简体",
        ],
        Language::Zho,
        None,
    ),
    (
        &[
            "zh-hant",
            "zh-tw",
            "zh-hk",
            "zh-mo",
            "traditional chinese",
            "chinese (traditional)",
            "繁體中文",
            "繁体中文",
            "繁體",
            "正體中文",
        ],
        Language::Zho,
        Some("繁體中文"),
    ),
    (
        &[
            "yue",
            "zh-yue",
            "cantonese",
            "粤语",
            "粵語",
            "廣東話",
            "广东话",
        ],
        Language::Yue,
        Some("粤语"),
    ),
    (
        &[
            "pt-br",
            "brazilian portuguese",
            "brazilian",
            "portuguese (brazil)",
            "português brasileiro",
            "português do brasil",
        ],
        Language::Por,
        Some("Brazilian Portuguese"),
    ),
];

/// Names that the tables of ISO 639 do not have: Chinese ones, codes of countries, other spellings.
const NAMES: &[(&str, Language)] = &[
    ("anglais", Language::Eng),
    ("英文", Language::Eng),
    ("英语", Language::Eng),
    ("英語", Language::Eng),
    ("cn", Language::Zho),
    ("cmn", Language::Zho),
    ("mandarin", Language::Zho),
    ("汉语", Language::Zho),
    ("漢語", Language::Zho),
    ("普通话", Language::Zho),
    ("國語", Language::Zho),
    ("国语", Language::Zho),
    ("华语", Language::Zho),
    ("華語", Language::Zho),
    ("jp", Language::Jpn),
    ("日语", Language::Jpn),
    ("日文", Language::Jpn),
    ("韩语", Language::Kor),
    ("韩文", Language::Kor),
    ("德语", Language::Deu),
    ("法语", Language::Fra),
    ("西班牙语", Language::Spa),
    ("俄语", Language::Rus),
    ("castellano", Language::Spa),
    ("castilian", Language::Spa),
    ("cz", Language::Ces),
    ("dk", Language::Dan),
    ("ua", Language::Ukr),
    ("gr", Language::Ell),
    ("greek", Language::Ell),
    ("pes", Language::Fas),
    ("farsi", Language::Fas),
    ("iw", Language::Heb),
    ("in", Language::Ind),
    ("bahasa indonesia", Language::Ind),
    ("bahasa melayu", Language::Msa),
    ("flemish", Language::Nld),
    ("vlaams", Language::Nld),
    ("moldovan", Language::Ron),
    ("norsk", Language::Nor),
    ("bokmål", Language::Nob),
    ("nynorsk", Language::Nno),
    ("gaelic", Language::Gla),
    ("punjabi", Language::Pan),
];

/// The language that is named by code, by its English name or by its own.
pub(super) fn named(asked: &str) -> Option<Named> {
    let name = asked.trim().to_lowercase().replace('_', "-");
    let variety = VARIETIES
        .iter()
        .find(|(names, ..)| names.contains(&name.as_str()));
    if let Some((_, language, variety)) = variety {
        return Some(Named {
            language: *language,
            variety: *variety,
        });
    }
    // "en-GB" is "en", and "English (British)" English.
    let whole = name.as_str();
    let region = whole.split_once('-').map(|(code, _)| code);
    let code = region.filter(|code| matches!(code.len(), 2 | 3));
    let before = whole.split_once('(').map(|(before, _)| before.trim());
    let language = [Some(whole), code, before]
        .into_iter()
        .flatten()
        .find_map(known)?;
    Some(Named {
        language,
        variety: None,
    })
}

/// Of a name in lower case.
fn known(name: &str) -> Option<Language> {
    let own = NAMES.iter().find(|(own, _)| *own == name);
    own.map(|(_, language)| *language)
        .or_else(|| Language::from_639_1(name))
        .or_else(|| Language::from_639_3(name))
        .or_else(|| by_word(name))
}

/// By its English name or its own; of several that one of which more is sung, which has a code of two letters.
fn by_word(name: &str) -> Option<Language> {
    let is = |name: &str| {
        let name = name.to_owned();
        move |own: &str| without_note(own).to_lowercase() == name
    };
    let found = || Language::match_names(is(name)).chain(Language::match_autonyms(is(name)));
    found()
        .find(|language| language.to_639_1().is_some())
        .or_else(|| found().next())
}

/// What a model is told: "German", "中文".
pub(super) fn told(language: Language) -> &'static str {
    match language {
        Language::Zho | Language::Cmn => "中文",
        Language::Ell => "Greek",
        Language::Nob => "Norwegian",
        other => without_note(other.to_name()),
    }
}

/// A name as it is said: "Swahili (macrolanguage)" is Swahili.
fn without_note(name: &str) -> &str {
    name.split(" (").next().unwrap_or(name).trim()
}
