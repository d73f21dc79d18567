//! Pure functions on audio samples. Sample values are `f32` in −1..1, channels interleaved.

mod error;
pub mod flac;
mod limiter;
mod loudness;
#[cfg(feature = "mp3")]
pub mod mp3;
mod pcm;
pub mod peaks;
mod quantise;
mod resample;
pub mod tags;
pub mod wav;

pub use error::Error;
pub use limiter::{Limiter, frame_peaks};
pub use loudness::{LoudnessError, integrated_loudness, true_peak};
pub use pcm::Pcm;
pub use peaks::Peaks;
pub use resample::Resampler;
