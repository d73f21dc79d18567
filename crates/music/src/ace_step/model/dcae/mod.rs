//! Mel spectrograms to latents and back: a deep compression autoencoder (Chen et al. 2024, diffusers'
//! `AutoencoderDC`), by 8 in both directions.

mod block;
mod config;
mod decoder;
mod efficient_vit;
mod encoder;

use candle_core::Tensor;
use songwright_nn::{Result, Weights};

use decoder::Decoder;
use encoder::Encoder;

pub use config::{BlockType, DcaeConfig};

/// The decoder.
#[derive(Clone, Debug)]
pub struct DcaeDecoder(Decoder);

/// The encoder, which only songs that come from audio need.
#[derive(Clone, Debug)]
pub struct DcaeEncoder(Encoder);

impl DcaeEncoder {
    /// From the root of `music_dcae_f8c8`'s checkpoint.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, config: &DcaeConfig) -> Result<Self> {
        Ok(Self(Encoder::load(&weights.pp("encoder"), config)?))
    }

    /// `(batch, 2, mels, frames)`, normalised → `(batch, 8, mels/8, frames/8)`.
    ///
    /// # Errors
    /// Where frames are not a multiple of 8.
    pub fn forward(&self, mel: &Tensor) -> Result<Tensor> {
        self.0.forward(mel)
    }

    /// The same in pieces of `chunk` latent frames, which need less memory. `go_on` is told the frames
    /// that are done and those there are; `None` is its no.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn forward_in_chunks(
        &self,
        mel: &Tensor,
        chunk: usize,
        go_on: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Option<Tensor>> {
        self.0.forward_in_chunks(mel, chunk, go_on)
    }

    /// What the first convolution makes of a mel spectrogram, and each stage after it.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn stages(&self, mel: &Tensor, count: usize) -> Result<Vec<Tensor>> {
        let mut x = self.0.stem(mel)?;
        (0..count)
            .map(|i| {
                x = self.0.stage(i, &x)?;
                Ok(x.clone())
            })
            .collect()
    }
}

impl DcaeDecoder {
    /// From the root of `music_dcae_f8c8`'s checkpoint.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, config: &DcaeConfig) -> Result<Self> {
        Ok(Self(Decoder::load(&weights.pp("decoder"), config)?))
    }

    /// `(batch, 8, height, frames)` → `(batch, 2, 8·height, 8·frames)`, normalised.
    ///
    /// # Errors
    /// Where the device has no room.
    pub fn forward(&self, latents: &Tensor) -> Result<Tensor> {
        self.0.forward(latents)
    }

    /// The same in pieces of `chunk` latent frames, which need less memory. `go_on` is told the frames
    /// that are done and those there are; `None` is its no.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn forward_in_chunks(
        &self,
        latents: &Tensor,
        chunk: usize,
        go_on: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Option<Tensor>> {
        self.0.forward_in_chunks(latents, chunk, go_on)
    }

    /// What each stage makes of latents, coarsest first.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn stages(&self, latents: &Tensor, count: usize) -> Result<Vec<Tensor>> {
        let mut x = self.0.stem(latents)?;
        (0..count)
            .map(|i| {
                x = self.0.stage(i, &x)?;
                Ok(x.clone())
            })
            .collect()
    }
}
