//! The sketch engine's lyrics.
