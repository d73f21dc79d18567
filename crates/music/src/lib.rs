//! The music service: audio from a tags prompt and lyrics.

mod composer;
mod params;
mod service;

pub use composer::{Composer, Composition, MusicFacts, Stem, TimedLine};
pub use params::MusicParams;
pub use service::MusicService;
