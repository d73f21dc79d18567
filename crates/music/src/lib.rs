//! The music service: audio from a tags prompt and lyrics.

pub mod ace_step;
mod composer;
mod evaluations;
mod fit;
mod params;
mod service;
mod task;

pub use composer::{Composer, Composition, MusicFacts, Stem, TimedLine};
pub use fit::fit;
pub use params::{DRAFT_STEPS, MusicParams};
pub use service::{BytesFor, MusicEngine, MusicService};
pub use task::{MadeFrom, MusicTask, Variation};
