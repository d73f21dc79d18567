use serde::{Deserialize, Serialize};
use songwright_audio::Pcm;
use songwright_base::{EngineError, EngineInfo, Observer};

use crate::MusicParams;

/// One part of the mix by itself: stereo, as long as the mix, at its level in the pre-master mix.
#[derive(Clone, Debug, PartialEq)]
pub struct Stem {
    /// "drums", "bass", "chords", "pad", "lead", …: safe as a part of a file name.
    pub name: String,
    /// The audio before mastering.
    pub audio: Pcm,
}

/// When a line of the lyrics is sung.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct TimedLine {
    /// From the start of the song, in seconds.
    pub start_s: f64,
    /// Where the line's last note ends, in seconds.
    pub end_s: f64,
    /// The line as in the lyrics.
    pub text: String,
    /// The tag of its section, without brackets.
    pub section: String,
}

/// What the composer knows of its own music; `None` where it does not know.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct MusicFacts {
    /// Beats a minute.
    pub bpm: Option<f64>,
    /// "A minor", "E♭ major".
    pub key: Option<String>,
    /// "4/4".
    pub meter: Option<String>,
    /// The style that was played.
    pub style: Option<String>,
    /// What plays, in words.
    pub instruments: Vec<String>,
    /// What the request asked for and the composer could not do, a sentence each.
    pub notes: Vec<String>,
}

/// A finished piece of music.
#[derive(Clone, Debug, PartialEq)]
pub struct Composition {
    /// The mastered mix, stereo.
    pub mix: Pcm,
    /// Stems where the composer makes them; they sum to the mix before mastering.
    pub stems: Vec<Stem>,
    /// A Standard MIDI File of the same score, where the composer has one.
    pub midi: Option<Vec<u8>>,
    /// When each line is sung; empty where unknown.
    pub timed_lines: Vec<TimedLine>,
    /// Tempo, key and what else is known.
    pub facts: MusicFacts,
    /// Who made it.
    pub engine: EngineInfo,
}

/// Makes music. Blocking; called on an engine thread.
pub trait Composer: Send {
    /// Who composes.
    fn info(&self) -> EngineInfo;

    /// Music exactly `params.duration_s` long (±1 frame).
    ///
    /// # Errors
    /// [`EngineError::Cancelled`] within one step of the observer's saying so.
    fn compose(
        &mut self,
        params: &MusicParams,
        observer: &dyn Observer,
    ) -> Result<Composition, EngineError>;
}
