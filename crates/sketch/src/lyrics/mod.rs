//! The built-in lyric writer.
//!
//! A description is heard ([`hear`]): genre, moods, themes, the user's own nouns. Lyrics are
//! joined from authored line halves in `assets/banks`; the tags prompt, categories and title
//! come from the same hearing. No model, no network, deterministic by seed.

mod bank;
mod categories;
mod dice;
mod hearing;
mod language;
mod lines;
mod lyricist;
mod nouns;
mod phrases;
mod pitch;
mod songwriter;
mod stanzas;
#[cfg(test)]
mod tag_tests;
mod tags;
#[cfg(test)]
mod tests;
mod themes;
mod title;
mod tools;
mod vocabulary;

pub use bank::BankError;
pub use hearing::{Heard, hear};
pub use lyricist::SketchLyricist;
