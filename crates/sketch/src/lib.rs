//! The embedded default: writes lyrics, composes and renders an arrangement, draws a cover, with
//! no model and no network. Deterministic by seed.

pub mod cover;
pub mod lyrics;
pub mod music;
