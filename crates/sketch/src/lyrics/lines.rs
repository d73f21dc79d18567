//! Joins halves into lines: all pairs that rhyme and fit are weighed, the best is taken.

use std::collections::HashSet;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::bank::{ANY_THEME, Bank, Closing, ClosingKind, Frame, Opening, OpeningKind};
use super::language::Language;
use super::nouns::{Noun, NounKind};

/// How far a line may be from the song's line length, so that two lines differ by two at most.
pub(super) const TOLERANCE: usize = 1;

/// The tense of the verses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Tense {
    Present,
    Past,
}

/// A written line and what it rhymes on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) rhyme: String,
}

/// What line is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'w> {
    /// Which openings may start it.
    pub(super) kinds: &'w [OpeningKind],
    /// What it must rhyme on.
    pub(super) rhyme: &'w str,
    /// A noun that it must carry.
    pub(super) noun: Option<&'w Noun>,
    pub(super) tense: Tense,
}

/// How much a song wants of each theme.
pub(super) type Weights = Vec<(String, f32)>;

/// Writes the lines of one song.
#[derive(Debug)]
pub(super) struct LineWriter<'b> {
    bank: &'b Bank,
    weights: Weights,
    /// Syllables, or characters, of a line.
    pub(super) length: usize,
    used_openings: HashSet<usize>,
    used_closings: HashSet<usize>,
    /// Lower-case end words that were rhymed on.
    used_ends: Vec<String>,
    written: HashSet<String>,
    /// Content words of the last lines, so that images do not pile up.
    recent: Vec<HashSet<String>>,
    last_first_word: String,
    /// The hook's end word, which no other line may end on.
    hook_end: String,
}

impl<'b> LineWriter<'b> {
    pub(super) fn new(bank: &'b Bank, weights: Weights) -> Self {
        Self {
            bank,
            weights,
            length: 12,
            used_openings: HashSet::new(),
            used_closings: HashSet::new(),
            used_ends: Vec::new(),
            written: HashSet::new(),
            recent: Vec::new(),
            last_first_word: String::new(),
            hook_end: String::new(),
        }
    }

    /// Keeps the other lines off the hook's words.
    pub(super) fn keep_hook(&mut self, hook: &str) {
        self.take_note(hook);
        self.hook_end = end_word(self.bank.language, hook);
    }

    /// Line lengths with how many verse openings of the song's themes find a closing at them.
    pub(super) fn lengths(&self) -> Vec<(usize, f32)> {
        let measure = |text: &str| {
            let text = voiced(text, Tense::Present, None);
            self.bank.language.line_length(&text)
        };
        let closings: Vec<(usize, f32)> = self
            .bank
            .closings
            .iter()
            .filter(|c| c.kind == ClosingKind::Tail)
            .map(|c| (measure(&c.text), self.weight(&c.theme)))
            .collect();
        let openings: Vec<(usize, f32)> = self
            .bank
            .openings
            .iter()
            .filter(|o| o.kind == OpeningKind::Verse && o.frame.is_none())
            .map(|o| (measure(&o.text), self.weight(&o.theme)))
            .collect();
        (8..=16)
            .map(|length| {
                let pairs = openings.iter().map(|(head, weight)| {
                    let fitting = closings
                        .iter()
                        .filter(|(tail, _)| (head + tail).abs_diff(length) <= TOLERANCE);
                    weight * fitting.map(|(_, weight)| weight).sum::<f32>()
                });
                (length, pairs.sum())
            })
            .collect()
    }

    pub(super) fn weight(&self, theme: &str) -> f32 {
        self.weights
            .iter()
            .find(|(name, _)| name == theme)
            .map_or(0.0, |(_, w)| *w)
    }

    /// How good a rhyme class is for `lines` lines that start as `kinds`; `None` where too few
    /// unused closings are left.
    pub(super) fn rhyme_value(
        &self,
        rhyme: &str,
        kinds: &[OpeningKind],
        lines: usize,
    ) -> Option<f32> {
        let mut ends = HashSet::new();
        let mut value = 0.0;
        for (i, closing) in self.bank.closings.iter().enumerate() {
            let weight = self.weight(&closing.theme);
            let fits = closing.rhyme == rhyme
                && weight > 0.0
                && !self.used_closings.contains(&i)
                && kinds.iter().any(|k| joins(*k, closing.kind));
            if fits && ends.insert(end_word(self.bank.language, &closing.text)) {
                value += weight;
            }
        }
        (ends.len() > lines).then_some(value)
    }

