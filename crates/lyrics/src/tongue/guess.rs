//! The language of a text that nobody named: by its letters, then by `whatlang`'s runs of three letters
//! where those are sure, else by `py3langid`'s bytes and the small words of the most sung languages.

use isolang::Language;
use songwright_language::LangId;

/// How many letters of an alphabet weigh as much as a character that is a syllable or a word.
const LETTERS_OF_A_SYLLABLE: usize = 3;
/// How much likelier the usual language of some letters is before a text was read, as a logarithm: two words
/// of English look like many a language.
const USUAL: f64 = 4.0;
/// How much likelier each of its small words makes a language, as a logarithm.
const SMALL_WORD: f64 = 4.0;

/// Letters that tell languages apart, or that several share.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Letters {
    Latin,
    Cyrillic,
    Arabic,
    Devanagari,
    Hebrew,
    Greek,
    Thai,
    Hangul,
    Kana,
    Han,
    Other,
}

impl Letters {
    const ALL: [Self; 11] = [
        Self::Latin,
        Self::Cyrillic,
        Self::Arabic,
        Self::Devanagari,
        Self::Hebrew,
        Self::Greek,
        Self::Thai,
        Self::Hangul,
        Self::Kana,
        Self::Han,
        Self::Other,
    ];

    fn of(c: char) -> Option<Self> {
        Some(match c {
            'ぁ'..='ヿ' => Self::Kana,
            '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}' => Self::Han,
            _ if !c.is_alphabetic() => return None,
            '\u{41}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Self::Latin,
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Self::Greek,
            '\u{400}'..='\u{52f}' => Self::Cyrillic,
            '\u{590}'..='\u{5ff}' => Self::Hebrew,
            '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => Self::Arabic,
            '\u{900}'..='\u{97f}' => Self::Devanagari,
            '\u{e00}'..='\u{e7f}' => Self::Thai,
            '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7a3}' => Self::Hangul,
            _ => Self::Other,
        })
    }

    const fn weight(self) -> usize {
        match self {
            Self::Hangul | Self::Kana | Self::Han => LETTERS_OF_A_SYLLABLE,
            _ => 1,
        }
    }

    /// The languages that they may be of, the usual one first, by their ISO 639-1 codes.
    const fn languages(self) -> &'static [&'static str] {
        match self {
            Self::Latin => &[
                "en", "es", "fr", "de", "it", "pt", "nl", "pl", "cs", "hu", "sv", "no", "da", "fi",
                "ro", "tr", "vi", "id", "tl", "hr", "ca", "sk", "sl", "et", "lt", "lv", "sq", "az",
                "af", "sw",
            ],
            Self::Cyrillic => &["ru", "uk", "bg", "be", "mk", "sr", "kk", "ky", "mn"],
            Self::Arabic => &["ar", "fa", "ur", "ps", "ug"],
            Self::Devanagari => &["hi", "mr", "ne"],
            Self::Hebrew => &["he"],
            Self::Greek => &["el"],
            Self::Thai => &["th"],
            Self::Hangul => &["ko"],
            Self::Kana => &["ja"],
            Self::Han => &["zh"],
            Self::Other => &[],
        }
    }
}

/// Words that are in nearly every text of a language and in few of the others.
const SMALL_WORDS: &[(&str, &[&str])] = &[
    (
        "en",
        &[
            "the", "of", "and", "about", "with", "for", "my", "you", "your", "is", "to", "in",
            "on", "at", "song",
        ],
    ),
    (
        "de",
        &[
            "ein", "eine", "der", "die", "das", "und", "über", "mit", "im", "für", "ich", "du",
        ],
    ),
    (
        "fr",
        &[
            "une", "des", "les", "du", "sur", "dans", "avec", "pour", "et", "le", "je",
        ],
    ),
    (
        "es",
        &[
            "una", "los", "las", "del", "sobre", "con", "el", "para", "mi",
        ],
    ),
    (
        "it",
        &[
            "una", "il", "della", "sul", "sulla", "con", "di", "per", "che",
        ],
    ),
    (
        "pt",
        &["uma", "um", "do", "da", "sobre", "com", "para", "não", "os"],
    ),
    ("nl", &["een", "het", "van", "over", "met", "voor", "ik"]),
    ("sv", &["och", "om", "en", "ett", "på", "är"]),
    ("pl", &["i", "o", "w", "na", "z", "się"]),
];

/// The language of a text; English where nothing tells.
pub(super) fn language_of(text: &str) -> Language {
    let letters = most(text);
    // What is written in other letters says nothing of it.
    let own: String = text
        .chars()
        .filter(|c| Letters::of(*c).is_none_or(|of| of == letters))
        .collect();
    let own = once(&own);
    let codes = letters.languages();
    let code = match codes {
        [] => return by_trigrams(text).map_or(Language::Eng, |(language, _)| language),
        [only] => Some(*only),
        _ => sure(&own, codes).or_else(|| likeliest(&own, codes)),
    };
    code.and_then(Language::from_639_1).unwrap_or(Language::Eng)
}

/// Its words, each once, and without letters that are drawn out: what is sung over and over, "na na na" or "oooh", says
/// no more of its language than what is sung once.
fn once(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let mut short = String::with_capacity(word.len());
        for letters in word.chars().collect::<Vec<_>>().chunk_by(|a, b| a == b) {
            let most = if letters.len() > 2 { 1 } else { 2 };
            short.extend(letters.iter().take(most));
        }
        if !words.contains(&short) {
            words.push(short);
        }
    }
    words.join(" ")
}

