use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A part of the work on a song, as clients see it.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waiting for a place.
    Queue,
    /// A model's files are being downloaded; counted in bytes.
    Download,
    /// A model's files are being compared with their digests, or copied; counted in bytes.
    Verify,
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

impl Stage {
    /// Its name as clients see it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Download => "download",
            Self::Verify => "verify",
            Self::Load => "load",
            Self::Prompt => "prompt",
            Self::Lyrics => "lyrics",
            Self::Title => "title",
            Self::Arrange => "arrange",
            Self::Render => "render",
            Self::Master => "master",
            Self::Cover => "cover",
            Self::Categories => "categories",
            Self::Save => "save",
        }
    }

    /// Whether its progress is counted in bytes.
    #[must_use]
    pub const fn is_in_bytes(self) -> bool {
        matches!(self, Self::Download | Self::Verify)
    }

    /// What happens in it, in a musician's words.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Queue => "Waiting for a place",
            Self::Download => "Downloading the model",
            Self::Verify => "Checking the model's files",
            Self::Load => "Getting the instruments ready",
            Self::Prompt => "Finding the sound",
            Self::Lyrics => "Writing the words",
            Self::Title => "Naming the song",
            Self::Arrange => "Arranging",
            Self::Render => "Playing the parts",
            Self::Master => "Mixing and mastering",
            Self::Cover => "Drawing the cover",
            Self::Categories => "Choosing the shelf",
            Self::Save => "Putting it in the library",
        }
    }
}

/// How far a stage has come.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
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
    /// Whether somebody said so, other than a clock. What the next caller needs as well, such as a loaded model, is
    /// finished past a deadline: thrown away each time, it would never be there.
    fn is_given_up(&self) -> bool {
        self.is_cancelled()
    }
    /// Takes note of something worth showing while it is made, such as a line of the lyrics.
    fn note(&self, _text: &str) {}
    /// Takes note of a picture that is not finished.
    fn preview(&self, _preview: &Preview) {}
}

/// A picture while it is drawn.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Preview {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Red, green and blue of each pixel, line by line.
    pub rgb: Vec<u8>,
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