    /// The best line of what is wanted. Where no unused pair fits, halves are used again, but
    /// never a whole line; `None` where even that is spent.
    pub(super) fn line(&mut self, wanted: Wanted<'_>, rng: &mut ChaCha8Rng) -> Option<Line> {
        self.search(wanted, Strictness::Fresh, rng)
            .or_else(|| self.search(wanted, Strictness::AnyLength, rng))
            .or_else(|| self.search(wanted, Strictness::UsedOpening, rng))
            .or_else(|| self.search(wanted, Strictness::UsedHalves, rng))
    }

    fn search(
        &mut self,
        wanted: Wanted<'_>,
        strictness: Strictness,
        rng: &mut ChaCha8Rng,
    ) -> Option<Line> {
        let mut best: Option<(f32, usize, usize, String)> = None;
        for (o, opening) in self.bank.openings.iter().enumerate() {
            let fresh = matches!(strictness, Strictness::Fresh | Strictness::AnyLength);
            let used = fresh && self.used_openings.contains(&o);
            if used || !self.opening_fits(opening, wanted) {
                continue;
            }
            let head = voiced(&opening.text, wanted.tense, wanted.noun);
            let head_length = self.bank.language.line_length(&head);
            let head_words = content_words(&head);
            for (c, closing) in self.bank.closings.iter().enumerate() {
                let used = strictness != Strictness::UsedHalves && self.used_closings.contains(&c);
                if used || closing.rhyme != wanted.rhyme || !joins(opening.kind, closing.kind) {
                    continue;
                }
                if self.weight(&closing.theme) <= 0.0 {
                    continue;
                }
                let tail = voiced(&closing.text, wanted.tense, None);
                let length = head_length + self.bank.language.line_length(&tail);
                // A noun of the user's may be long: better a long line than none.
                let spare = match strictness {
                    Strictness::Fresh if wanted.noun.is_none() => 0,
                    _ => 3,
                };
                let tail_words = content_words(&tail);
                if length + TOLERANCE + spare < self.length
                    || length > self.length + TOLERANCE + spare
                    || !head_words.is_disjoint(&tail_words)
                {
                    continue;
                }
                let text = format!("{head} {tail}");
                if self.written.contains(&text) || self.rhymes_on_itself(&tail) {
                    continue;
                }
                let mut score = self.pair_score(opening, closing) + rng.random_range(0.0..1.6);
                score -= length.abs_diff(self.length) as f32 * 0.2;
                score -= self.echo(&head_words) + self.echo(&tail_words);
                if first_word(&text) == self.last_first_word {
                    score -= 0.7;
                }
                if best.as_ref().is_none_or(|(s, ..)| score > *s) {
                    best = Some((score, o, c, text));
                }
            }
        }
        let (_, o, c, text) = best?;
        self.used_openings.insert(o);
        self.used_closings.insert(c);
        self.take_note(&text);
        Some(Line {
            text,
            rhyme: wanted.rhyme.to_owned(),
        })
    }

    /// Remembers a line, also one that was not searched for, so that others keep off it.
    pub(super) fn take_note(&mut self, text: &str) {
        self.last_first_word = first_word(text);
        self.used_ends.push(end_word(self.bank.language, text));
        self.recent.push(content_words(text));
        self.written.insert(text.to_owned());
    }

    fn opening_fits(&self, opening: &Opening, wanted: Wanted<'_>) -> bool {
        let framed = match (opening.frame, wanted.noun) {
            (None, None) => true,
            (Some(frame), Some(noun)) => takes(frame, noun, self.bank.language),
            _ => false,
        };
        framed && wanted.kinds.contains(&opening.kind) && self.weight(&opening.theme) > 0.0
    }

    fn pair_score(&self, opening: &Opening, closing: &Closing) -> f32 {
        let same = opening.theme == closing.theme && opening.theme != ANY_THEME;
        let apart = opening.theme != closing.theme
            && opening.theme != ANY_THEME
            && closing.theme != ANY_THEME;
        // A frame that says more than "any" is the better one for its noun.
        let telling = opening.frame.is_some_and(|f| f != Frame::Any);
        self.weight(&opening.theme)
            + self.weight(&closing.theme)
            + if same { 0.9 } else { 0.0 }
            + if telling { 0.8 } else { 0.0 }
            - if apart { 0.5 } else { 0.0 }
    }

