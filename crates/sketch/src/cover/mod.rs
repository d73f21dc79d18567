//! The sketch engine's cover.
