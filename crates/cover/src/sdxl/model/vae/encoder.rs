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

/// From pictures to latents.
#[derive(Clone, Debug)]
pub struct VaeEncoder {
    into: Conv2d,
    levels: Vec<Level>,
    middle: Middle,
    norm: GroupNorm,
    out: Conv2d,
    quantise: Conv2d,
    latent_channels: usize,
}

#[derive(Clone, Debug)]
struct Level {
    resnets: Vec<Resnet>,
    down: Option<Conv2d>,
}

/// A normal distribution of latents, before the scaling factor.
#[derive(Clone, Debug)]
pub struct Moments {
    /// Its mean.
    pub mean: Tensor,
    /// Its standard deviation.
    pub std: Tensor,
}

impl VaeEncoder {
    /// `encoder` and `quant_conv` of a checkpoint.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, config: &VaeConfig) -> Result<Self> {
        let encoder = weights.pp("encoder");
        let (groups, latent) = (config.norm_num_groups, 2 * config.latent_channels);
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
        let conv = |place: &Weights, shape| Conv2d::load(place, shape, Bias::With);
        let shape = ResnetShape {
            groups,
            eps: EPS,
            time: None,
        };
        let mut levels = Vec::new();
        let mut before = first;
        for (i, channels) in config.block_out_channels.iter().enumerate() {
            let place = encoder.pp("down_blocks").pp(i);
            let resnets = (0..config.layers_per_block)
                .map(|layer| {
                    let inputs = if layer == 0 { before } else { *channels };
                    Resnet::load(&place.pp("resnets").pp(layer), inputs, *channels, shape)
                })
                .collect::<Result<_>>()?;
            // Zeros lie below and to the right only, which `forward` sees to.
            let halving = ConvShape {
                stride: 2,
                padding: 0,
                ..ConvShape::same(*channels, *channels, 3)
            };
            let down = (i + 1 < config.block_out_channels.len())
                .then(|| conv(&place.pp("downsamplers.0.conv"), halving));
            levels.push(Level {
                resnets,
                down: down.transpose()?,
            });
            before = *channels;
        }
        Ok(Self {
            into: conv(
                &encoder.pp("conv_in"),
                ConvShape::same(config.in_channels, first, 3),
            )?,
            levels,
            middle: Middle::load(&encoder.pp("mid_block"), last, groups)?,
            norm: GroupNorm::load(&encoder.pp("conv_norm_out"), groups, last, EPS)?,
            out: conv(&encoder.pp("conv_out"), ConvShape::same(last, latent, 3))?,
            quantise: conv(
                &weights.pp("quant_conv"),
                ConvShape::same(latent, latent, 1),
            )?,
            latent_channels: config.latent_channels,
        })
    }

    /// (batch, channels, height, width) of −1 to 1, height and width multiples of 8.
    ///
    /// # Errors
    /// Where there are other channels.
    pub fn forward(&self, picture: &Tensor) -> Result<Moments> {
        let mut x = self.into.forward(picture)?;
        for level in &self.levels {
            for resnet in &level.resnets {
                x = resnet.forward(&x, None)?;
            }
            if let Some(down) = &level.down {
                x = down.forward(&x.pad_with_zeros(2, 0, 1)?.pad_with_zeros(3, 0, 1)?)?;
            }
        }
        let x = self.middle.forward(&x)?;
        let x = self.out.forward_normed((&self.norm, None), &x, None)?;
        let both = self.quantise.forward(&x)?;
        let half = |i: usize| both.narrow(1, i * self.latent_channels, self.latent_channels);
        Ok(Moments {
            mean: half(0)?.contiguous()?,
            std: (half(1)?.contiguous()?.clamp(-30.0, 20.0)? * 0.5)?.exp()?,
        })
    }
}
