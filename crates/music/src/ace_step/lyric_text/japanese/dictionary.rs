//! The words of Japanese with their readings, and what it costs that one follows another: IPADIC's tables,
//! and the spellings of loanwords, UniDic's. `assets/japanese/SOURCE.md` says in which form.

use std::{collections::HashMap, io::Read as _, ops::Range};

use flate2::read::ZlibDecoder;

use super::kana::katakana;

macro_rules! asset {
    ($name:literal) => {
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../assets/japanese/",
            $name
        ))
    };
}

const WORDS: &[u8] = asset!("words.zlib");
const CONNECTIONS: &[u8] = asset!("connections.zlib");
const LOANWORDS: &[u8] = asset!("loanwords.zlib");
/// Words of songs that IPADIC has not, or reads apart.
const OWN: &[u8] = asset!("words.txt");
/// They are nouns as most are, and go before what their characters would be read as.
const OWN_ENTRY: Entry = Entry {
    context: 1285,
    cost: 0,
    kind: Kind::Noun,
};

/// What a word is, as far as spaces depend on it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// An adverb and all else that stands by itself.
    Other,
    Noun,
    Verb,
    Adjective,
    /// An auxiliary of verbs, or what a contraction makes of a verb.
    Auxiliary,
    /// A particle that joins clauses.
    Conjunctive,
    Particle,
    /// A particle and a verb that are one: について.
    Phrase,
    Prefix,
    Suffix,
    Mark,
}

impl Kind {
    fn from_letter(letter: &str) -> Self {
        match letter {
            "n" => Self::Noun,
            "v" => Self::Verb,
            "a" => Self::Adjective,
            "x" => Self::Auxiliary,
            "c" => Self::Conjunctive,
            "j" => Self::Particle,
            "J" => Self::Phrase,
            "p" => Self::Prefix,
            "s" => Self::Suffix,
            "k" => Self::Mark,
            _ => Self::Other,
        }
    }
}

/// A way to read a surface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Its row and column of the connections.
    pub(super) context: u16,
    pub(super) cost: i16,
    pub(super) kind: Kind,
}

/// The tables, unpacked.
#[derive(Debug)]
pub(super) struct Dictionary {
    /// In the order of their bytes, one for each entry.
    surfaces: Lines,
    /// Katakana without the kana that the surface ends with, or after `=` with all; empty where the surface is
    /// read as it is written.
    readings: Lines,
    entries: Vec<Entry>,
    /// By category of characters.
    unknown: HashMap<String, Vec<Entry>>,
    /// By the next word, then by the one before it.
    connections: Vec<i16>,
    contexts: usize,
    loanwords: HashMap<String, String>,
    /// By their surface, their readings.
    own: HashMap<&'static str, &'static str>,
}

/// Lines of one text.
#[derive(Debug)]
struct Lines {
    text: String,
    ends: Vec<u32>,
}

impl Lines {
    fn new(text: &str) -> Self {
        let ends = text
            .char_indices()
            .filter(|(_, c)| *c == '\n')
            .map(|(at, _)| at)
            .chain([text.len()])
            .filter_map(|end| u32::try_from(end).ok());
        Self {
            ends: ends.collect(),
            text: text.to_owned(),
        }
    }

    fn line(&self, index: usize) -> &str {
        let end = |i: usize| self.ends.get(i).map_or(0, |end| *end as usize);
        let start = index.checked_sub(1).map_or(0, |before| end(before) + 1);
        self.text.get(start..end(index)).unwrap_or_default()
    }
}

impl Dictionary {
    /// Unpacks the tables; `None` where they are broken.
    pub(super) fn read() -> Option<Self> {
        let text = unpacked(WORDS)?;
        let text = String::from_utf8(text).ok()?;
        let mut columns = text.split('\0');
        let mut column = || columns.next();
        let (unknown, surfaces) = (column()?, Lines::new(column()?));
        let (contexts, costs, kinds) = (column()?.lines(), column()?.lines(), column()?.lines());
        let entries = contexts
            .zip(costs)
            .zip(kinds)
            .map(|((context, cost), kind)| entry(context, cost, kind))
            .collect::<Option<Vec<_>>>()?;
        let readings = Lines::new(column()?);
        let (contexts, connections) = connections()?;
        let loanwords = String::from_utf8(unpacked(LOANWORDS)?).ok()?;
        let own = str::from_utf8(OWN).ok()?.lines();
        let whole = [surfaces.ends.len(), readings.ends.len()] == [entries.len(); 2];
        whole.then_some(Self {
            surfaces,
            readings,
            entries,
            unknown: unknown_words(unknown)?,
            connections,
            contexts,
            loanwords: loanwords
                .lines()
                .filter_map(|line| line.split_once(' '))
                .map(|(word, spelling)| (word.to_owned(), spelling.to_owned()))
                .collect(),
            own: own.filter_map(|line| line.split_once(' ')).collect(),
        })
    }

