//! Pure functions on audio samples. Sample values are `f32` in −1..1, channels interleaved.

mod limiter;
mod loudness;
mod pcm;

pub use limiter::{Limiter, frame_peaks};
pub use loudness::{LoudnessError, integrated_loudness, true_peak};
pub use pcm::Pcm;
