//! Harmony in time, and the parts that play it: bass, comping, broken chords, pads.

use rand::{Rng, RngExt as _};
use songwright_base::SectionKind;

use super::groove::{Bar, bars, grid_bar, held_steps, human_tick, human_velocity, step_tick};
use super::harmony::{Chord, voice};
use super::plan::{Plan, stream};
use super::score::{ChordAt, Note, TICKS_PER_BEAT};
use super::style::{PartStyle, Role};

/// The chords of the whole song: each section's progression from its start, the cadence in the
/// last bar, the tonic to the end.
pub(super) fn harmony(plan: &Plan, final_chord: u32, end: u32) -> Vec<ChordAt> {
    let progressions = plan.style.progressions(plan.key.mode);
    let mut random = stream(plan.seed, "harmony");
    let mut draw = |list: &'_ [String]| -> usize { random.random_range(0..list.len()) };
    let verse = &progressions.verse[draw(&progressions.verse)];
    let chorus = &progressions.chorus[draw(&progressions.chorus)];
    let bridge = &progressions.bridge[draw(&progressions.bridge)];
    let bar_ticks = u32::from(plan.style.beats) * TICKS_PER_BEAT;
    let mut chords = Vec::new();
    for bar in bars(plan) {
        let progression = match bar.section.kind {
            SectionKind::Chorus | SectionKind::Outro => chorus,
            SectionKind::Bridge | SectionKind::PreChorus => bridge,
            SectionKind::Intro | SectionKind::Verse | SectionKind::Instrumental => verse,
        };
        let count = progression.split(' ').count();
        let numerals = if bar.start + bar_ticks == final_chord {
            progressions.cadence.as_str()
        } else {
            let nth = bar.index as usize % count;
            progression.split(' ').nth(nth).unwrap_or("I")
        };
        let here: Vec<Chord> = numerals
            .split(',')
            .filter_map(|n| Chord::from_roman(n, plan.key))
            .collect();
        // Two chords of a 3/4 bar change on its third beat.
        let beats = u32::from(plan.style.beats);
        let first = match here.len() {
            0 | 1 => bar_ticks,
            _ => beats.div_ceil(2) * TICKS_PER_BEAT,
        };
        for (i, chord) in here.into_iter().take(2).enumerate() {
            chords.push(ChordAt {
                start: bar.start + if i == 0 { 0 } else { first },
                end: bar.start + if i == 0 { first } else { bar_ticks },
                chord,
            });
        }
    }
    if let Some(chord) = Chord::from_roman(&progressions.last, plan.key) {
        chords.push(ChordAt {
            start: final_chord,
            end,
            chord,
        });
    }
    chords
}

/// The index of the chord that sounds at `tick`.
pub(super) fn chord_at(chords: &[ChordAt], tick: u32) -> usize {
    chords
        .partition_point(|c| c.start <= tick)
        .saturating_sub(1)
}

/// The notes of an accompanying part.
pub(super) fn play(
    plan: &Plan,
    part: &PartStyle,
    chords: &[ChordAt],
    random: &mut impl Rng,
) -> Vec<Note> {
    let voicings = voice_all(part, chords);
    let mut player = Player {
        plan,
        part,
        chords,
        voicings: &voicings,
        notes: Vec::new(),
        last_bass: None,
    };
    let mut sounded = 0;
    for bar in bars(plan) {
        let energy = bar.energy(plan);
        if energy < part.enters {
            continue;
        }
        match part.role {
            Role::Pad => player.hold(&bar, random),
            Role::Bass => player.bass(&bar, random),
            Role::Comp | Role::Arp => player.strike(&bar, random),
            Role::Lead => {}
        }
        sounded += 1;
    }
    // A part that never played does not appear for the final chord alone.
    if sounded > 0 {
        player.end();
    }
    player.notes
}

fn voice_all(part: &PartStyle, chords: &[ChordAt]) -> Vec<Vec<i32>> {
    let mut previous: Vec<i32> = Vec::new();
    chords
        .iter()
        .map(|c| {
            previous = voice(&c.chord, part.spread, part.register, &previous);
            previous.clone()
        })
        .collect()
}

struct Player<'a> {
    plan: &'a Plan,
    part: &'a PartStyle,
    chords: &'a [ChordAt],
    voicings: &'a [Vec<i32>],
    notes: Vec<Note>,
    last_bass: Option<i32>,
}

