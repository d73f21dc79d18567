//! Writes a song: sections with their rhyme schemes, a hook that comes back, verses that do not.

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;
use songwright_base::{
    EngineError, LyricSection, LyricSheet, Observer, Progress, SectionKind, Seed, Stage,
};
use songwright_lyrics::{Part, form};

use super::bank::{Bank, Hook, OpeningKind};
use super::dice::dice;
use super::lines::{Line, LineWriter, Tense, Wanted, Weights, takes, voiced};
use super::nouns::Noun;

/// What song is to be written.
#[derive(Debug)]
pub(super) struct Brief {
    pub(super) bank: &'static Bank,
    pub(super) weights: Weights,
    /// The user's nouns, the most telling first.
    pub(super) nouns: Vec<Noun>,
    pub(super) duration_s: Option<f64>,
    pub(super) seed: Seed,
    pub(super) description: String,
}

const VERSE: &[OpeningKind] = &[OpeningKind::Verse];
const CHORUS: &[OpeningKind] = &[OpeningKind::Lift, OpeningKind::Lean];
const BRIDGE: &[OpeningKind] = &[OpeningKind::Lean, OpeningKind::Lift];

/// The rhyme letter of each line; `.` rhymes with none.
const VERSE_SCHEMES: &[&str] = &["AABB", "ABAB", ".A.A"];
/// `H` is the hook itself, `h` a line that rhymes with it.
const CHORUS_SCHEMES: &[&str] = &["HhHh", "HAhA", "AAhH", "HAHA"];

struct Songwriter<'s> {
    brief: &'s Brief,
    writer: LineWriter<'static>,
    rng: ChaCha8Rng,
    hook: Line,
    tense: Tense,
    observer: &'s dyn Observer,
    done: u64,
    total: u64,
    recent_rhymes: Vec<String>,
    verses: usize,
}

/// Writes the song of a brief.
///
/// # Errors
/// [`EngineError::Cancelled`] within one line of the observer's saying so.
pub(super) fn write(brief: &Brief, observer: &dyn Observer) -> Result<LyricSheet, EngineError> {
    let parts = form(brief.duration_s);
    let mut rng = dice(brief.seed, &brief.description);
    let mut writer = LineWriter::new(brief.bank, brief.weights.clone());
    // Of the lengths that the song's halves make often, one.
    writer.length = writer
        .lengths()
        .choose_weighted(&mut rng, |(_, pairs)| pairs.powi(3))
        .map_or(writer.length, |(length, _)| *length);
    // A song of one chorus has no other place for the noun than its hook.
    let no_verse = parts.iter().all(|(kind, _)| *kind != SectionKind::Verse);
    let noun_in_hook = !brief.nouns.is_empty() && (no_verse || rng.random_bool(0.55));
    let hook = choose_hook(brief, &writer, noun_in_hook, &mut rng);
    writer.keep_hook(&hook.text);
    let tense = if rng.random_bool(0.5) {
        Tense::Past
    } else {
        Tense::Present
    };
    let total: usize = parts.iter().map(|(_, n)| n).sum();
    let songwriter = Songwriter {
        brief,
        writer,
        rng,
        recent_rhymes: vec![hook.rhyme.clone()],
        hook,
        tense,
        observer,
        done: 0,
        total: total.max(1) as u64,
        verses: 0,
    };
    songwriter.sections(&parts)
}

