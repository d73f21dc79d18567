//! Grammars of lines with so many syllables, as `base::syllables` counts them, and of what rhymes.

use std::fmt::Write as _;

use songwright_base::syllables::{
    ENGLISH_EXCEPTIONS, HISSING, Spelling, VOWELS, is_syllable, is_vowel,
};

use super::lines::{bounded, words};
use crate::{
    rhyme::{self, Ending, chinese},
    tongue::{Script, Tongue},
};

/// Syllables of the longest word.
const WORD: usize = 4;
/// Consonants that stand together: in English ("strengths"), in others ("Angstschrei").
const CONSONANTS: (usize, usize) = (5, 7);
const CHINESE: &str = r"\u{4e00}-\u{9fff}\u{3400}-\u{4dbf}";
const SMALL_KANA: &str = "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ";
/// A letter with its signs, of which two are counted as a syllable.
const ARABIC: &str = r"[\u{621}-\u{63a}\u{641}-\u{64a}\u{671}-\u{6d3}][\u{64b}-\u{652}]?";
const HEBREW: &str = r"[\u{5d0}-\u{5ea}]";
/// A syllable: a vowel, or consonants that are joined, with its signs.
const DEVANAGARI: &str = r"([\u{905}-\u{914}]|[\u{915}-\u{939}]\u{93c}?(\u{94d}[\u{915}-\u{939}]){0,2}[\u{93e}-\u{94c}]?)[\u{901}-\u{903}]?";
/// A consonant with its vowels and tones.
const THAI: &str = r"[\u{e40}-\u{e44}]?[\u{e01}-\u{e2e}][\u{e30}-\u{e3a}\u{e47}-\u{e4e}]{0,3}";
/// Letters of alphabets beyond the range of the others.
const MORE_LATIN: [char; 5] = ['ơ', 'ư', 'ș', 'ț', 'ə'];
const MORE_CYRILLIC: [char; 9] = ['ґ', 'ғ', 'қ', 'ң', 'һ', 'ә', 'ө', 'ұ', 'ү'];
/// Words that lose their vowel: "l'amour".
const ELIDED: &str = "[cdjlmnstvCDJLMNSTV]['’]";

/// How a line or a word ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum End<'e> {
    /// As it likes.
    Free,
    /// So that others can rhyme with it.
    Rhymable,
    /// In a rhyme with this, and on none of these words.
    Like(&'e Ending, &'e [String]),
    /// On none of these words.
    New(&'e [String]),
}

impl<'e> End<'e> {
    /// Words that it is not.
    fn not(self) -> &'e [String] {
        match self {
            Self::Like(_, words) | Self::New(words) => words,
            Self::Free | Self::Rhymable => &[],
        }
    }
}

/// A line and its end, in llguidance's Lark.
pub(super) fn line(syllables: usize, tongue: &Tongue, end: End<'_>) -> String {
    let count = syllables.max(1);
    let head = "start: LINE \"\\n\"\n";
    let script = tongue.script;
    let stops = script.stops();
    let by_units = |gap: &str| {
        let unit = unit_of(script);
        let last = last_unit(&unit, script, end);
        let before = count - 1;
        format!("{head}LINE: /({unit}({gap})?){{{before}}}{last}[{stops}]?/\n")
    };
    match script {
        Script::Han => by_units("，|、| "),
        Script::Kana => by_units("、| "),
        Script::Hangul => by_units(", | "),
        Script::Thai => {
            // As many consonants as the syllables are counted by: eight make five.
            let (least, most) = ((count - 1) * 8 / 5 + 1, count * 8 / 5);
            format!("{head}LINE: /({THAI}){{{least},{most}}}[{stops}]?/\n")
        }
        Script::Any => {
            let (few, many) = script.characters();
            let chars = |per: f64| (count as f64 * per) as usize;
            let range = (chars(few).max(1), chars(many).max(3) + 1);
            format!("{head}{}", bounded("LINE", &words(tongue), range))
        }
        _ => by_words(count, tongue, end),
    }
}

