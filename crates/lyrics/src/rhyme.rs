//! What rhymes, told by spelling: English by the classes of the built-in banks, other alphabets by the
//! last vowel and what follows it, Chinese by 韵, Korean by the last vowel and its end, Japanese kana by
//! their vowel.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;
use songwright_base::syllables::{Spelling, is_silent, is_vowel, syllables};

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::{
    RhymesParams,
    tongue::{Script, Tongue},
};

/// A class and how the ends of its words are spelled.
type Classes = BTreeMap<String, Vec<String>>;

#[derive(Deserialize)]
struct Bank {
    rhymes: Classes,
}

static ENGLISH: LazyLock<Classes> =
    LazyLock::new(|| read(include_str!("../../../assets/banks/english.toml")));
static CHINESE: LazyLock<Classes> =
    LazyLock::new(|| read(include_str!("../../../assets/banks/chinese.toml")));

/// A test rules out that a bank cannot be read.
fn read(bank: &str) -> Classes {
    toml::from_str::<Bank>(bank).map_or_else(|_| Classes::new(), |bank| bank.rhymes)
}

/// What a line ends on, as others may rhyme with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ending {
    /// Its last word, lower-case, or its last Chinese, Korean or Japanese character.
    pub word: String,
    /// Letters from the last vowel that is heard; absent where characters are syllables.
    pub rime: Option<String>,
    /// The classes that it is of.
    classes: Vec<String>,
    /// How words of these classes are spelled; where characters are syllables the characters.
    pub spellings: Vec<String>,
}

impl Ending {
    /// Of a line; `None` where nothing is known to rhyme with it.
    #[must_use]
    pub fn of(line: &str, tongue: &Tongue) -> Option<Self> {
        match tongue.script {
            Script::Han => of_chinese(line),
            Script::Latin | Script::Cyrillic | Script::Greek => of_alphabet(line, tongue),
            Script::Hangul => of_korean(line),
            Script::Kana => of_kana(line),
            _ => None,
        }
    }

    /// Whether two ends rhyme. A word does not rhyme with itself.
    #[must_use]
    pub fn rhymes(&self, other: &Self) -> bool {
        let same_rime = self.rime.is_some() && self.rime == other.rime;
        let same_class = || self.classes.iter().any(|c| other.classes.contains(c));
        self.word != other.word && (same_rime || same_class())
    }

    fn new(
        word: String,
        rime: Option<String>,
        of: impl Fn(&str) -> bool,
        all: &'static Classes,
    ) -> Self {
        let classes = all
            .iter()
            .filter(|(_, ends)| ends.iter().any(|end| of(end)));
        let (mut names, mut spellings) = (Vec::new(), Vec::new());
        for (name, ends) in classes {
            names.push(name.clone());
            spellings.extend(ends.iter().cloned());
        }
        spellings.sort_unstable();
        spellings.dedup();
        Self {
            word,
            rime,
            classes: names,
            spellings,
        }
    }
}

/// All characters of the Chinese classes.
pub(crate) fn chinese() -> impl Iterator<Item = &'static str> {
    CHINESE.values().flatten().map(String::as_str)
}

fn of_chinese(line: &str) -> Option<Ending> {
    let last = line.chars().rev().find(|c| c.is_alphanumeric())?;
    let word = last.to_string();
    let ending = Ending::new(word.clone(), None, |end| end == word, &CHINESE);
    (!ending.classes.is_empty()).then_some(ending)
}

/// The vowels of kana that are written large, each with its row.
const KANA: [(&str, &str); 5] = [
    ("あかがさざただなはばぱまやらわ", "ぁゃゎ"),
    ("いきぎしじちぢにひびぴみり", "ぃ"),
    ("うくぐすずつづぬふぶぷむゆる", "ぅゅ"),
    ("えけげせぜてでねへべぺめれ", "ぇ"),
    ("おこごそぞとどのほぼぽもよろを", "ぉょ"),
];

/// All kana that others rhyme with.
pub(crate) fn kana() -> impl Iterator<Item = char> {
    KANA.iter().flat_map(|(row, _)| row.chars())
}

/// By the vowel of the last kana; how a kanji is read is not known here.
fn of_kana(line: &str) -> Option<Ending> {
    let hiragana = |c: char| match c {
        'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        other => other,
    };
    let mut sounds = line
        .chars()
        .rev()
        .filter(|c| c.is_alphanumeric())
        .map(hiragana);
    // A long vowel is that before it.
    let last = sounds.find(|c| *c != 'ー')?;
    let at = KANA
        .iter()
        .position(|(large, small)| large.contains(last) || small.contains(last))?;
    let (row, small) = KANA[at];
    let before = sounds.next().filter(|_| small.contains(last));
    Some(Ending {
        word: before.into_iter().chain([last]).collect(),
        rime: None,
        classes: vec![at.to_string()],
        spellings: row.chars().map(String::from).collect(),
    })
}

