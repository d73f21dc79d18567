/// Frames between two questions whether to go on: more than a second, and a few milliseconds' work.
pub(crate) const BLOCK_FRAMES: usize = 1 << 16;

/// Uncompressed audio in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Pcm {
    /// Frames a second, in Hz.
    pub sample_rate: u32,
    /// Channels in a frame; 2 is left, right.
    pub channels: u16,
    /// Interleaved samples, −1..1; `len()` is a multiple of `channels`.
    pub samples: Vec<f32>,
}

impl Pcm {
    /// The number of frames (samples a channel).
    #[must_use]
    pub fn frames(&self) -> usize {
        self.samples.len() / usize::from(self.channels.max(1))
    }

    /// The length in seconds.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        self.frames() as f64 / f64::from(self.sample_rate.max(1))
    }
}
