use candle_core::Tensor;
use songwright_nn::{Linear, Result, Weights, norm::GroupNorm, ops::modulated_rms, weights::Bias};

use super::block::EPS;
use crate::ace_step::config::TransformerConfig;

/// Hidden channels of the patch embedding for each latent channel.
const WIDENING: usize = 256;
/// Groups of its norm.
const GROUPS: usize = 32;

/// Latents to tokens, one a frame: `proj_in`. Its norm sees the whole song, so a song cannot be made
/// in pieces.
#[derive(Clone, Debug)]
pub(super) struct PatchEmbed {
    frame: Linear,
    norm: GroupNorm,
    out: Linear,
}

impl PatchEmbed {
    pub(super) fn load(weights: &Weights, config: &TransformerConfig) -> Result<Self> {
        let [height, width] = config.patch_size;
        let (channels, features) = (config.in_channels, config.inner_dim);
        let hidden = channels * WIDENING;
        let layers = weights.pp("early_conv_layers");
        Ok(Self {
            // A patch has no neighbour in the convolution, so it is a matrix.
            frame: layers.pp(0).pointwise(
                channels * height * width,
                &[hidden, channels, height, width],
                Bias::With,
            )?,
            norm: GroupNorm::load(&layers.pp(1), GROUPS, hidden, EPS)?,
            out: layers
                .pp(2)
                .pointwise(hidden, &[features, hidden, 1, 1], Bias::With)?,
        })
    }

    /// `(batch, channels, height, time)` → `(batch, time, features)`.
    pub(super) fn forward(&self, latents: &Tensor) -> Result<Tensor> {
        let (batch, channels, height, time) = latents.dims4()?;
        let frames = latents.reshape((batch, channels * height, time))?;
        let wide = self.frame.forward_channels(&frames)?;
        self.out.forward_turned(&self.norm.forward(&wide)?)
    }
}

/// Tokens to velocities: `final_layer`.
#[derive(Clone, Debug)]
pub(super) struct FinalLayer {
    scale_shift_table: Tensor,
    linear: Linear,
    channels: usize,
    height: usize,
}

impl FinalLayer {
    pub(super) fn load(weights: &Weights, config: &TransformerConfig) -> Result<Self> {
        let [height, width] = config.patch_size;
        let (channels, features) = (config.out_channels, config.inner_dim);
        Ok(Self {
            scale_shift_table: weights.tensor("scale_shift_table", (2, features))?,
            linear: weights
                .pp("linear")
                .linear(features, height * width * channels, Bias::With)?,
            channels,
            height,
        })
    }

    /// `(batch, time, features)` → `(batch, channels, height, time)`; `embedded` is the step's
    /// (batch or 1, features).
    pub(super) fn forward(&self, x: &Tensor, embedded: &Tensor) -> Result<Tensor> {
        let (batch, time, _) = x.dims3()?;
        let two = self
            .scale_shift_table
            .unsqueeze(0)?
            .broadcast_add(&embedded.unsqueeze(1)?)?;
        let normed = modulated_rms(x, &two.narrow(1, 1, 1)?, &two.narrow(1, 0, 1)?, EPS)?;
        Ok(self
            .linear
            .forward(&normed)?
            .reshape((batch, time, self.height, self.channels))?
            .permute((0, 3, 2, 1))?
            .contiguous()?)
    }
}