/// A line of an alphabet, word by word: one terminal for all of it would be too large an automaton.
fn by_words(count: usize, tongue: &Tongue, end: End<'_>) -> String {
    let least = match end {
        End::Like(ending, _) => ending
            .rime
            .as_deref()
            .map_or(1, |rime| tongue.syllables(rime)),
        End::Free | End::Rhymable | End::New(_) => 1,
    };
    let mut grammar = format!("start: l{count}\n");
    word_forms(&mut grammar, tongue, end);
    let stops = tongue.script.stops();
    let opening = match tongue.openings() {
        "" => String::new(),
        signs => format!("/[{signs}]?/ "),
    };
    let gap = match tongue.script {
        // A joiner that is not seen keeps parts of a word together.
        Script::Arabic => "/[,،]? |\\u{200c}/",
        _ => "/,? /",
    };
    for n in 1..=WORD {
        let _ = writeln!(
            grammar,
            "H{n}: {opening}W{n} {gap}\nE{n}: {opening}F{n} /[{stops}]?\\n/"
        );
    }
    let mut can_end = vec![false; count + 1];
    for n in 1..=count {
        let mut ways: Vec<String> = Vec::new();
        if (least.min(count)..=WORD).contains(&n) {
            ways.push(format!("E{n}"));
        }
        let longer = (1..n.min(WORD + 1)).filter(|k| can_end[n - k]);
        ways.extend(longer.map(|k| format!("H{k} l{}", n - k)));
        can_end[n] = !ways.is_empty();
        if can_end[n] {
            let _ = writeln!(grammar, "l{n}: {}", ways.join(" | "));
        }
    }
    grammar
}

/// A word of at most three syllables and what follows it in a list: a comma or, where it may end, a
/// line's end.
pub(super) fn item(tongue: &Tongue, end: End<'_>, may_stop: bool) -> String {
    let after = if may_stop {
        "(\", \" | \"\\n\")"
    } else {
        "\", \""
    };
    let head = format!("start: ITEM {after}\n");
    let script = tongue.script;
    let form = match script {
        Script::Han | Script::Kana | Script::Hangul => {
            let unit = unit_of(script);
            let last = last_unit(&unit, script, end);
            format!("({unit}){{1,3}}{last}")
        }
        Script::Thai => format!("({THAI}){{1,6}}"),
        Script::Any => format!("[{}]{{2,10}}", script.letters()),
        _ => {
            let mut grammar = format!("{head}ITEM: F1 | F2 | F3\n");
            word_forms(&mut grammar, tongue, end);
            return grammar;
        }
    };
    format!("{head}ITEM: /{form}/{}\n", but_not(end.not()))
}

/// That a terminal is none of these words, in any case.
fn but_not(words: &[String]) -> String {
    // Whatever is no word is never written, and is no regular expression either.
    let is_plain =
        |c: char| matches!(c, '\'' | '’') || !(c.is_ascii_punctuation() || c.is_whitespace());
    let words: Vec<String> = words
        .iter()
        .filter(|word| !word.is_empty() && word.chars().all(is_plain))
        .map(|word| cased(word))
        .collect();
    if words.is_empty() {
        String::new()
    } else {
        format!(" & ~/{}/", words.join("|"))
    }
}

/// A character that is a syllable.
fn unit_of(script: Script) -> String {
    match script {
        Script::Kana => kana(),
        Script::Hangul => r"[\u{ac00}-\u{d7a3}]".to_owned(),
        _ => format!("[{CHINESE}]"),
    }
}

/// The last character of a line in a script of syllables.
fn last_unit(unit: &str, script: Script, end: End<'_>) -> String {
    let class: String = match end {
        End::Rhymable if script == Script::Han => chinese().collect(),
        End::Rhymable if script == Script::Kana => rhyme::kana().collect(),
        End::Like(ending, not) if ending.rime.is_none() => {
            let is_new =
                |one: &&String| **one != ending.word && !not.iter().any(|word| word == *one);
            let all = ending.spellings.iter().filter(is_new);
            all.map(String::as_str).collect()
        }
        _ => String::new(),
    };
    if class.is_empty() {
        unit.to_owned()
    } else {
        format!("[{class}]")
    }
}

fn kana() -> String {
    let class: String = ('\u{3041}'..='\u{30ff}')
        .filter(|c| is_syllable(*c) && c.is_alphabetic())
        .collect();
    format!("[{CHINESE}{class}][{SMALL_KANA}]?")
}

