use serde::{Deserialize, Serialize};

/// A part of the work on a song, as clients see it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waiting for a place.
    Queue,
    /// The engine is being loaded.
    Load,
    /// The tags prompt is being written.
    Prompt,
    /// The lyrics are being written.
    Lyrics,
    /// The song is being named.
    Title,
    /// Form, chords, parts and melody are being written.
    Arrange,
    /// The stems are being played; counted in seconds of audio.
    Render,
    /// Mix, loudness and limiting.
    Master,
    /// The cover is being drawn; counted in rows of pixels or diffusion steps.
    Cover,
    /// The categories are being chosen.
    Categories,
    /// Files are being written and the library row added.
    Save,
}

/// How far a stage has come.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Progress {
    /// Which part.
    pub stage: Stage,
    /// How many of `total` are done.
    pub done: u64,
    /// The whole of this stage, in the stage's own unit; never 0.
    pub total: u64,
}

impl Progress {
    /// `done` of `total` in `stage`.
    #[must_use]
    pub const fn new(stage: Stage, done: u64, total: u64) -> Self {
        Self { stage, done, total }
    }
}

/// All that a long computation knows of its caller.
///
/// A loop calls both methods at least once a second; after `is_cancelled` has said `true`, it
/// returns [`crate::EngineError::Cancelled`] within one step.
pub trait Observer: Sync {
    /// Takes note of progress. Cheap; may be called often.
    fn report(&self, progress: Progress);
    /// Whether the caller no longer wants the result.
    fn is_cancelled(&self) -> bool;
    /// Takes note of something worth showing while it is made, such as a line of the lyrics.
    fn note(&self, _text: &str) {}
}

/// An observer that sees nothing and never cancels, for tests and benchmarks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn report(&self, _: Progress) {}
    fn is_cancelled(&self) -> bool {
        false
    }
}
