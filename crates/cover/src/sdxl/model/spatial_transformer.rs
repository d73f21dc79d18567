use candle_core::Tensor;
use songwright_nn::{Linear, Result, Weights, norm::GroupNorm, weights::Bias};

use super::{
    transformer_block::TransformerBlock,
    unet::{Context, Places},
};

/// Added to variances over groups.
const EPS: f64 = 1e-6;

/// Transformer blocks over the pixels of a latent (diffusers' `Transformer2DModel` with linear projections).
#[derive(Clone, Debug)]
pub(super) struct SpatialTransformer {
    norm: GroupNorm,
    into: Linear,
    out: Linear,
    blocks: Vec<TransformerBlock>,
    /// Which of all blocks of the UNet is the first here.
    first: usize,
}

/// How wide, deep and divided one is, and how wide the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct TransformerShape {
    pub(super) channels: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) text: usize,
    pub(super) groups: usize,
}

impl SpatialTransformer {
    pub(super) fn load(
        weights: &Weights,
        shape: TransformerShape,
        places: &mut Places,
    ) -> Result<Self> {
        let TransformerShape {
            channels,
            layers,
            heads,
            text,
            groups,
        } = shape;
        let linear = |name: &str| weights.pp(name).linear(channels, channels, Bias::With);
        let blocks = weights.pp("transformer_blocks");
        Ok(Self {
            norm: GroupNorm::load(&weights.pp("norm"), groups, channels, EPS)?,
            into: linear("proj_in")?,
            out: linear("proj_out")?,
            blocks: (0..layers)
                .map(|i| TransformerBlock::load(&blocks.pp(i), channels, heads, text))
                .collect::<Result<_>>()?,
            first: places.take(layers),
        })
    }

    pub(super) fn blocks(&self) -> &[TransformerBlock] {
        &self.blocks
    }

    /// (batch, channels, height, width) → the same shape.
    pub(super) fn forward(&self, x: &Tensor, context: &Context) -> Result<Tensor> {
        let (batch, channels, height, width) = x.dims4()?;
        let tokens = self
            .norm
            .forward(x)?
            .reshape((batch, channels, height * width))?
            .transpose(1, 2)?
            .contiguous()?;
        let mut tokens = self.into.forward(&tokens)?;
        for (i, block) in self.blocks.iter().enumerate() {
            tokens = block.forward(&tokens, context.of(self.first + i)?)?;
        }
        let out = self
            .out
            .forward(&tokens)?
            .transpose(1, 2)?
            .contiguous()?
            .reshape((batch, channels, height, width))?;
        Ok((out + x)?)
    }
}
