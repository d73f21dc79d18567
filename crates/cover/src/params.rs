use songwright_base::Seed;

use crate::CoverStyle;

/// What cover is wanted. Valid by construction at the service's edge.
#[derive(Clone, Debug, PartialEq)]
pub struct CoverParams {
    /// What it shows: a sentence or tags.
    pub prompt: String,
    /// Preset or own words.
    pub style: CoverStyle,
    /// Pixels, 256–1024, a multiple of 64.
    pub width: u32,
    /// Pixels, 256–1024, a multiple of 64.
    pub height: u32,
    /// Steps of a neural artist, 1–10.
    pub num_inference_steps: u32,
    /// Makes the picture repeatable.
    pub seed: Seed,
    /// Set on the cover where given.
    pub title: Option<String>,
    /// Set below the title where given.
    pub artist: Option<String>,
}
