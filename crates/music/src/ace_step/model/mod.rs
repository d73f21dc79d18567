//! ACE-Step v1's networks, one file a block, under the names of the checkpoint.

mod block;
mod cross_attention;
pub mod dcae;
mod feed_forward;
mod linear_attention;
mod lyric_attention;
mod lyric_encoder;
mod patch;
mod prompt;
mod rotary;
mod text_encoder;
mod timestep;
mod transformer;
pub mod vocoder;

pub use cross_attention::KeyValues;
pub use lyric_encoder::LyricEncoder;
pub use prompt::{Conditioning, Prompt, PromptEncoder};
pub use rotary::Rotary;
pub use text_encoder::{TextEncoder, TextEncoderConfig, bucket};
pub use timestep::{Timestep, Timesteps};
pub use transformer::{Branch, Transformer};

/// What entropy-rectifying guidance multiplies queries by (the reference's `tau`).
pub const WEAKENED: f64 = 0.01;
