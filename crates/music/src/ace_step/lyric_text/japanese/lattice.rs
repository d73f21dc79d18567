//! The words of a sentence: of all ways to cut it into words of the dictionary the one that costs least
//! (Viterbi over a lattice, as MeCab cuts; Kudo et al. 2004).

use super::dictionary::{Dictionary, Entry};

/// The context of the start and the end of a sentence.
const EDGE: u16 = 0;
/// A run of characters that is no word is taken as one up to so many.
const LONGEST_RUN: usize = 24;

/// A word of a sentence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub(super) surface: &'a str,
    /// Where it starts, in bytes.
    pub(super) start: usize,
    pub(super) entry: Entry,
    /// Its number in the dictionary's table; `None` for own words and what is not there.
    pub(super) index: Option<usize>,
}

struct Node<'a> {
    word: Word<'a>,
    end: usize,
    /// Of the cheapest way to its end.
    cost: i32,
    before: Option<usize>,
}

/// Cuts a sentence into words. Spaces are between words and in none.
pub(super) fn words<'a>(dictionary: &Dictionary, sentence: &'a str) -> Vec<Word<'a>> {
    let mut nodes: Vec<Node<'a>> = Vec::new();
    // By the place where they end.
    let mut ending: Vec<Vec<usize>> = vec![Vec::new(); sentence.len() + 1];
    for (start, c) in sentence.char_indices() {
        // What ends here, spaces before it left out.
        let before = sentence[..start].trim_end().len();
        let reached = before == 0 || !ending[before].is_empty();
        if c.is_whitespace() || !reached {
            continue;
        }
        for word in candidates(dictionary, sentence, start) {
            let end = start + word.surface.len();
            let way = cheapest(dictionary, &nodes, &ending[before], word.entry.context);
            nodes.push(Node {
                cost: way.1 + i32::from(word.entry.cost),
                before: way.0,
                word,
                end,
            });
            ending[end].push(nodes.len() - 1);
        }
    }
    let last = sentence.trim_end().len();
    let (mut at, _) = cheapest(dictionary, &nodes, &ending[last], EDGE);
    let mut words = Vec::new();
    while let Some(node) = at.and_then(|index| nodes.get(index)) {
        debug_assert!(node.end <= last, "words end where the sentence does");
        words.push(node.word);
        at = node.before;
    }
    words.reverse();
    words
}

/// The cheapest of the words that end at a place for one that follows, and its cost with the connection.
fn cheapest(
    dictionary: &Dictionary,
    nodes: &[Node<'_>],
    ending: &[usize],
    next: u16,
) -> (Option<usize>, i32) {
    let costs = ending.iter().filter_map(|&index| {
        let node = nodes.get(index)?;
        let connection = dictionary.connection(node.word.entry.context, next);
        Some((Some(index), node.cost + connection))
    });
    costs
        .min_by_key(|(_, cost)| *cost)
        .unwrap_or((None, dictionary.connection(EDGE, next)))
}

/// All words that a sentence may have at a place.
fn candidates<'a>(dictionary: &Dictionary, sentence: &'a str, start: usize) -> Vec<Word<'a>> {
    let text = &sentence[start..];
    let mut found = Vec::new();
    for (length, entries) in dictionary.prefixes(text) {
        for index in entries {
            found.extend(dictionary.entry(index).map(|entry| Word {
                surface: &text[..length],
                start,
                entry,
                index: Some(index),
            }));
        }
    }
    found.extend(dictionary.own(text).map(|(surface, entry)| Word {
        surface,
        start,
        entry,
        index: None,
    }));
    let first = text.chars().next().map_or(Category::Default, Category::of);
    if found.is_empty() || first.is_always_tried() {
        for length in first.lengths(text) {
            for entry in dictionary.unknown(first.name()) {
                found.push(Word {
                    surface: &text[..length],
                    start,
                    entry: *entry,
                    index: None,
                });
            }
        }
    }
    found
}

/// Kinds of characters, as IPADIC's `char.def` has them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Category {
    Default,
    Symbol,
    Numeric,
    Alpha,
    Greek,
    Cyrillic,
    Hiragana,
    Katakana,
    Kanji,
}

impl Category {
    fn of(c: char) -> Self {
        match c {
            '0'..='9' => Self::Numeric,
            'ぁ'..='ゟ' => Self::Hiragana,
            'ァ'..='ヿ' => Self::Katakana,
            '々'
            | '〆'
            | '\u{2E80}'..='\u{2FDF}'
            | '\u{3400}'..='\u{9FFF}'
            | '\u{F900}'..='\u{FAFF}' => Self::Kanji,
            'Α'..='ω' => Self::Greek,
            '\u{400}'..='\u{4FF}' => Self::Cyrillic,
            'A'..='Z' | 'a'..='z' | 'À'..='ɏ' => Self::Alpha,
            c if c.is_ascii() || matches!(c, '\u{2000}'..='\u{303F}') => Self::Symbol,
            _ => Self::Default,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Default => "DEFAULT",
            Self::Symbol => "SYMBOL",
            Self::Numeric => "NUMERIC",
            Self::Alpha => "ALPHA",
            Self::Greek => "GREEK",
            Self::Cyrillic => "CYRILLIC",
            Self::Hiragana => "HIRAGANA",
            Self::Katakana => "KATAKANA",
            Self::Kanji => "KANJI",
        }
    }

    /// Whether a run is tried beside words of the dictionary.
    const fn is_always_tried(self) -> bool {
        !matches!(self, Self::Hiragana | Self::Kanji | Self::Default)
    }

    /// How long, in bytes, a word of such characters may be that is not in the dictionary: the whole run of them
    /// where they are written so, and one or two of them where words are short.
    fn lengths(self, text: &str) -> Vec<usize> {
        let run = text
            .char_indices()
            .take_while(|(_, c)| Self::of(*c) == self && !c.is_whitespace())
            .map(|(at, c)| at + c.len_utf8());
        let run: Vec<usize> = run.take(LONGEST_RUN).collect();
        let short = match self {
            Self::Hiragana | Self::Kanji => 2,
            Self::Default => 1,
            _ => 0,
        };
        let whole = run.last().filter(|_| short == 0);
        run.iter().take(short).chain(whole).copied().collect()
    }
}
