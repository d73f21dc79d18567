//! Lines of given shapes out of the banks: so many syllables each, and rhymes where they are wanted.

use std::collections::HashSet;

use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use songwright_base::SectionKind;
use songwright_lyrics::revise::{Rhyme, Stanza};

use super::bank::{Bank, OpeningKind};
use super::lines::{Tense, Weights, end_word, joins, voiced};

/// How far a line may be from the wanted length where that is not promised: the nearest there is.
const SLACK: usize = 16;

/// Half a line with its length.
struct Half<K> {
    text: String,
    syllables: usize,
    kind: K,
    weight: f32,
    rhyme: String,
}

/// A line that could be written.
struct Candidate {
    text: String,
    end: String,
    score: f32,
}

/// Writes stanzas of one song.
pub(super) struct StanzaWriter {
    bank: &'static Bank,
    openings: Vec<Half<OpeningKind>>,
    closings: Vec<Half<super::bank::ClosingKind>>,
    /// Lower-case lines that are in the song.
    said: HashSet<String>,
    rng: ChaCha8Rng,
}

/// What is asked of a line.
#[derive(Clone, Copy)]
struct Wish<'w> {
    kinds: &'w [OpeningKind],
    syllables: usize,
    slack: usize,
    /// A rhyme class; any where absent.
    rhyme: Option<&'w str>,
}

impl StanzaWriter {
    /// For a song that has these lines already.
    pub(super) fn new<'l>(
        bank: &'static Bank,
        weights: &Weights,
        said: impl Iterator<Item = &'l str>,
        rng: ChaCha8Rng,
    ) -> Self {
        // Halves of other themes only where those of the song do not fit.
        let weight = |theme: &str| {
            let own = weights.iter().find(|(name, _)| name == theme);
            own.map_or(-2.0, |(_, weight)| *weight)
        };
        let half = |text: &str| {
            let text = voiced(text, Tense::Present, None);
            let syllables = bank.language.line_length(&text);
            (text, syllables)
        };
        let openings = bank.openings.iter().filter(|o| o.frame.is_none()).map(|o| {
            let (text, syllables) = half(&o.text);
            Half {
                text,
                syllables,
                kind: o.kind,
                weight: weight(&o.theme),
                rhyme: String::new(),
            }
        });
        let closings = bank.closings.iter().map(|c| {
            let (text, syllables) = half(&c.text);
            Half {
                text,
                syllables,
                kind: c.kind,
                weight: weight(&c.theme),
                rhyme: c.rhyme.clone(),
            }
        });
        Self {
            openings: openings.collect(),
            closings: closings.collect(),
            said: said.map(str::to_lowercase).collect(),
            bank,
            rng,
        }
    }

    /// The lines of a stanza, of exactly its lengths where `exact`; else the number of syllables that no
    /// line has.
    pub(super) fn stanza(&mut self, stanza: &Stanza, exact: bool) -> Result<Vec<String>, usize> {
        let kinds: &[OpeningKind] = match stanza.kind {
            SectionKind::Verse => &[OpeningKind::Verse],
            _ => &[OpeningKind::Lift, OpeningKind::Lean],
        };
        let most = if exact { 0 } else { SLACK };
        let mut lines: Vec<Option<String>> = vec![None; stanza.lines.len()];
        for lead in 0..stanza.lines.len() {
            let group: Vec<usize> = match stanza.lines[lead].rhyme {
                Rhyme::With(_) => continue,
                _ => (lead..stanza.lines.len())
                    .filter(|at| *at == lead || stanza.lines[*at].rhyme == Rhyme::With(lead))
                    .collect(),
            };
            let lengths: Vec<usize> = group.iter().map(|at| stanza.lines[*at].syllables).collect();
            let found = (0..=most).find_map(|slack| self.group(kinds, &lengths, slack));
            let Some(found) = found else {
                return Err(lengths.into_iter().max().unwrap_or_default());
            };
            for (at, line) in group.into_iter().zip(found) {
                self.said.insert(line.to_lowercase());
                lines[at] = Some(line);
            }
        }
        Ok(lines.into_iter().flatten().collect())
    }

    /// Lines that rhyme with each other.
    fn group(
        &mut self,
        kinds: &[OpeningKind],
        lengths: &[usize],
        slack: usize,
    ) -> Option<Vec<String>> {
        let mut wish = Wish {
            kinds,
            syllables: 0,
            slack,
            rhyme: None,
        };
        if let [syllables] = lengths {
            wish.syllables = *syllables;
            return self.best(wish, &[]).map(|line| vec![line.text]);
        }
        let mut rhymes: Vec<&'static String> = self.bank.rhymes.keys().collect();
        rhymes.shuffle(&mut self.rng);
        // A line may take the only end that another one has: they are looked for from both sides.
        let orders: [Vec<usize>; 2] = [
            (0..lengths.len()).collect(),
            (0..lengths.len()).rev().collect(),
        ];
        for rhyme in rhymes {
            wish.rhyme = Some(rhyme);
            for order in &orders {
                let mut found: Vec<(usize, Candidate)> = Vec::new();
                for at in order {
                    wish.syllables = lengths[*at];
                    let Some(line) = self.best(wish, &found) else {
                        break;
                    };
                    found.push((*at, line));
                }
                if found.len() == lengths.len() {
                    found.sort_by_key(|(at, _)| *at);
                    return Some(found.into_iter().map(|(_, line)| line.text).collect());
                }
            }
        }
        None
    }

    /// The best line that does not end as those before.
    fn best(&mut self, wish: Wish<'_>, before: &[(usize, Candidate)]) -> Option<Candidate> {
        let mut best: Option<Candidate> = None;
        let fits = |syllables: usize| syllables.abs_diff(wish.syllables) <= wish.slack;
        let is_wanted = |rhyme: &str| wish.rhyme.is_none_or(|wanted| wanted == rhyme);
        for closing in self.closings.iter().filter(|c| is_wanted(&c.rhyme)) {
            let heads = self.openings.iter().filter(|opening| {
                wish.kinds.contains(&opening.kind)
                    && joins(opening.kind, closing.kind)
                    && fits(opening.syllables + closing.syllables)
            });
            let joined = heads.map(|opening| {
                let text = format!("{} {}", opening.text, closing.text);
                (text, opening.weight + closing.weight)
            });
            // A short line is a closing alone.
            let alone = fits(closing.syllables).then(|| (capital(&closing.text), closing.weight));
            for (text, weight) in joined.chain(alone) {
                let score = weight + self.rng.random_range(0.0..1.6);
                if best.as_ref().is_some_and(|best| best.score >= score) {
                    continue;
                }
                let end = end_word(self.bank.language, &text);
                let is_new = !self.said.contains(&text.to_lowercase())
                    && before.iter().all(|(_, line)| line.end != end);
                if is_new {
                    best = Some(Candidate { text, end, score });
                }
            }
        }
        best
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
