use candle_core::Tensor;
use songwright_nn::{
    Result, Weights,
    conv::{Conv2d, ConvShape},
    norm::GroupNorm,
    weights::Bias,
};

use super::{EPS, attention::Middle};
use crate::sdxl::{
    config::VaeConfig,
    model::resnet::{Resnet, ResnetShape},
};

/// From latents to pictures.
#[derive(Clone, Debug)]
pub struct VaeDecoder {
    unquantise: Conv2d,
    into: Conv2d,
    middle: Middle,
    levels: Vec<Level>,
    norm: GroupNorm,
    out: Conv2d,
}

#[derive(Clone, Debug)]
struct Level {
    resnets: Vec<Resnet>,
    up: Option<Conv2d>,
}

impl VaeDecoder {
    /// `post_quant_conv` and `decoder` of a checkpoint.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, config: &VaeConfig) -> Result<Self> {
        let decoder = weights.pp("decoder");
        let (groups, latent) = (config.norm_num_groups, config.latent_channels);
        let first = config
            .block_out_channels
            .first()
            .copied()
            .unwrap_or_default();
        let last = config
            .block_out_channels
            .last()
            .copied()
            .unwrap_or_default();
        let conv = |place: &Weights, inputs, outputs, kernel| {
            Conv2d::load(place, ConvShape::same(inputs, outputs, kernel), Bias::With)
        };
        let shape = ResnetShape {
            groups,
            eps: EPS,
            time: None,
        };
        let mut levels = Vec::new();
        let mut before = last;
        for (i, channels) in config.block_out_channels.iter().rev().enumerate() {
            let place = decoder.pp("up_blocks").pp(i);
            let resnets = (0..=config.layers_per_block)
                .map(|layer| {
                    let inputs = if layer == 0 { before } else { *channels };
                    Resnet::load(&place.pp("resnets").pp(layer), inputs, *channels, shape)
                })
                .collect::<Result<_>>()?;
            let up = (i + 1 < config.block_out_channels.len())
                .then(|| conv(&place.pp("upsamplers.0.conv"), *channels, *channels, 3));
            levels.push(Level {
                resnets,
                up: up.transpose()?,
            });
            before = *channels;
        }
        Ok(Self {
            unquantise: conv(&weights.pp("post_quant_conv"), latent, latent, 1)?,
            into: conv(&decoder.pp("conv_in"), latent, last, 3)?,
            middle: Middle::load(&decoder.pp("mid_block"), last, groups)?,
            levels,
            norm: GroupNorm::load(&decoder.pp("conv_norm_out"), groups, first, EPS)?,
            out: conv(&decoder.pp("conv_out"), first, config.out_channels, 3)?,
        })
    }

    /// (batch, latent channels, height, width), divided by the scaling factor already → (batch, channels,
    /// 8·height, 8·width) for four levels, about −1 to 1.
    ///
    /// # Errors
    /// Where there are other channels.
    pub fn forward(&self, latents: &Tensor) -> Result<Tensor> {
        let x = self.into.forward(&self.unquantise.forward(latents)?)?;
        let mut x = self.middle.forward(&x)?;
        for level in &self.levels {
            for resnet in &level.resnets {
                x = resnet.forward(&x, None)?;
            }
            if let Some(up) = &level.up {
                x = up.forward_doubled(&x, None)?;
            }
        }
        self.out.forward_normed((&self.norm, None), &x, None)
    }
}