/// `W1`… words of so many syllables, and `F1`… those that may end a line.
fn word_forms(grammar: &mut String, tongue: &Tongue, end: End<'_>) {
    // As `base::syllables` counts them where vowels are not written, or are signs on consonants.
    let unit = match tongue.script {
        Script::Arabic => Some((ARABIC, 2)),
        Script::Hebrew => Some((HEBREW, 2)),
        Script::Devanagari => Some((DEVANAGARI, 1)),
        _ => None,
    };
    let Some((unit, letters)) = unit else {
        alphabet(grammar, tongue, end);
        return;
    };
    let not = but_not(end.not());
    for n in 1..=WORD {
        let (least, most) = ((n - 1) * letters + 1, n * letters);
        let _ = writeln!(
            grammar,
            "W{n}: /({unit}){{{least},{most}}}/\nF{n}: W{n}{not}"
        );
    }
}

/// Letters of an alphabet, lower and upper, by whether they are vowels.
struct Letters {
    vowels: String,
    consonants: String,
}

impl Letters {
    fn of(tongue: &Tongue) -> Self {
        let all: Vec<char> = match (tongue.script, tongue.spelling()) {
            (_, Spelling::English) => ('a'..='z').collect(),
            (Script::Cyrillic, _) => ('а'..='џ').chain(MORE_CYRILLIC).collect(),
            (Script::Greek, _) => ('ά'..='ώ').collect(),
            _ => ('a'..='z')
                .chain('à'..='ž')
                .chain(MORE_LATIN)
                .chain('ạ'..='ỹ')
                .collect(),
        };
        let both = |wanted: bool| {
            let these = all
                .iter()
                .filter(|c| c.is_lowercase() && is_vowel(**c) == wanted);
            these.flat_map(|c| cases(*c)).collect()
        };
        Self {
            vowels: both(true),
            consonants: both(false),
        }
    }
}

/// A letter, and its capital where that is one that reads back.
fn cases(c: char) -> Vec<char> {
    let mut upper = c.to_uppercase();
    let mut all = vec![c];
    if let (Some(capital), None) = (upper.next(), upper.next())
        && capital != c
        && capital.to_lowercase().eq([c])
    {
        all.push(capital);
    }
    all
}

/// A word in any case.
fn cased(word: &str) -> String {
    let letters = word.chars().map(|c| {
        let cases: String = cases(c).into_iter().collect();
        format!("[{cases}]")
    });
    letters.collect()
}

/// As [`word_forms`], of an alphabet.
fn alphabet(grammar: &mut String, tongue: &Tongue, end: End<'_>) {
    let letters = Letters::of(tongue);
    let (v, c) = (&letters.vowels, &letters.consonants);
    let most = match tongue.spelling() {
        Spelling::English => CONSONANTS.0,
        Spelling::French | Spelling::Other => CONSONANTS.1,
    };
    for n in 1..=WORD + 1 {
        let _ = if tongue.script == Script::Cyrillic {
            writeln!(
                grammar,
                "G{n}: /[{c}]{{0,{most}}}([{v}][{c}]{{0,{most}}}){{{n}}}/"
            )
        } else {
            let before = n - 1;
            writeln!(
                grammar,
                "G{n}: /[{c}]{{0,{most}}}([{v}]+[{c}]{{1,{most}}}){{{before}}}[{v}]+[{c}]{{0,{most}}}/"
            )
        };
    }
    // Plain words, of which rhymes are, and with them words that are cut off or drawn together.
    let own = match tongue.spelling() {
        Spelling::English => {
            english(grammar, &letters);
            "Y"
        }
        Spelling::French => {
            french(grammar, &letters);
            "A"
        }
        Spelling::Other => "G",
    };
    let ends = ends(grammar, tongue, &letters, end);
    for n in 1..=WORD {
        if tongue.elides() {
            let _ = writeln!(grammar, "W{n}: {own}{n} | /{ELIDED}/ {own}{n}");
        } else if own == "G" {
            let _ = writeln!(grammar, "W{n}: G{n}");
        }
        let last = match end {
            End::Free | End::New(_) => "W",
            End::Rhymable | End::Like(..) => own,
        };
        let _ = writeln!(grammar, "F{n}: {last}{n}{ends}");
    }
}

