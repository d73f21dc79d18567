use candle_core::Tensor;
use songwright_nn::{
    Linear, Result, Weights,
    conv::{Conv1d, ConvShape},
    norm::LayerNorm,
    ops::{depthwise, gelu_erf},
    weights::Bias,
};

use super::VocoderConfig;

const EPS: f64 = 1e-6;

/// The ConvNeXt encoder, features last but for its first convolution.
#[derive(Clone, Debug)]
pub(super) struct Backbone {
    stem: Conv1d,
    stem_norm: LayerNorm,
    /// How far the stem looks either way.
    reach: usize,
    /// A norm and a matrix before every stage but the first.
    between: Vec<(LayerNorm, Linear)>,
    stages: Vec<Vec<Block>>,
    norm: LayerNorm,
}

impl Backbone {
    pub(super) fn load(weights: &Weights, config: &VocoderConfig) -> Result<Self> {
        let taps = config.kernel_sizes.first().copied().unwrap_or(7);
        let first = config.dims.first().copied().unwrap_or_default();
        let layers = weights.pp("channel_layers");
        let stem = ConvShape {
            padding: 0,
            ..ConvShape::same(config.input_channels, first, taps)
        };
        let between = config
            .dims
            .windows(2)
            .enumerate()
            .map(|(i, pair)| {
                let layer = layers.pp(i + 1);
                let (inputs, outputs) = (pair[0], pair[1]);
                Ok((
                    LayerNorm::load(&layer.pp(0), inputs, EPS)?,
                    layer
                        .pp(1)
                        .pointwise(inputs, &[outputs, inputs, 1], Bias::With)?,
                ))
            })
            .collect::<Result<_>>()?;
        let stages = config
            .depths
            .iter()
            .zip(&config.dims)
            .enumerate()
            .map(|(stage, (depth, features))| {
                let stage = weights.pp("stages").pp(stage);
                (0..*depth)
                    .map(|i| Block::load(&stage.pp(i), *features, taps))
                    .collect::<Result<Vec<_>>>()
            })
            .collect::<Result<_>>()?;
        let last = config.dims.last().copied().unwrap_or_default();
        Ok(Self {
            stem: Conv1d::load(&layers.pp(0).pp(0), stem, Bias::With)?,
            stem_norm: LayerNorm::load(&layers.pp(0).pp(1), first, EPS)?,
            reach: taps / 2,
            between,
            stages,
            norm: LayerNorm::load(&weights.pp("norm"), last, EPS)?,
        })
    }

    /// `(batch, mels, frames)` → `(batch, features, frames)`.
    pub(super) fn forward(&self, mel: &Tensor) -> Result<Tensor> {
        let mut x = self.stem(mel)?;
        for (i, stage) in self.stages.iter().enumerate() {
            if let Some((norm, matrix)) = i.checked_sub(1).and_then(|i| self.between.get(i)) {
                x = matrix.forward(&norm.forward(&x)?)?;
            }
            for block in stage {
                x = block.forward(&x)?;
            }
        }
        Ok(self.norm.forward(&x)?.transpose(1, 2)?.contiguous()?)
    }

    /// Edges are continued with themselves, not with zeros.
    fn stem(&self, mel: &Tensor) -> Result<Tensor> {
        let padded = mel.pad_with_same(2, self.reach, self.reach)?;
        let x = self.stem.forward(&padded)?.transpose(1, 2)?.contiguous()?;
        self.stem_norm.forward(&x)
    }

    pub(super) fn parts(&self, mel: &Tensor) -> Result<[Tensor; 2]> {
        let stem = self.stem(mel)?;
        let mut x = stem.clone();
        for block in self.stages.first().into_iter().flatten() {
            x = block.forward(&x)?;
        }
        Ok([stem.transpose(1, 2)?, x.transpose(1, 2)?])
    }
}

#[derive(Clone, Debug)]
struct Block {
    depth_weight: Tensor,
    depth_bias: Tensor,
    norm: LayerNorm,
    pwconv1: Linear,
    pwconv2: Linear,
    gamma: Tensor,
}

impl Block {
    fn load(weights: &Weights, features: usize, taps: usize) -> Result<Self> {
        let depth = weights.pp("dwconv");
        Ok(Self {
            depth_weight: depth.depthwise(features, taps)?,
            depth_bias: depth.tensor("bias", features)?,
            norm: LayerNorm::load(&weights.pp("norm"), features, EPS)?,
            pwconv1: weights
                .pp("pwconv1")
                .linear(features, 4 * features, Bias::With)?,
            pwconv2: weights
                .pp("pwconv2")
                .linear(4 * features, features, Bias::With)?,
            gamma: weights.tensor("gamma", features)?,
        })
    }

    /// `(batch, frames, features)` → the same shape.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let seen = depthwise(x, &self.depth_weight, &self.depth_bias)?;
        let wide = self.pwconv1.forward(&self.norm.forward(&seen)?)?;
        let moved = self.pwconv2.forward(&gelu_erf(&wide)?)?;
        Ok((x + moved.broadcast_mul(&self.gamma)?)?)
    }
}
