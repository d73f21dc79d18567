//! Pure functions on audio samples. Sample values are `f32` in −1..1, channels interleaved.

<<<<<<< HEAD
mod error;
pub mod flac;
#[cfg(feature = "mp3")]
pub mod mp3;
=======
mod limiter;
mod loudness;
>>>>>>> aa1aa71860140e094555ead6f397df0777a7ad02
mod pcm;
pub mod peaks;
mod quantise;
pub mod tags;
pub mod wav;

<<<<<<< HEAD
pub use error::Error;
=======
pub use limiter::{Limiter, frame_peaks};
pub use loudness::{LoudnessError, integrated_loudness, true_peak};
>>>>>>> aa1aa71860140e094555ead6f397df0777a7ad02
pub use pcm::Pcm;
pub use peaks::Peaks;
