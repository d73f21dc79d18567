//! The sketch engine's music.
