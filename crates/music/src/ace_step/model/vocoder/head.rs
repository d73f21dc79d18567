use candle_core::Tensor;
use songwright_nn::{
    Result, Weights,
    conv::{Conv1d, ConvShape, ConvTranspose1d},
};

use super::VocoderConfig;

/// The HiFi-GAN generator. Its weights are stored apart as direction and length, and folded here.
#[derive(Clone, Debug)]
pub(super) struct Head {
    conv_pre: Conv1d,
    layers: Vec<Layer>,
    conv_post: Conv1d,
}

/// One lengthening, and the residual blocks whose mean it hands on.
#[derive(Clone, Debug)]
struct Layer {
    up: ConvTranspose1d,
    resblocks: Vec<ResBlock>,
}

impl Head {
    pub(super) fn load(weights: &Weights, config: &VocoderConfig) -> Result<Self> {
        let kernels = &config.resblock_kernel_sizes;
        let mut channels = config.upsample_initial_channel;
        let mut layers = Vec::with_capacity(config.upsample_rates.len());
        let rates = config.upsample_rates.iter();
        for (i, (rate, taps)) in rates.zip(&config.upsample_kernel_sizes).enumerate() {
            let shape = ConvShape {
                stride: *rate,
                padding: (taps - rate) / 2,
                ..ConvShape::same(channels, channels / 2, *taps)
            };
            channels /= 2;
            let resblocks = kernels
                .iter()
                .zip(&config.resblock_dilation_sizes)
                .enumerate()
                .map(|(j, (taps, dilations))| {
                    let place = weights.pp("resblocks").pp(i * kernels.len() + j);
                    ResBlock::load(&place, (channels, *taps), dilations)
                })
                .collect::<Result<_>>()?;
            layers.push(Layer {
                up: ConvTranspose1d::load_normed(&weights.pp("ups").pp(i), shape)?,
                resblocks,
            });
        }
        let pre = ConvShape::same(
            config.num_mels,
            config.upsample_initial_channel,
            config.pre_conv_kernel_size,
        );
        let post = ConvShape::same(channels, 1, config.post_conv_kernel_size);
        Ok(Self {
            conv_pre: Conv1d::load_normed(&weights.pp("conv_pre"), pre)?,
            layers,
            conv_post: Conv1d::load_normed(&weights.pp("conv_post"), post)?,
        })
    }

    /// `(batch, features, frames)` → `(batch, 1, samples)`.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut x = self.conv_pre.forward(x)?;
        for layer in &self.layers {
            x = layer.forward(&x)?;
        }
        Ok(self.conv_post.forward_silu(&x, None)?.tanh()?)
    }

    pub(super) fn parts(&self, x: &Tensor) -> Result<[Tensor; 3]> {
        let pre = self.conv_pre.forward(x)?;
        let (mut up, mut block) = (pre.clone(), pre.clone());
        if let Some(layer) = self.layers.first() {
            up = layer.up.forward_silu(&pre)?;
            block = up.clone();
            if let Some(first) = layer.resblocks.first() {
                block = first.forward(&up)?;
            }
        }
        Ok([pre, up, block])
    }
}

impl Layer {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.up.forward_silu(x)?;
        let mut sum: Option<Tensor> = None;
        for block in &self.resblocks {
            let seen = block.forward(&x)?;
            sum = Some(match sum {
                Some(sum) => (sum + seen)?,
                None => seen,
            });
        }
        #[expect(clippy::cast_precision_loss, reason = "blocks are few")]
        let share = (self.resblocks.len() as f64).recip();
        match sum {
            Some(sum) => Ok((sum * share)?),
            None => Ok(x),
        }
    }
}

#[derive(Clone, Debug)]
struct ResBlock {
    pairs: Vec<(Conv1d, Conv1d)>,
}

impl ResBlock {
    fn load(
        weights: &Weights,
        (channels, taps): (usize, usize),
        dilations: &[usize],
    ) -> Result<Self> {
        let pairs = dilations
            .iter()
            .enumerate()
            .map(|(i, dilation)| {
                let second = ConvShape::same(channels, channels, taps);
                let first = ConvShape {
                    dilation: *dilation,
                    padding: (taps * dilation - dilation) / 2,
                    ..second
                };
                Ok((
                    Conv1d::load_normed(&weights.pp("convs1").pp(i), first)?,
                    Conv1d::load_normed(&weights.pp("convs2").pp(i), second)?,
                ))
            })
            .collect::<Result<_>>()?;
        Ok(Self { pairs })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut x = x.clone();
        for (first, second) in &self.pairs {
            let seen = first.forward_silu(&x, None)?;
            x = second.forward_silu(&seen, Some(&x))?;
        }
        Ok(x)
    }
}