    /// The own words that a text starts with.
    pub(super) fn own<'a>(&self, text: &'a str) -> impl Iterator<Item = (&'a str, Entry)> {
        let heads = text
            .char_indices()
            .map(|(at, c)| &text[..at + c.len_utf8()]);
        let known = heads.filter(|head| self.own.contains_key(head));
        known.map(|head| (head, OWN_ENTRY))
    }

    /// How an own word is read, in kana.
    pub(super) fn own_reading(&self, surface: &str) -> Option<&'static str> {
        self.own.get(surface).copied()
    }

    /// The words that a text starts with: their lengths in bytes, and their entries.
    pub(super) fn prefixes(&self, text: &str) -> Vec<(usize, Range<usize>)> {
        let mut found = Vec::new();
        let mut range = 0..self.entries.len();
        for (at, c) in text.char_indices() {
            let prefix = &text[..at + c.len_utf8()];
            range = self.narrowed(range, |surface| surface < prefix);
            let all = self.split(&range, |surface| surface.starts_with(prefix));
            if all == range.start {
                break;
            }
            range.end = all;
            let same = self.split(&range, |surface| surface.len() == prefix.len());
            if same > range.start {
                found.push((prefix.len(), range.start..same));
            }
        }
        found
    }

    fn narrowed(&self, range: Range<usize>, is_before: impl Fn(&str) -> bool) -> Range<usize> {
        self.split(&range, is_before)..range.end
    }

    /// Where in a range a condition ends that holds from its start.
    fn split(&self, range: &Range<usize>, holds: impl Fn(&str) -> bool) -> usize {
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low.midpoint(high);
            if holds(self.surfaces.line(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    pub(super) fn entry(&self, index: usize) -> Option<Entry> {
        self.entries.get(index).copied()
    }

    /// Ways to read a run of characters of a category that is no word of the dictionary.
    pub(super) fn unknown(&self, category: &str) -> &[Entry] {
        self.unknown.get(category).map_or(&[], Vec::as_slice)
    }

    /// How an entry is read, in kana.
    pub(super) fn reading(&self, index: usize) -> String {
        let surface = self.surfaces.line(index);
        let head = self.readings.line(index);
        if head.is_empty() {
            return surface.to_owned();
        }
        if let Some(whole) = head.strip_prefix('=') {
            return whole.to_owned();
        }
        // The kana at the end of the surface, which the reading ends with too.
        let own: Vec<char> = surface.chars().map(katakana).collect();
        let tail = own.iter().rev().take_while(|c| super::kana::is_kana(**c));
        let tail = tail.count();
        let rest: String = own[own.len() - tail..].iter().collect();
        format!("{head}{rest}")
    }

    /// What it costs that a word follows another.
    pub(super) fn connection(&self, before: u16, next: u16) -> i32 {
        let at = usize::from(next) * self.contexts + usize::from(before);
        self.connections.get(at).copied().map_or(0, i32::from)
    }

    /// The foreign spelling of a word in katakana.
    pub(super) fn loanword(&self, word: &str) -> Option<&str> {
        self.loanwords.get(word).map(String::as_str)
    }
}

fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    ZlibDecoder::new(bytes).read_to_end(&mut out).ok()?;
    Some(out)
}

fn entry(context: &str, cost: &str, kind: &str) -> Option<Entry> {
    Some(Entry {
        context: context.parse().ok()?,
        cost: cost.parse().ok()?,
        kind: Kind::from_letter(kind),
    })
}

fn unknown_words(text: &str) -> Option<HashMap<String, Vec<Entry>>> {
    let mut all: HashMap<String, Vec<Entry>> = HashMap::new();
    for line in text.lines() {
        let mut parts = line.split(' ');
        let (category, context) = (parts.next()?, parts.next()?);
        let entry = entry(context, parts.next()?, parts.next()?)?;
        all.entry(category.to_owned()).or_default().push(entry);
    }
    Some(all)
}

/// How many contexts there are before a word, and the table.
fn connections() -> Option<(usize, Vec<i16>)> {
    let bytes = unpacked(CONNECTIONS)?;
    let (sides, planes) = bytes.split_at_checked(4)?;
    let contexts = usize::from(u16::from_le_bytes([*sides.first()?, *sides.get(1)?]));
    let (low, high) = planes.split_at_checked(planes.len() / 2)?;
    let both = low.iter().zip(high);
    let table = both.map(|(low, high)| i16::from_le_bytes([*low, *high]));
    Some((contexts, table.collect()))
}