/// Words by French spelling, `A1`…: an "e" that ends a word behind a consonant is not sung, unless it is its
/// only vowel.
fn french(grammar: &mut String, letters: &Letters) {
    let (v, c) = (&letters.vowels, &letters.consonants);
    let _ = writeln!(grammar, "S: /[{v}{c}]*[{c}]e/");
    for n in 1..=WORD {
        let spoken = if n == 1 {
            "G1".to_owned()
        } else {
            format!("Z{n}")
        };
        let _ = writeln!(
            grammar,
            "Z{n}: G{n} & ~S\nB{n}: G{} & S\nA{n}: {spoken} | B{n}",
            n + 1
        );
    }
}

/// Words by English spelling: `Y1`… by the rules alone, `W1`… with those that break them.
fn english(grammar: &mut String, letters: &Letters) {
    let (v, c) = (&letters.vowels, &letters.consonants);
    let but = |these: &str| -> String {
        let is_other = |letter: &char| !these.contains(letter.to_ascii_lowercase());
        c.chars().filter(is_other).collect()
    };
    let (no_l, not_hissing, no_td) = (but("l"), but(&format!("l{HISSING}")), but("td"));
    let _ = writeln!(
        grammar,
        "S: /[{v}{c}]*([{no_l}][eE]|[{v}][lL][eE]|[{not_hissing}][eE][sS]|[{v}][lL][eE][sS]|[{no_td}][eE][dD])/"
    );
    let exceptions = |wanted: Option<usize>| {
        let these = ENGLISH_EXCEPTIONS
            .iter()
            .filter(|(word, n)| word.is_ascii() && wanted.is_none_or(|wanted| wanted == *n));
        let these: Vec<String> = these.map(|(word, _)| cased(word)).collect();
        these.join("|")
    };
    let _ = writeln!(grammar, "X: /{}/", exceptions(None));
    let contracted = [
        "I'm|[dD]on't|[cC]an't|[wW]on't",
        "[dD]idn't|[iI]sn't|[wW]asn't|[cC]ouldn't|[wW]ouldn't|[dD]oesn't",
    ];
    for n in 1..=WORD {
        let spoken = if n == 1 {
            "A1: G1".to_owned()
        } else {
            format!("A{n}: G{n} & ~S")
        };
        let mut special = exceptions(Some(n));
        if let Some(more) = contracted.get(n - 1) {
            special = format!("{special}|{more}");
        }
        let special = special.trim_matches('|');
        let special = if special.is_empty() {
            String::new()
        } else {
            format!(" | /{special}/")
        };
        let _ = writeln!(
            grammar,
            "{spoken}\nB{n}: G{} & S\nR{n}: A{n} | B{n}\nY{n}: R{n} & ~X\n\
             V{n}: Y{n} /'(s|ll|re|ve|d)/\nW{n}: Y{n} | V{n}{special}",
            n + 1
        );
    }
}

/// What last words have to be besides: the terminals and their conjunction.
fn ends(grammar: &mut String, tongue: &Tongue, letters: &Letters, end: End<'_>) -> String {
    let not = but_not(end.not());
    let End::Like(ending, _) = end else {
        return not;
    };
    let is_english = tongue.spelling() == Spelling::English;
    let (v, c) = (&letters.vowels, &letters.consonants);
    let known = |text: &&String| {
        text.chars()
            .all(|letter| v.contains(letter) || c.contains(letter))
    };
    let Some(rime) = ending.rime.as_ref().filter(known) else {
        return not;
    };
    let sounds = |text: &str| {
        // A lone "e" sounds in a word's only or last but one place: nothing is sung before it.
        let first: String = text.chars().take_while(|c| is_vowel(*c)).collect();
        let is_alone = || !text[first.len()..].chars().any(is_vowel);
        let before = if first == "e" && (is_english || is_alone()) {
            format!("[{c}]*")
        } else {
            format!("([{v}{c}]*[{c}])?")
        };
        format!("{before}{}", cased(text))
    };
    // A spelling that begins with a consonant, or with an "e" that may be silent, is not always the sound.
    let is_sure = |text: &&str| {
        let is_open = text.starts_with(|c| VOWELS.contains(c) && c != 'e');
        text.len() > 1 && (is_open || text.starts_with("ea") || text.starts_with("ee"))
    };
    let others = ending.spellings.iter().map(String::as_str).filter(is_sure);
    let all: Vec<String> = [rime.as_str()]
        .into_iter()
        .chain(others)
        .map(sounds)
        .collect();
    let _ = writeln!(grammar, "END: /{}/", all.join("|"));
    format!(" & END{not}")
}