/// The letters that most of a text is in; of Chinese characters Japanese ones where some kana are among them.
fn most(text: &str) -> Letters {
    let mut weights = [0_usize; Letters::ALL.len()];
    for letters in text.chars().filter_map(Letters::of) {
        weights[letters as usize] += letters.weight();
    }
    let [kana, han] = [Letters::Kana, Letters::Han].map(|letters| weights[letters as usize]);
    let (eastern, other) = if kana * 10 > han {
        (Letters::Kana, Letters::Han)
    } else {
        (Letters::Han, Letters::Kana)
    };
    weights[eastern as usize] += std::mem::take(&mut weights[other as usize]);
    // The first of equals, so that nothing at all is Latin.
    let all = Letters::ALL.into_iter().rev();
    all.max_by_key(|letters| weights[*letters as usize])
        .unwrap_or(Letters::Latin)
}

/// As `whatlang` says, and whether it is sure.
fn by_trigrams(text: &str) -> Option<(Language, bool)> {
    let found = whatlang::detect(text)?;
    let language = Language::from_639_3(found.lang().code())?;
    Some((language, found.is_reliable()))
}

/// What `whatlang` is sure of, where it is one of some languages.
fn sure(text: &str, codes: &[&'static str]) -> Option<&'static str> {
    let (language, _) = by_trigrams(text).filter(|(_, is_sure)| *is_sure)?;
    let code = match language {
        Language::Nob => "no",
        Language::Pes => "fa",
        other => other.to_639_1()?,
    };
    codes.iter().copied().find(|own| *own == code)
}

fn likeliest(text: &str, codes: &[&'static str]) -> Option<&'static str> {
    let small = text.to_lowercase();
    let words: Vec<&str> = small.split(|c: char| !c.is_alphabetic()).collect();
    let of_small_words = |code: &str| -> f64 {
        let own = SMALL_WORDS.iter().find(|(own, _)| *own == code);
        let own = own.map_or(&[][..], |(_, words)| words);
        words
            .iter()
            .filter(|word| own.contains(word))
            .map(|_| SMALL_WORD)
            .sum()
    };
    let mut found = LangId::shared().ok()?.likelihoods(text, codes);
    for (code, score) in &mut found {
        *score += of_small_words(code);
        if codes.first() == Some(code) {
            *score += USUAL;
        }
    }
    let best = found.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
    best.map(|(code, _)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_say_their_language() {
        for (text, language) in [
            ("Una canción triste sobre la lluvia", Language::Spa),
            ("Una canzone d'amore sotto la pioggia", Language::Ita),
            ("Ein trauriges Lied über den Regen in Berlin", Language::Deu),
            ("Een lied over de zee", Language::Nld),
            ("une chanson triste", Language::Fra),
            ("uma canção sobre o mar", Language::Por),
            ("Píseň o dešti v Praze", Language::Ces),
            ("Szomorú dal az esőről", Language::Hun),
            ("Smutna piosenka o deszczu", Language::Pol),
            ("En sång om havet", Language::Swe),
            ("Yağmur hakkında hüzünlü bir şarkı", Language::Tur),
            ("o cântec despre ploaie", Language::Ron),
            ("laulu merestä", Language::Fin),
            ("bài hát về mưa", Language::Vie),
            ("песня о дожде и о доме", Language::Rus),
            ("Сумна пісня про дощ у Києві", Language::Ukr),
            ("آهنگی غمگین درباره باران", Language::Fas),
            ("أغنية حزينة عن المطر", Language::Ara),
            ("שיר עצוב על הגשם", Language::Heb),
            ("बारिश के बारे में एक गीत", Language::Hin),
            ("ένα τραγούδι για τη βροχή", Language::Ell),
            ("비에 대한 노래", Language::Kor),
            ("夏の終わりの歌をください", Language::Jpn),
            ("一首关于夏天的歌", Language::Zho),
            ("夜里下雨 yeah yeah", Language::Zho),
            ("사랑해 baby oh", Language::Kor),
            ("เพลงเศร้าเกี่ยวกับฝน", Language::Tha),
        ] {
            assert_eq!(language_of(text), language, "{text}");
        }
    }

    #[test]
    fn short_english_is_english() {
        for text in [
            "rain",
            "a song about rain",
            "love me do",
            "Hold on",
            "lofi beats to study",
            "sad love song",
            "dream pop with female vocals",
            "k-pop dance track",
            "samba in Rio",
            "bossa nova",
            "piano",
            "Tokyo drift",
            "happy birthday to Maria",
            "reggaeton about a girl named Carmen",
            "90s hip hop, boom bap, NYC",
            "oh oh oh",
            "Night Ferry",
            "🎵 1998",
            "Oooooh, yeeeeah",
            "",
        ] {
            assert_eq!(language_of(text), Language::Eng, "{text}");
        }
    }

    #[test]
    fn what_is_sung_over_and_over_says_no_more_than_once() {
        for text in [
            "x",
            "na na na hey\n",
            "la la la la, ",
            "doo-wop, shoo-be-doo ",
            "baby baby oh ",
        ] {
            let text = text.repeat(1000);
            assert_eq!(language_of(&text), Language::Eng, "{}", &text[..20]);
        }
        let german = "Ich sing ein Lied, ein Lied für dich\n".repeat(40);
        assert_eq!(language_of(&german), Language::Deu);
    }
}
