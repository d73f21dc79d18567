//! Mel spectrograms to samples: ADaMoSHiFiGANV1, a ConvNeXt (Liu et al. 2022) before a HiFi-GAN (Kong
//! et al. 2020).

mod backbone;
mod config;
mod head;

use candle_core::Tensor;
use songwright_nn::{Result, Weights};

use backbone::Backbone;
use head::Head;

pub use config::VocoderConfig;

/// The vocoder. It knows one channel; left and right are two rows of a batch.
#[derive(Clone, Debug)]
pub struct Vocoder {
    backbone: Backbone,
    head: Head,
    hop: usize,
}

impl Vocoder {
    /// From the root of `music_vocoder`'s checkpoint.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, config: &VocoderConfig) -> Result<Self> {
        Ok(Self {
            backbone: Backbone::load(&weights.pp("backbone"), config)?,
            head: Head::load(&weights.pp("head"), config)?,
            hop: config.hop_length,
        })
    }

    /// Samples of one frame.
    #[must_use]
    pub fn hop(&self) -> usize {
        self.hop
    }

    /// `(batch, mels, frames)` of the logarithmic mel spectrogram → `(batch, 1, frames·hop)` in −1..1.
    ///
    /// # Errors
    /// Where the device has no room.
    pub fn forward(&self, mel: &Tensor) -> Result<Tensor> {
        self.head.forward(&self.backbone.forward(mel)?)
    }

    /// What the head reads, (batch, features, frames).
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn features(&self, mel: &Tensor) -> Result<Tensor> {
        self.backbone.forward(mel)
    }

    /// The backbone's stem and first stage, each (batch, features, frames).
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn backbone_parts(&self, mel: &Tensor) -> Result<[Tensor; 2]> {
        self.backbone.parts(mel)
    }

    /// The head's first layer, first lengthening and first residual block, each (batch, channels,
    /// length).
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn head_parts(&self, features: &Tensor) -> Result<[Tensor; 3]> {
        self.head.parts(features)
    }
}
