//! The music service: audio from a tags prompt and lyrics.

pub mod ace_step;
mod composer;
mod evaluations;
mod facts;
mod fit;
mod params;
mod service;
mod task;

pub use composer::{Composer, Composition, MusicFacts, Stem, TimedLine};
pub use facts::{ComposerFacts, FromWords};
pub use fit::fit;
pub use params::{DRAFT_STEPS, MusicParams};
pub use service::{MusicEngine, MusicService};
pub use task::{MadeFrom, MusicTask, Variation};