/// Where the syllables of Hangul begin, and how many vowels and ends they have.
const HANGUL: (u32, u32, u32) = (0xac00, 21, 28);
/// Beginnings of syllables.
const BEGINNINGS: u32 = 19;
/// ㅐ and ㅔ, which sound alike.
const ALIKE: [u32; 2] = [1, 5];

/// By the vowel of the last syllable and what ends it.
fn of_korean(line: &str) -> Option<Ending> {
    let (first, vowels, ends) = HANGUL;
    let last = line.chars().rev().find(|c| c.is_alphanumeric())?;
    if !('가'..='힣').contains(&last) {
        return None;
    }
    let index = u32::from(last) - first;
    let (vowel, end) = (index / ends % vowels, index % ends);
    let same: &[u32] = if ALIKE.contains(&vowel) {
        &ALIKE
    } else {
        &[vowel]
    };
    let syllables = same.iter().flat_map(|vowel| {
        (0..BEGINNINGS).filter_map(move |beginning| {
            char::from_u32(first + (beginning * vowels + vowel) * ends + end)
        })
    });
    Some(Ending {
        word: last.to_string(),
        rime: None,
        classes: vec![format!("{} {end}", same[0])],
        spellings: syllables.map(String::from).collect(),
    })
}

/// A word as English spells it: "café" sounds as "cafay", "naïve" is "naive".
fn english(word: &str) -> String {
    let open = ["ée", "é"].iter().find_map(|end| word.strip_suffix(end));
    let word = open.map_or_else(|| word.to_owned(), |stem| format!("{stem}ay"));
    let word = word
        .replace('æ', "ae")
        .replace('œ', "oe")
        .replace('ø', "o")
        .replace('ß', "ss");
    word.nfd().filter(|c| !is_combining_mark(*c)).collect()
}

fn of_alphabet(line: &str, tongue: &Tongue) -> Option<Ending> {
    let is_letter = |c: char| c.is_alphabetic() || matches!(c, '\'' | '’');
    let word = line
        .rsplit(|c: char| !is_letter(c))
        .find(|word| word.chars().any(char::is_alphabetic))?;
    let word = word.trim_matches(['\'', '’']).to_lowercase();
    // What was cut off before it is another word.
    let word = match word.rsplit(['\'', '’']).next() {
        Some(last) if tongue.elides() && !last.is_empty() => last.to_owned(),
        _ => word,
    };
    let sounded = match tongue.spelling() {
        Spelling::English => english(&word),
        Spelling::French | Spelling::Other => word.clone(),
    };
    let rime = rime(&sounded, tongue.spelling())?.to_owned();
    let vowels: usize = rime
        .chars()
        .take_while(|c| is_vowel(*c))
        .map(char::len_utf8)
        .sum();
    // A class has to begin at the sound, or say more; a single letter says too little of it.
    let of = |end: &str| {
        end.len() > 1 && sounded.ends_with(end) && rime.len().saturating_sub(end.len()) < vowels
    };
    let none = |_: &str| false;
    Some(match tongue.spelling() {
        Spelling::English => Ending::new(word.clone(), Some(rime.clone()), of, &ENGLISH),
        Spelling::French | Spelling::Other => {
            Ending::new(word.clone(), Some(rime.clone()), none, &ENGLISH)
        }
    })
}

/// From the last vowel that is heard; from the one before it where that is a lone "e", as in "over".
fn rime(word: &str, spelling: Spelling) -> Option<&str> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for (at, c) in word.char_indices().filter(|(_, c)| is_vowel(*c)) {
        let end = at + c.len_utf8();
        let is_cyrillic = matches!(c, '\u{400}'..='\u{52f}');
        match groups.last_mut() {
            Some((_, last)) if *last == at && !is_cyrillic => *last = end,
            _ => groups.push((at, end)),
        }
    }
    if spelling == Spelling::English && groups.len() > 1 && is_silent(word) {
        groups.pop();
    }
    let (mut from, to) = groups.pop()?;
    if &word[from..to] == "e"
        && let Some((before, _)) = groups.pop()
    {
        from = before;
    }
    let rime = &word[from..];
    rime.chars().all(char::is_alphabetic).then_some(rime)
}

/// What a musician has to know of words that rhyme with this one, where a model found them: whether they were
/// held against it.
#[must_use]
pub fn caution(params: &RhymesParams) -> Option<String> {
    Ending::of(&params.word, &params.tongue).is_none().then(|| {
        format!(
            "How \"{}\" ends in {} cannot be told by its letters: whether these words rhyme with it is the \
             model's word alone.",
            params.word, params.tongue.name
        )
    })
}

