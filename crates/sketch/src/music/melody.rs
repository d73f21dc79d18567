//! The melody, made from the lyrics: stressed syllables on strong beats and chord tones, a motif
//! a section that comes back varied, a long note and a breath at the end of each line.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use songwright_base::SectionKind;

use super::accompaniment::chord_at;
use super::form::FormSection;
use super::groove::{human_tick, human_velocity, step_tick};
use super::plan::{Plan, stream};
use super::prosody::{Syllable, syllables};
use super::rhythm::{self, Slots};
use super::score::{ChordAt, LineAt, LyricAt, Note, TICKS_PER_BEAT, TICKS_PER_STEP};
use super::style::Role;

/// The melody and when its words are sung.
#[derive(Debug, Default)]
pub(super) struct Sung {
    pub(super) notes: Vec<Note>,
    pub(super) syllables: Vec<LyricAt>,
    pub(super) lines: Vec<LineAt>,
}

/// The tune of one kind of section: where it moves, and how its rhythm leans.
struct Motif {
    /// Scale degrees around the section's centre, read from the line's start to its end.
    contours: [[i32; 8]; 2],
    /// Likes and dislikes of each step of two bars, so that lines share a rhythm.
    taste: Vec<f64>,
    /// Degrees above the tonic near the middle of the lead's register.
    centre: i32,
}

/// Which contour the lines of a section have: A A' B A'.
const LINE_CONTOURS: [usize; 4] = [0, 0, 1, 0];

/// The whole melody.
pub(super) fn compose(plan: &Plan, chords: &[ChordAt], final_chord: u32, end: u32) -> Sung {
    let mut sung = Sung::default();
    let Some(lead) = plan.parts.iter().find(|p| p.role == Role::Lead) else {
        return sung;
    };
    let [low, high] = lead.register.map(i32::from);
    let mut writer = Writer {
        plan,
        chords,
        low,
        high,
        random: stream(plan.seed, "melody"),
        last: None,
    };
    let kinds = [
        SectionKind::Verse,
        SectionKind::PreChorus,
        SectionKind::Chorus,
        SectionKind::Bridge,
        SectionKind::Instrumental,
    ];
    let motifs: Vec<(SectionKind, Motif)> = kinds
        .into_iter()
        .map(|kind| (kind, motif(plan, kind)))
        .collect();
    for section in &plan.sections {
        let kind = match section.kind {
            SectionKind::Intro | SectionKind::Outro => SectionKind::Chorus,
            kind => kind,
        };
        if let Some((_, motif)) = motifs.iter().find(|(k, _)| *k == kind) {
            writer.section(section, motif, &mut sung);
        }
    }
    let tonic = writer.near(i32::from(plan.key.tonic), writer.last.unwrap_or(low + 8));
    sung.notes.push(Note {
        start: final_chord,
        length: (end - final_chord).max(1),
        key: tonic as u8,
        velocity: 84,
    });
    sung
}

fn motif(plan: &Plan, kind: SectionKind) -> Motif {
    let mut random = stream(plan.seed, &format!("motif {}", kind.tag()));
    let shapes: [[i32; 8]; 7] = [
        [0, 1, 2, 2, 4, 3, 2, 0],
        [2, 2, 1, 0, 0, 1, 2, 1],
        [4, 3, 2, 4, 3, 2, 1, 0],
        [0, 2, 4, 4, 5, 4, 2, 2],
        [0, 0, 1, 2, 1, 0, -1, 0],
        [2, 4, 4, 3, 2, 2, 1, 2],
        [0, -1, 0, 2, 3, 2, 1, -1],
    ];
    let first = random.random_range(0..shapes.len());
    let second = (first + random.random_range(1..shapes.len())) % shapes.len();
    let vary = |shape: [i32; 8], random: &mut ChaCha8Rng| {
        let mut varied = shape;
        for step in varied.iter_mut().take(7).skip(1) {
            if random.random_bool(0.25) {
                *step += random.random_range(-1..=1);
            }
        }
        varied
    };
    let contours = [
        vary(shapes[first], &mut random),
        vary(shapes[second], &mut random),
    ];
    let taste = (0..2 * plan.style.steps())
        .map(|_| random.random_range(-1.0..1.0))
        .collect();
    // The chorus lies above the verse.
    let centre = match kind {
        SectionKind::Chorus => 3,
        SectionKind::PreChorus | SectionKind::Bridge => 1,
        SectionKind::Instrumental => 2,
        _ => -1,
    };
    Motif {
        contours,
        taste,
        centre,
    }
}

struct Writer<'a> {
    plan: &'a Plan,
    chords: &'a [ChordAt],
    low: i32,
    high: i32,
    random: ChaCha8Rng,
    last: Option<i32>,
}

