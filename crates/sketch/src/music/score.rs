//! The score: every note of every part, in ticks. MIDI and audio are made from it alike.

use songwright_base::SectionKind;

use super::accompaniment;
use super::drums;
use super::harmony::Chord;
use super::melody;
use super::plan::{Plan, stream};
use super::soundfont::{PERCUSSION_BANK, Preset};
use super::style::{Channel, Role, STEPS_PER_BEAT};

/// Ticks of a quarter note.
pub const TICKS_PER_BEAT: u32 = 960;
/// Ticks of a grid step, a sixteenth.
pub(super) const TICKS_PER_STEP: u32 = TICKS_PER_BEAT / STEPS_PER_BEAT as u32;

/// A note.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Note {
    /// When it begins, in ticks from the start of the song.
    pub start: u32,
    /// How long it is held, in ticks, at least 1.
    pub length: u32,
    /// MIDI key.
    pub key: u8,
    /// MIDI velocity, 1–127.
    pub velocity: u8,
}

/// What one player plays.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The stem's name.
    pub name: String,
    /// The sound.
    pub preset: Preset,
    /// MIDI channel from 0; 9 is percussion.
    pub midi_channel: u8,
    /// Level and place in the mix.
    pub channel: Channel,
    /// By start. No two notes of one key overlap.
    pub notes: Vec<Note>,
}

/// A chord and when it begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChordAt {
    /// In ticks.
    pub start: u32,
    /// In ticks.
    pub end: u32,
    /// What is played.
    pub chord: Chord,
}

/// A sung syllable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LyricAt {
    /// In ticks.
    pub start: u32,
    /// Its letters, with a space after a word's last.
    pub text: String,
}

/// A sung line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LineAt {
    /// Start of its first note, in ticks.
    pub start: u32,
    /// End of its last note, in ticks.
    pub end: u32,
    /// The words.
    pub text: String,
    /// The section's tag.
    pub section: String,
}

/// Where a section begins.
#[derive(Clone, Debug, PartialEq)]
pub struct SectionAt {
    /// In ticks.
    pub start: u32,
    /// What it is.
    pub kind: SectionKind,
    /// Its tag.
    pub tag: String,
    /// How much plays, 0–1.
    pub energy: f64,
}

/// A whole song on paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Beats a minute.
    pub bpm: f64,
    /// Beats in a bar.
    pub beats: u8,
    /// The players.
    pub parts: Vec<Part>,
    /// The sections in order.
    pub sections: Vec<SectionAt>,
    /// The harmony in order, without gaps, to the end of the final chord.
    pub chords: Vec<ChordAt>,
    /// Sung syllables in order.
    pub syllables: Vec<LyricAt>,
    /// Sung lines in order.
    pub lines: Vec<LineAt>,
    /// When the final chord begins, in ticks.
    pub final_chord: u32,
    /// The end of the song, in ticks.
    pub end: u32,
}

impl Score {
    /// Seconds from the start of the song at `tick`.
    #[must_use]
    pub fn seconds(&self, tick: u32) -> f64 {
        f64::from(tick) * 60.0 / self.bpm / f64::from(TICKS_PER_BEAT)
    }
}

/// Writes the score of `plan`.
#[must_use]
pub fn write(plan: &Plan) -> Score {
    let bar = u32::from(plan.style.beats) * TICKS_PER_BEAT;
    let final_chord = plan.bars * bar;
    let end = (plan.duration_s / plan.beat_s() * f64::from(TICKS_PER_BEAT)).floor() as u32;
    let chords = accompaniment::harmony(plan, final_chord, end);
    let sung = melody::compose(plan, &chords, final_chord, end);
    let mut parts = Vec::new();
    if let Some(kit) = plan.drums {
        parts.push(Part {
            name: "drums".to_owned(),
            preset: Preset {
                bank: PERCUSSION_BANK,
                program: kit.program,
            },
            midi_channel: 9,
            channel: kit.channel,
            notes: drums::play(plan, kit, final_chord, end),
        });
    }
    let channels = (0..16).filter(|c| *c != 9);
    for (part, midi_channel) in plan.parts.iter().zip(channels) {
        let mut random = stream(plan.seed, &part.name);
        let notes = if part.role == Role::Lead {
            sung.notes.clone()
        } else {
            accompaniment::play(plan, part, &chords, &mut random)
        };
        parts.push(Part {
            name: part.name.clone(),
            preset: Preset {
                bank: 0,
                program: part.program,
            },
            midi_channel,
            channel: part.channel,
            notes,
        });
    }
    for part in &mut parts {
        part.notes = tidy(std::mem::take(&mut part.notes), end);
    }
    parts.retain(|p| !p.notes.is_empty());
    let sections = plan.sections.iter().map(|s| SectionAt {
        start: s.first_bar * bar,
        kind: s.kind,
        tag: s.tag.clone(),
        energy: s.energy,
    });
    Score {
        bpm: plan.bpm,
        beats: plan.style.beats,
        parts,
        sections: sections.collect(),
        chords,
        syllables: sung.syllables,
        lines: sung.lines,
        final_chord,
        end,
    }
}

/// Sorts, keeps inside the song, and shortens a note that its own key's next one would overlap:
/// a synthesizer would let it hang.
fn tidy(mut notes: Vec<Note>, end: u32) -> Vec<Note> {
    notes.retain(|n| n.start < end);
    notes.sort_unstable();
    let mut next_start = [u32::MAX; 128];
    for note in notes.iter_mut().rev() {
        let next = &mut next_start[usize::from(note.key.min(127))];
        let room = next.saturating_sub(note.start).min(end - note.start);
        note.length = note.length.min(room);
        if note.length > 0 {
            *next = note.start;
        }
    }
    notes.retain(|n| n.length > 0);
    notes
}
