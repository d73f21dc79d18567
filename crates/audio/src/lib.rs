//! Pure functions on audio samples. Sample values are `f32` in −1..1, channels interleaved.

mod pcm;

pub use pcm::Pcm;
