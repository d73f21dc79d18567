//! Pure functions on audio samples. Sample values are `f32` in −1..1, channels interleaved.

mod error;
pub mod flac;
#[cfg(feature = "mp3")]
pub mod mp3;
mod pcm;
pub mod peaks;
mod quantise;
pub mod tags;
pub mod wav;

pub use error::Error;
pub use pcm::Pcm;
pub use peaks::Peaks;
