use candle_core::Tensor;
use songwright_nn::{
    Result, Weights,
    conv::{Conv2d, ConvShape},
    norm::ChannelRmsNorm,
    weights::Bias,
};

use super::{
    config::{BlockType, StageConfig},
    efficient_vit::EfficientVit,
};

/// Of every norm.
pub(super) const EPS: f64 = 1e-5;

/// A block of a stage, `(batch, channels, height, width)` → the same shape.
#[derive(Clone, Debug)]
pub(super) enum Block {
    Res(ResBlock),
    EfficientVit(EfficientVit),
}

impl Block {
    pub(super) fn load(weights: &Weights, stage: &StageConfig<'_>) -> Result<Self> {
        Ok(match stage.kind {
            BlockType::ResBlock => Self::Res(ResBlock::load(weights, stage.channels)?),
            BlockType::EfficientViTBlock => Self::EfficientVit(EfficientVit::load(weights, stage)?),
        })
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Res(block) => block.forward(x),
            Self::EfficientVit(block) => block.forward(x),
        }
    }

    /// Whether it sees the whole picture, so that none of it can be made by itself.
    pub(super) fn is_global(&self) -> bool {
        matches!(self, Self::EfficientVit(_))
    }
}

#[derive(Clone, Debug)]
pub(super) struct ResBlock {
    conv1: Conv2d,
    conv2: Conv2d,
    norm: ChannelRmsNorm,
}

impl ResBlock {
    fn load(weights: &Weights, channels: usize) -> Result<Self> {
        let shape = ConvShape::same(channels, channels, 3);
        Ok(Self {
            conv1: Conv2d::load(&weights.pp("conv1"), shape, Bias::With)?,
            conv2: Conv2d::load(&weights.pp("conv2"), shape, Bias::Without)?,
            norm: ChannelRmsNorm::load(&weights.pp("norm"), channels, EPS)?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let seen = self.conv2.forward_silu(&self.conv1.forward(x)?)?;
        self.norm.forward_onto(&seen, Some(x))
    }
}