/// For each line the first earlier one that it rhymes with. Lines of one syllable rhyme with none: they
/// have no room for it.
#[must_use]
pub fn scheme(lines: &[&str], tongue: &Tongue) -> Vec<Option<usize>> {
    let endings: Vec<Option<Ending>> = lines
        .iter()
        .map(|line| {
            let has_room = syllables(line, tongue.spelling()) > 1;
            Ending::of(line, tongue).filter(|_| has_room)
        })
        .collect();
    let rhymes = |a: usize, b: usize| match (&endings[a], &endings[b]) {
        (Some(a), Some(b)) => a.rhymes(b),
        _ => false,
    };
    let mut scheme: Vec<Option<usize>> = Vec::new();
    for line in 0..lines.len() {
        let first = (0..line).find(|earlier| scheme[*earlier].is_none() && rhymes(*earlier, line));
        scheme.push(first);
    }
    scheme
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rhymes(language: &str, a: &str, b: &str) -> bool {
        let tongue = Tongue::named(language).unwrap();
        let of = |text| Ending::of(text, &tongue);
        matches!((of(a), of(b)), (Some(a), Some(b)) if a.rhymes(&b))
    }

    #[test]
    fn the_banks_have_classes() {
        assert!(ENGLISH.len() > 20 && CHINESE.len() >= 7);
    }

    #[test]
    fn english_rhymes_by_sound_and_by_spelling() {
        for (a, b) in [
            ("in the yellow light", "all through the night"),
            ("the kite", "hold on tight!"),
            ("you", "a shirt of faded blue"),
            ("it is over", "a field of clover"),
            ("on the lake", "for your sake"),
            ("a town", "coming down"),
        ] {
            assert!(rhymes("english", a, b), "{a} {b}");
        }
        for (a, b) in [
            ("night", "night"),
            ("rain", "road"),
            ("over", "never"),
            ("walked", "wanted"),
            ("1998", "2020"),
        ] {
            assert!(!rhymes("english", a, b), "{a} {b}");
        }
    }

    #[test]
    fn other_languages_rhyme_by_their_last_vowel() {
        assert!(rhymes("german", "wir fragen", "sie sagen"));
        assert!(rhymes("german", "der Baum", "ein Traum"));
        assert!(rhymes("russian", "мой дом", "о нём и он с трудом"));
        assert!(rhymes("chinese", "你笑的瞬间", "没有明天"));
        assert!(!rhymes("chinese", "天", "天"));
        assert!(!rhymes("japanese", "夜", "嫌"));
        assert!(rhymes("japanese", "空を見た", "遠い夢のなか"));
        assert!(rhymes("japanese", "きみのこえ", "スカーレットで"));
        assert!(!rhymes("japanese", "空を見た", "空を見て"));
        assert!(rhymes("korean", "너의 사랑", "푸른 바당"));
        assert!(rhymes("korean", "그 노래", "어제"));
        assert!(!rhymes("korean", "너의 사랑", "너의 사람"));
        assert!(!rhymes("korean", "사랑", "사랑"));
        assert!(rhymes("french", "je regrette", "ma cigarette"));
        assert!(rhymes("french", "l'amour", "un jour"));
        assert!(!rhymes("french", "l'amour", "d'amour"));
    }

    #[test]
    fn accents_do_not_keep_english_from_rhyming() {
        assert!(rhymes("english", "a small café", "the end of the day"));
        assert!(rhymes("english", "crème", "extra scheme"));
        assert!(!rhymes("english", "café", "safe"));
    }

    #[test]
    fn what_cannot_be_told_is_said() {
        let caution = |word: &str, language: &str| {
            caution(&RhymesParams {
                word: word.to_owned(),
                tongue: Tongue::named(language).unwrap(),
                description: None,
                most: 5,
                seed: songwright_base::Seed(1),
            })
        };
        assert!(caution("夜", "japanese").is_some_and(|said| said.contains("Japanese")));
        assert!(caution("ฝน", "thai").is_some());
        assert_eq!(caution("よる", "japanese"), None);
        assert_eq!(caution("night", "english"), None);
    }

    #[test]
    fn a_scheme_names_the_first_line_of_each_rhyme() {
        let english = Tongue::named("en").unwrap();
        let lines = [
            "walking in the rain",
            "waiting in the night",
            "never look behind",
            "looking for the light",
            "on the evening train",
            "rain",
        ];
        let found = scheme(&lines, &english);
        assert_eq!(found, [None, None, None, Some(1), Some(0), None]);
    }
}