impl Songwriter<'_> {
    fn sections(mut self, parts: &[Part]) -> Result<LyricSheet, EngineError> {
        let mut sheet = LyricSheet::default();
        let (mut chorus, mut pre_chorus) = (None, None);
        for (kind, lines) in parts {
            let words = match kind {
                SectionKind::Verse => self.verse(*lines)?,
                SectionKind::Chorus => self.once(&mut chorus, |s| s.chorus(*lines))?,
                SectionKind::PreChorus => {
                    self.once(&mut pre_chorus, |s| s.stanza("AA", BRIDGE, None))?
                }
                SectionKind::Bridge if *lines == 2 => self.stanza("AA", BRIDGE, None)?,
                SectionKind::Bridge => self.stanza(".A.A", BRIDGE, None)?,
                SectionKind::Outro => self.stanza("hH", CHORUS, None)?,
                SectionKind::Intro | SectionKind::Instrumental => Vec::new(),
            };
            sheet.sections.push(LyricSection {
                kind: *kind,
                tag: kind.tag().to_owned(),
                lines: words,
            });
        }
        Ok(sheet)
    }

    /// A section that comes back word for word.
    fn once(
        &mut self,
        kept: &mut Option<Vec<String>>,
        write: impl FnOnce(&mut Self) -> Result<Vec<String>, EngineError>,
    ) -> Result<Vec<String>, EngineError> {
        if let Some(lines) = kept {
            for line in lines.iter() {
                self.tell(line)?;
            }
            return Ok(lines.clone());
        }
        let lines = write(self)?;
        *kept = Some(lines.clone());
        Ok(lines)
    }

    fn chorus(&mut self, lines: usize) -> Result<Vec<String>, EngineError> {
        let scheme = if lines < 4 {
            "Hh"
        } else {
            CHORUS_SCHEMES
                .choose(&mut self.rng)
                .copied()
                .unwrap_or("HAhA")
        };
        self.stanza(scheme, CHORUS, None)
    }

    fn verse(&mut self, lines: usize) -> Result<Vec<String>, EngineError> {
        let mut words = Vec::new();
        for stanza in 0..lines.div_ceil(4) {
            let scheme = VERSE_SCHEMES
                .choose(&mut self.rng)
                .copied()
                .unwrap_or("AABB");
            // Each verse tells of one of the user's nouns, in turn.
            let noun = (stanza == 0 && self.verses < self.brief.nouns.len().max(2))
                .then(|| {
                    self.brief
                        .nouns
                        .get(self.verses % self.brief.nouns.len().max(1))
                })
                .flatten();
            words.extend(self.stanza(scheme, VERSE, noun)?);
        }
        self.verses += 1;
        Ok(words)
    }

    /// Lines of a rhyme scheme; the noun is in the first or third line.
    fn stanza(
        &mut self,
        scheme: &str,
        kinds: &[OpeningKind],
        noun: Option<&Noun>,
    ) -> Result<Vec<String>, EngineError> {
        let noun_at = if self.rng.random_bool(0.7) { 0 } else { 2 };
        let mut rhymes: Vec<(char, String)> = Vec::new();
        let mut words = Vec::new();
        for (i, letter) in scheme.chars().enumerate() {
            if letter == 'H' {
                let hook = self.hook.text.clone();
                self.tell(&hook)?;
                words.push(hook);
                continue;
            }
            let rhyme = match rhymes.iter().find(|(l, _)| *l == letter && letter != '.') {
                Some((_, rhyme)) => rhyme.clone(),
                None if letter == 'h' => self.hook.rhyme.clone(),
                None => {
                    let lines = scheme
                        .chars()
                        .filter(|l| *l == letter && letter != '.')
                        .count();
                    self.choose_rhyme(kinds, lines.max(1))
                }
            };
            rhymes.push((letter, rhyme.clone()));
            let tense = if kinds == VERSE {
                self.tense
            } else {
                Tense::Present
            };
            let noun = noun.filter(|_| i == noun_at);
            let wanted = Wanted {
                kinds,
                rhyme: &rhyme,
                noun,
                tense,
            };
            let line = self.writer.line(wanted, &mut self.rng).or_else(|| {
                self.writer.line(
                    Wanted {
                        noun: None,
                        ..wanted
                    },
                    &mut self.rng,
                )
            });
            // A rhyme that is spent: the line goes on another.
            let line = line.or_else(|| {
                let rhyme = self.choose_rhyme(kinds, 1);
                let wanted = Wanted {
                    rhyme: &rhyme,
                    noun: None,
                    ..wanted
                };
                self.writer.line(wanted, &mut self.rng)
            });
            if let Some(line) = line {
                self.tell(&line.text)?;
                words.push(line.text);
            }
        }
        self.recent_rhymes = rhymes.into_iter().map(|(_, rhyme)| rhyme).collect();
        self.recent_rhymes.push(self.hook.rhyme.clone());
        Ok(words)
    }

    /// A rhyme that has enough closings left and was not heard in the last stanza.
    fn choose_rhyme(&mut self, kinds: &[OpeningKind], lines: usize) -> String {
        let mut values: Vec<(&String, f32)> = Vec::new();
        for rhyme in self.brief.bank.rhymes.keys() {
            if self.recent_rhymes.contains(rhyme) {
                continue;
            }
            values.extend(
                self.writer
                    .rhyme_value(rhyme, kinds, lines)
                    .map(|value| (rhyme, value)),
            );
        }
        let picked = values
            .choose_weighted(&mut self.rng, |(_, value)| value * value)
            .ok()
            .map(|(rhyme, _)| (*rhyme).clone());
        let rhyme = picked.or_else(|| self.brief.bank.rhymes.keys().next().cloned());
        let rhyme = rhyme.unwrap_or_default();
        self.recent_rhymes.push(rhyme.clone());
        rhyme
    }

    fn tell(&mut self, line: &str) -> Result<(), EngineError> {
        if self.observer.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        self.done += 1;
        self.observer.note(line);
        self.observer.report(Progress::new(
            Stage::Lyrics,
            self.done.min(self.total),
            self.total,
        ));
        Ok(())
    }
}

/// A hook of the strongest themes, with the user's first noun where it shall carry one.
fn choose_hook(
    brief: &Brief,
    writer: &LineWriter<'_>,
    with_noun: bool,
    rng: &mut ChaCha8Rng,
) -> Line {
    let noun = brief.nouns.first().filter(|_| with_noun);
    let weight = |hook: &Hook| match (hook.frame, noun) {
        (None, None) => writer.weight(&hook.theme).powi(2),
        (Some(frame), Some(noun)) if takes(frame, noun, brief.bank.language) => 1.0,
        _ => 0.0,
    };
    let hook = brief
        .bank
        .hooks
        .choose_weighted(rng, weight)
        .ok()
        .or_else(|| brief.bank.hooks.first());
    hook.map_or_else(
        || Line {
            text: String::new(),
            rhyme: String::new(),
        },
        |hook| Line {
            text: voiced(&hook.text, Tense::Present, noun).replace(['[', ']'], ""),
            rhyme: hook.rhyme.clone(),
        },
    )
}