impl Player<'_> {
    fn push(&mut self, start: u32, until: u32, key: i32, velocity: u8) {
        self.notes.push(Note {
            start,
            length: until.saturating_sub(start).max(1),
            key: key.clamp(0, 127) as u8,
            velocity,
        });
    }

    fn hold(&mut self, bar: &Bar<'_>, random: &mut impl Rng) {
        let end = bar.start + u32::from(self.plan.style.beats) * TICKS_PER_BEAT;
        let first = chord_at(self.chords, bar.start);
        for i in first..self.chords.len() {
            let at = &self.chords[i];
            if at.start >= end {
                break;
            }
            let velocity = human_velocity(78.0, bar.energy(self.plan), random);
            for key in self.voicings[i].clone() {
                self.push(at.start, at.end.min(end), key, velocity);
            }
        }
    }

    fn grid(&self, bar: &Bar<'_>) -> Vec<u8> {
        let grid = if bar.is_full(self.plan) {
            &self.part.high
        } else {
            &self.part.low
        };
        grid_bar(grid, self.plan.style.steps(), bar.index).to_vec()
    }

    fn strike(&mut self, bar: &Bar<'_>, random: &mut impl Rng) {
        let grid = self.grid(bar);
        let energy = bar.energy(self.plan);
        for (step, c) in grid.iter().enumerate().filter(|(_, c)| c.is_ascii_digit()) {
            let digit = usize::from(c - b'0');
            let tick = step_tick(self.plan, bar.start, step);
            let until = step_tick(self.plan, bar.start, step + held_steps(&grid, step));
            let i = chord_at(self.chords, tick);
            let until = until.min(self.chords[i].end);
            let voicing = self.voicings[i].clone();
            if self.part.role == Role::Arp {
                let octave = (digit - 1) / voicing.len().max(1);
                let key = voicing[(digit - 1) % voicing.len()] + 12 * octave as i32;
                let accent = if step % 4 == 0 { 84.0 } else { 74.0 };
                let velocity = human_velocity(accent, energy, random);
                let start = human_tick(self.plan, tick, random);
                // Broken chords ring on a little.
                let ring = until + TICKS_PER_BEAT / 2;
                self.push(
                    start,
                    ring.min(self.chords[i].end.max(until)),
                    key,
                    velocity,
                );
                continue;
            }
            let start = human_tick(self.plan, tick, random);
            for (voice, key) in voicing.into_iter().enumerate() {
                let velocity = human_velocity(digit as f64 * 12.5, energy, random);
                // A hand is not a machine: upper voices a trace later.
                self.push(start + 3 * voice as u32, until, key, velocity);
            }
        }
    }

    fn bass(&mut self, bar: &Bar<'_>, random: &mut impl Rng) {
        let grid = self.grid(bar);
        for (step, &c) in grid.iter().enumerate() {
            if matches!(c, b'-' | b'.') {
                continue;
            }
            let tick = step_tick(self.plan, bar.start, step);
            let until = step_tick(self.plan, bar.start, step + held_steps(&grid, step));
            let i = chord_at(self.chords, tick);
            let root = self.bass_root(i);
            let interval = |n: usize, otherwise: i32| {
                let intervals = &self.chords[i].chord.intervals;
                intervals.get(n).map_or(otherwise, |x| i32::from(*x))
            };
            let key = match c {
                b'3' => root + interval(1, 4),
                b'5' => root + interval(2, 7),
                b'7' => root + interval(3, 10),
                b'8' => root + 12,
                b'a' => self.approach(i, root),
                _ => root,
            };
            if matches!(c, b'R') {
                self.last_bass = Some(root);
            }
            let accent = if step == 0 { 100.0 } else { 92.0 };
            let velocity = human_velocity(accent, bar.energy(self.plan), random);
            let start = human_tick(self.plan, tick, random);
            // Notes are let go just before the next one.
            self.push(start, until.saturating_sub(24), key, velocity);
        }
    }

    /// The root of chord `i` in the part's register, nearest to the one before.
    fn bass_root(&self, i: usize) -> i32 {
        let [low, high] = self.part.register.map(i32::from);
        let near = self.last_bass.unwrap_or(low + 6);
        let lowest = low + (i32::from(self.chords[i].chord.root) - low).rem_euclid(12);
        [lowest, lowest + 12]
            .into_iter()
            .filter(|k| *k <= high)
            .min_by_key(|k| (k - near).abs())
            .unwrap_or(lowest)
    }

    /// A scale step below or a semitone above the next root, whichever lies between; the fifth
    /// where the chord stays.
    fn approach(&self, i: usize, root: i32) -> i32 {
        let Some(next) = self.chords.get(i + 1) else {
            return root;
        };
        let target = self.bass_root(i + 1);
        if next.chord.root == self.chords[i].chord.root {
            return root + 7;
        }
        let from_above = root > target;
        let step = |by: i32| target + by;
        let in_scale = |key: i32| {
            let above = (key - i32::from(self.plan.key.tonic)).rem_euclid(12);
            self.plan.key.scale().contains(&above)
        };
        let candidates = if from_above {
            [step(2), step(1)]
        } else {
            [step(-2), step(-1)]
        };
        candidates
            .into_iter()
            .find(|k| in_scale(*k))
            .unwrap_or(candidates[1])
    }

    /// The final chord, held to the end.
    fn end(&mut self) {
        let Some(last) = self.chords.last() else {
            return;
        };
        let (start, end) = (last.start, last.end);
        let i = self.chords.len() - 1;
        if self.part.role == Role::Bass {
            let root = self.bass_root(i);
            self.push(start, end, root, 90);
            return;
        }
        for (voice, key) in self.voicings[i].clone().into_iter().enumerate() {
            // Rolled from below, as at the end of a song.
            self.push(start + 40 * voice as u32, end, key, 76);
        }
    }
}
