//! The music service: audio from a tags prompt and lyrics.

mod composer;
mod params;

pub use composer::{Composer, Composition, MusicFacts, Stem, TimedLine};
pub use params::MusicParams;
