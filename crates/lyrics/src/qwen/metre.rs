//! Grammars of lines with so many syllables, as `base::syllables` counts them, and of what rhymes.

use std::fmt::Write as _;

use songwright_base::syllables::{
    ENGLISH_EXCEPTIONS, HISSING, Spelling, VOWELS, is_syllable, is_vowel,
};

use super::lines::{bounded, words};
use crate::{
    rhyme::{Ending, chinese},
    tongue::{Script, Tongue},
};

/// Syllables of the longest word.
const WORD: usize = 4;
/// Consonants that stand together: in English ("strengths"), in others ("Angstschrei").
const CONSONANTS: (usize, usize) = (5, 7);
const CHINESE: &str = r"\u{4e00}-\u{9fff}\u{3400}-\u{4dbf}";
const SMALL_KANA: &str = "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ";

/// How a line or a word ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum End<'e> {
    /// As it likes.
    Free,
    /// So that others can rhyme with it.
    Rhymable,
    /// In a rhyme with this, and on none of these words.
    Like(&'e Ending, &'e [String]),
}

/// A line and its end, in llguidance's Lark.
pub(super) fn line(syllables: usize, tongue: &Tongue, end: End<'_>) -> String {
    let count = syllables.max(1);
    let head = "start: LINE \"\\n\"\n";
    let unit = |unit: &str, gap: &str, stop: &str| {
        let last = last_unit(unit, end);
        let before = count - 1;
        format!("{head}LINE: /({unit}({gap})?){{{before}}}{last}[{stop}]?/\n")
    };
    match tongue.script {
        Script::Han => unit(&format!("[{CHINESE}]"), "，|、| ", "。！？!?…"),
        Script::Kana => unit(&kana(), "、| ", "。！？!?…"),
        Script::Hangul => unit(r"[\u{ac00}-\u{d7a3}]", ", | ", ".!?…"),
        Script::Latin | Script::Cyrillic | Script::Greek => by_words(count, tongue, end),
        script => {
            let (few, many) = script.characters();
            let chars = |per: f64| (count as f64 * per) as usize;
            let range = (chars(few).max(1), chars(many).max(3) + 1);
            format!("{head}{}", bounded("LINE", &words(script), range))
        }
    }
}

/// A line of an alphabet, word by word: one terminal for all of it would be too large an automaton.
fn by_words(count: usize, tongue: &Tongue, end: End<'_>) -> String {
    let least = match end {
        End::Like(ending, _) => ending
            .rime
            .as_deref()
            .map_or(1, |rime| tongue.syllables(rime)),
        End::Free | End::Rhymable => 1,
    };
    let mut grammar = format!("start: l{count}\n");
    alphabet(&mut grammar, tongue, end);
    for n in 1..=WORD {
        let _ = writeln!(grammar, "H{n}: W{n} /,? /\nE{n}: F{n} /[.!?…]?\\n/");
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
    let not = match end {
        End::Like(_, words) => words,
        End::Free | End::Rhymable => &[],
    };
    match tongue.script {
        Script::Han => {
            let last = last_unit(&format!("[{CHINESE}]"), end);
            let not = not.iter().filter(|word| word.chars().count() > 1);
            let mut form = format!("/[{CHINESE}]{{1,3}}{last}/");
            for word in not {
                let _ = write!(form, " & ~/{word}/");
            }
            format!("{head}ITEM: {form}\n")
        }
        Script::Latin | Script::Cyrillic | Script::Greek => {
            let mut grammar = format!("{head}ITEM: F1 | F2 | F3\n");
            alphabet(&mut grammar, tongue, end);
            grammar
        }
        script => {
            let letters = script.letters();
            let not: String = not.iter().map(|word| format!(" & ~/{word}/")).collect();
            format!("{head}ITEM: /[{letters}]{{2,10}}/{not}\n")
        }
    }
}

/// The last character of a line in a script of syllables.
fn last_unit(unit: &str, end: End<'_>) -> String {
    let of = |all: &mut dyn Iterator<Item = &str>| {
        let class: String = all.collect();
        if class.is_empty() {
            unit.to_owned()
        } else {
            format!("[{class}]")
        }
    };
    match end {
        End::Rhymable if unit.contains("4e00") && !unit.contains('ー') => of(&mut chinese()),
        End::Like(ending, not) if ending.rime.is_none() => {
            let is_new = |one: &&str| *one != ending.word && !not.iter().any(|word| word == one);
            of(&mut ending.spellings.iter().copied().filter(is_new))
        }
        _ => unit.to_owned(),
    }
}

fn kana() -> String {
    let class: String = ('\u{3041}'..='\u{30ff}')
        .filter(|c| is_syllable(*c) && c.is_alphabetic())
        .collect();
    format!("[{CHINESE}{class}][{SMALL_KANA}]?")
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
            (Script::Cyrillic, _) => ('а'..='џ').collect(),
            (Script::Greek, _) => ('ά'..='ώ').collect(),
            _ => ('a'..='z')
                .chain('à'..='ž')
                .chain(['ơ', 'ư'])
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

/// `W1`… words of so many syllables, and `F1`… those that may end a line.
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
    let is_english = tongue.spelling() == Spelling::English;
    if is_english {
        english(grammar, &letters);
    }
    let own = if is_english { "Y" } else { "G" };
    let ends = ends(grammar, &letters, end);
    for n in 1..=WORD {
        if !is_english {
            let _ = writeln!(grammar, "W{n}: G{n}");
        }
        let last = if matches!(end, End::Free) { "W" } else { own };
        let _ = writeln!(grammar, "F{n}: {last}{n}{ends}");
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
fn ends(grammar: &mut String, letters: &Letters, end: End<'_>) -> String {
    let End::Like(ending, not) = end else {
        return String::new();
    };
    let (v, c) = (&letters.vowels, &letters.consonants);
    let known = |text: &&String| {
        text.chars()
            .all(|letter| v.contains(letter) || c.contains(letter))
    };
    let Some(rime) = ending.rime.as_ref().filter(known) else {
        return String::new();
    };
    let sounds = |text: &str| {
        // A lone "e" sounds in a word's only or last but one place: nothing is sung before it.
        let first: String = text.chars().take_while(|c| is_vowel(*c)).collect();
        let before = if first == "e" {
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
    let others = ending.spellings.iter().copied().filter(is_sure);
    let all: Vec<String> = [rime.as_str()]
        .into_iter()
        .chain(others)
        .map(sounds)
        .collect();
    let _ = writeln!(grammar, "END: /{}/", all.join("|"));
    let not: Vec<String> = not
        .iter()
        .filter(|word| word.chars().all(char::is_alphabetic))
        .map(|word| cased(word))
        .collect();
    if not.is_empty() {
        return " & END".to_owned();
    }
    let _ = writeln!(grammar, "NOT: /{}/", not.join("|"));
    " & END & ~NOT".to_owned()
}
