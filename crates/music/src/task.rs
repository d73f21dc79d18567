use std::{ops::Range, sync::Arc};

use songwright_audio::Pcm;
use songwright_base::Seed;

/// What makes a song another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variation {
    /// 0 is the song itself, 1 another one.
    pub variance: f64,
    /// Where the difference comes from.
    pub retake_seed: Seed,
}

/// What a song that is edited was made from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MadeFrom {
    /// The tags.
    pub prompt: String,
    /// The lyrics; `[instrumental]` where nobody sings.
    pub lyrics: String,
    /// The language that is sung, as a code; `None` is a guess.
    pub vocal_language: Option<String>,
}

/// What music is made from.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum MusicTask {
    /// From words alone.
    #[default]
    Text2Music,
    /// The same song, otherwise.
    Retake {
        /// What makes the song that is varied differ from the seed's own, the oldest first; nothing where it
        /// is the seed's own.
        before: Vec<Variation>,
        /// 0 is the song itself, 1 another one.
        variance: f64,
        /// Where the difference comes from.
        retake_seed: Seed,
    },
    /// A part of a song made anew.
    Repaint {
        /// The song.
        source: Arc<Pcm>,
        /// From and to in seconds. What of it lies beyond the song is left out.
        range_s: Range<f64>,
        /// 0–1, how much of the range changes.
        variance: f64,
        /// Where the change comes from.
        retake_seed: Seed,
    },
    /// A song made longer.
    Extend {
        /// The song.
        source: Arc<Pcm>,
        /// Seconds before it, 0 or more.
        before_s: f64,
        /// Seconds after it, 0 or more.
        after_s: f64,
        /// Where what is new comes from.
        retake_seed: Seed,
    },
    /// A song with other words or another style, the rest kept.
    Edit {
        /// The song.
        source: Arc<Pcm>,
        /// What it was made from.
        made_from: MadeFrom,
        /// The share of steps at which editing begins, 0–1.
        n_min: f64,
        /// The share of steps from which on the target is free, 0–1.
        n_max: f64,
        /// Noises that each step is averaged over, 1 or more.
        n_avg: usize,
        /// Where the change comes from.
        retake_seed: Seed,
    },
    /// A song like another.
    Audio2Audio {
        /// The other.
        reference: Arc<Pcm>,
        /// 0–1, how much of it stays.
        strength: f64,
    },
}

impl MusicTask {
    /// What is done to a song, as a verb.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Text2Music => "make",
            Self::Retake { .. } => "retake",
            Self::Repaint { .. } => "repaint",
            Self::Extend { .. } => "extend",
            Self::Edit { .. } => "edit",
            Self::Audio2Audio { .. } => "follow",
        }
    }

    /// The same with another seed for what differs.
    #[must_use]
    pub fn with_retake_seed(mut self, seed: Seed) -> Self {
        match &mut self {
            Self::Retake { retake_seed, .. }
            | Self::Repaint { retake_seed, .. }
            | Self::Extend { retake_seed, .. }
            | Self::Edit { retake_seed, .. } => *retake_seed = seed,
            Self::Text2Music | Self::Audio2Audio { .. } => {}
        }
        self
    }

    /// The length of what is made, in seconds; `asked` where nothing that is there fixes it.
    #[must_use]
    pub fn duration_s(&self, asked: f64) -> f64 {
        match self {
            Self::Text2Music | Self::Retake { .. } => asked,
            Self::Repaint { source, .. } | Self::Edit { source, .. } => source.duration_s(),
            Self::Audio2Audio { reference, .. } => reference.duration_s(),
            Self::Extend {
                source,
                before_s,
                after_s,
                ..
            } => before_s + source.duration_s() + after_s,
        }
    }
}