    /// How much of what the last six lines said is said again.
    fn echo(&self, words: &HashSet<String>) -> f32 {
        let recent = &self.recent[self.recent.len().saturating_sub(6)..];
        let shared: usize = recent.iter().map(|r| r.intersection(words).count()).sum();
        shared as f32 * 0.9
    }

    /// Whether one of the last eight lines ends on the same word.
    fn rhymes_on_itself(&self, tail: &str) -> bool {
        let end = end_word(self.bank.language, tail);
        let recent = &self.used_ends[self.used_ends.len().saturating_sub(8)..];
        end == self.hook_end || (self.bank.language == Language::English && recent.contains(&end))
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Strictness {
    Fresh,
    AnyLength,
    UsedOpening,
    UsedHalves,
}

/// Whether a closing goes on from an opening.
pub(super) fn joins(opening: OpeningKind, closing: ClosingKind) -> bool {
    (opening == OpeningKind::Lean) == (closing == ClosingKind::Answer)
}

/// Whether a frame's words are true of a noun.
pub(super) fn takes(frame: Frame, noun: &Noun, language: Language) -> bool {
    if language == Language::Chinese {
        return match frame {
            Frame::Any => true,
            Frame::Person => noun.kind == NounKind::Person,
            Frame::Place => noun.kind == NounKind::Place,
            Frame::Thing => noun.kind == NounKind::Thing,
            Frame::Role | Frame::Plural | Frame::Abstract => false,
        };
    }
    match frame {
        Frame::Any => true,
        Frame::Person => noun.kind == NounKind::Person,
        Frame::Role => noun.kind == NounKind::Person && noun.takes_article(),
        Frame::Place => noun.kind == NounKind::Place,
        Frame::Thing => noun.kind == NounKind::Thing && noun.takes_article(),
        Frame::Plural => noun.plural && !noun.proper,
        Frame::Abstract => noun.kind == NounKind::Abstract,
    }
}

/// The words of a half in a tense and with a noun in its place.
pub(super) fn voiced(text: &str, tense: Tense, noun: Option<&Noun>) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, slot)) = rest.split_once('{') {
        out.push_str(before);
        let (slot, after) = slot.split_once('}').unwrap_or((slot, ""));
        match (slot, noun) {
            ("np", Some(noun)) => out.push_str(&noun.phrase()),
            ("n", Some(noun)) => out.push_str(&noun.words),
            ("the_n", Some(noun)) => out.push_str(&format!("the {}", noun.words)),
            ("a_n", Some(noun)) => out.push_str(&noun.indefinite()),
            _ => {
                let (present, past) = slot.split_once('|').unwrap_or((slot, slot));
                out.push_str(if tense == Tense::Present {
                    present
                } else {
                    past
                });
            }
        }
        rest = after;
    }
    out.push_str(rest);
    let mut chars = out.chars();
    match chars.next() {
        Some(first) if text.starts_with(char::is_uppercase) || text.starts_with('{') => {
            first.to_uppercase().chain(chars).collect()
        }
        _ => out,
    }
}

/// The last word, or the last Chinese character.
pub(super) fn end_word(language: Language, text: &str) -> String {
    let text = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    match language {
        Language::Chinese => text
            .chars()
            .next_back()
            .map(String::from)
            .unwrap_or_default(),
        Language::English => text
            .rsplit(|c: char| !c.is_alphanumeric() && c != '\'')
            .next()
            .unwrap_or_default()
            .to_lowercase(),
    }
}

fn first_word(text: &str) -> String {
    text.split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Words that carry an image; in Chinese pairs of characters do.
fn content_words(text: &str) -> HashSet<String> {
    const PLAIN: &[&str] = &[
        "with", "like", "from", "were", "that", "this", "when", "they", "your", "have", "never",
        "will", "through", "where", "still", "what", "more", "into", "there", "before", "until",
        "every", "just", "been", "can't", "don't", "didn't", "couldn't",
    ];
    if text.is_ascii() {
        return text
            .split(|c: char| !c.is_alphanumeric() && c != '\'')
            .map(str::to_lowercase)
            .filter(|w| w.len() > 3 && !PLAIN.contains(&w.as_str()))
            .collect();
    }
    let characters: Vec<char> = text.chars().collect();
    characters
        .windows(2)
        .filter(|pair| pair.iter().all(|c| c.is_alphanumeric()))
        .map(|pair| pair.iter().collect())
        .collect()
}