impl Writer<'_> {
    fn section(&mut self, section: &FormSection, motif: &Motif, sung: &mut Sung) {
        let mut bar = section.first_bar;
        for (i, line) in section.lines.iter().enumerate() {
            let words = syllables(&line.text);
            let phrase = Phrase {
                first_bar: bar,
                bars: line.bars,
                contour: motif.contours[LINE_CONTOURS[i % 4]],
                closes: i + 1 == section.lines.len(),
                energy: section.energy,
            };
            bar += line.bars;
            let notes = self.phrase(&phrase, motif, &words);
            let (Some(first), Some(last)) = (notes.first(), notes.last()) else {
                continue;
            };
            sung.lines.push(LineAt {
                start: first.start,
                end: last.start + last.length,
                text: line.text.clone(),
                section: section.tag.clone(),
            });
            let sounding = notes.iter().zip(&words).map(|(note, word)| LyricAt {
                start: note.start,
                text: word.text.clone(),
            });
            sung.syllables.extend(sounding);
            sung.notes.extend(notes);
        }
        if section.lines.is_empty() {
            self.without_words(section, motif, sung);
        }
    }

    /// A tune where nothing is sung: two-bar phrases; in intro and outro every other one, softly.
    fn without_words(&mut self, section: &FormSection, motif: &Motif, sung: &mut Sung) {
        let aside = matches!(section.kind, SectionKind::Intro | SectionKind::Outro);
        let mut bar = 0;
        let mut nth = 0;
        while bar < section.bars {
            let bars = (section.bars - bar).min(2);
            let rests = aside && (nth % 2 == 0 || section.bars < 4);
            if !rests {
                let words = self.hummed(nth);
                let phrase = Phrase {
                    first_bar: section.first_bar + bar,
                    bars,
                    contour: motif.contours[LINE_CONTOURS[nth % 4]],
                    closes: bar + bars == section.bars,
                    energy: section.energy,
                };
                let fitting = words.len().min(bars as usize * 6);
                let notes = self.phrase(&phrase, motif, &words[..fitting]);
                sung.notes.extend(notes);
            }
            bar += bars;
            nth += 1;
        }
    }

    /// Syllables of a hummed phrase; every second phrase is a little longer.
    fn hummed(&mut self, nth: usize) -> Vec<Syllable> {
        let beats = usize::from(self.plan.style.beats);
        let most = if self.plan.style.tempo[1] < 95.0 {
            5
        } else {
            7
        };
        let count = most + nth % 2 - 4 + beats + usize::from(self.random.random_bool(0.3));
        (0..count)
            .map(|i| Syllable {
                text: String::new(),
                stressed: i % 2 == 0,
            })
            .collect()
    }

    fn phrase(&mut self, phrase: &Phrase, motif: &Motif, words: &[Syllable]) -> Vec<Note> {
        let steps = phrase.bars as usize * self.plan.style.steps();
        let slots = Slots {
            steps,
            bar_steps: self.plan.style.steps(),
            taste: &motif.taste,
        };
        let onsets = rhythm::place(words, &slots);
        let start = phrase.first_bar * u32::from(self.plan.style.beats) * TICKS_PER_BEAT;
        let count = onsets.len();
        let mut notes = Vec::with_capacity(count);
        for (i, &step) in onsets.iter().enumerate() {
            let tick = step_tick(self.plan, start, step);
            let ends = i + 1 == count;
            let until = match onsets.get(i + 1) {
                Some(&next) => step_tick(self.plan, start, next),
                None => start + rhythm::last_note_end(&slots, step) as u32 * TICKS_PER_STEP,
            };
            let strong = words[i].stressed || step % 4 == 0 || until - tick > TICKS_PER_BEAT / 2;
            let place = (i * 8 / count.max(1)).min(7);
            let wanted = motif.centre + phrase.contour[place];
            let key = self.pitch(tick, wanted, strong || ends, ends && phrase.closes);
            let weight = if words[i].stressed { 100.0 } else { 88.0 };
            let sounding = human_tick(self.plan, tick, &mut self.random);
            notes.push(Note {
                start: sounding,
                length: (until.saturating_sub(sounding) * 15 / 16).max(1),
                key: key as u8,
                velocity: human_velocity(weight, phrase.energy, &mut self.random),
            });
        }
        notes
    }

    /// The key for the wanted scale degree: a chord tone where it matters, no wild leaps, and at
    /// a section's close the root or third.
    fn pitch(&mut self, tick: u32, degree: i32, on_chord: bool, closes: bool) -> i32 {
        // The tonic that leaves room for the contours on both sides.
        let home = self.near(i32::from(self.plan.key.tonic), self.low + 7);
        let mut key = home + self.plan.key.degree(degree);
        let chord = &self.chords[chord_at(self.chords, tick)].chord;
        if closes {
            let root = self.near(i32::from(chord.root), key);
            let third = root + i32::from(chord.intervals.get(1).copied().unwrap_or(0));
            key = if (third - key).abs() < (root - key).abs() {
                third
            } else {
                root
            };
        } else if on_chord {
            key = chord.nearest_tone(key);
        } else if self.last == Some(key) && self.random.random_bool(0.4) {
            // A neighbour instead of a third repetition.
            key = home + self.plan.key.degree(degree + 1);
        }
        key = key.clamp(0, 127);
        self.last = Some(key);
        key
    }

    /// The key of pitch class `class` nearest to `target`, inside the register.
    fn near(&self, class: i32, target: i32) -> i32 {
        let mut key = target - 6 + (class - (target - 6)).rem_euclid(12);
        while key < self.low {
            key += 12;
        }
        while key > self.high {
            key -= 12;
        }
        key
    }
}

struct Phrase {
    first_bar: u32,
    bars: u32,
    contour: [i32; 8],
    closes: bool,
    energy: f64,
}
