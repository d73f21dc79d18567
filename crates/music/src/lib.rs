//! The music service: audio from a tags prompt and lyrics.

pub mod ace_step;
mod composer;
mod params;
mod service;
mod task;

pub use composer::{Composer, Composition, MusicFacts, Stem, TimedLine};
pub use params::{DRAFT_STEPS, MusicParams};
pub use service::MusicService;
pub use task::MusicTask;
