//! The sketch engine's cover.
//!
//! A style paints one of its scenes, chosen by the prompt's themes and the seed, in the colours
//! of its mood; the title is set last, on a ground that it can be read on.

mod artist;
mod noise;
mod palette;
mod preset_choice;
mod scenery;
mod studio;
mod styles;
#[cfg(test)]
mod tests;
mod theme;

pub use artist::SketchArtist;
