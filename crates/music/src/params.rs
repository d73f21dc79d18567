use songwright_base::{LyricSheet, Seed};

/// What music is wanted. Valid by construction at the service's edge.
#[derive(Clone, Debug, PartialEq)]
pub struct MusicParams {
    /// Comma-separated tags: genre, voice, instruments, mood, tempo, key.
    pub prompt: String,
    /// What is sung; `None` is an instrumental.
    pub lyrics: Option<LyricSheet>,
    /// The exact length of the result in seconds, 10–600.
    pub duration_s: f64,
    /// Makes the song repeatable.
    pub seed: Seed,
    /// How closely a neural composer follows the prompt, 1–30.
    pub guidance_scale: f64,
    /// Steps of a neural composer, 1–200.
    pub infer_step: u32,
}
