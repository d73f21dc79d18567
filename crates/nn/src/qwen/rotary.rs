//! Positions as turns of pairs of features (Su et al. 2021): the two of a pair half a head apart, or side by
//! side.

use candle_core::{DType, Device, Tensor};

use super::{Config, Family};
use crate::Result;

/// Cosines and sines of all positions, in f32.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    cos: Tensor,
    sin: Tensor,
    pairs: Pairs,
}

/// Where the two features of a pair are.
#[derive(Clone, Copy, Debug)]
enum Pairs {
    HalfAHeadApart,
    SideBySide,
}

/// Cosines and sines of the positions of one pass: (positions, half a head), or with the batch before.
#[derive(Clone, Debug)]
pub(super) struct Turns {
    cos: Tensor,
    sin: Tensor,
    pairs: Pairs,
}

impl Tables {
    /// For `positions` positions.
    pub(super) fn new(config: &Config, positions: usize, device: &Device) -> Result<Self> {
        let half = config.head_dim / 2;
        let mut angles = Vec::with_capacity(positions * half);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "the reference computes inverse wavelengths and angles in f32"
        )]
        for position in 0..positions {
            for i in 0..half {
                let power = (2 * i) as f32 / config.head_dim as f32;
                let turn = 1.0 / (config.rope_theta as f32).powf(power);
                angles.push(position as f32 * turn);
            }
        }
        let angles = Tensor::from_vec(angles, (positions, half), device)?;
        Ok(Self {
            cos: angles.cos()?,
            sin: angles.sin()?,
            pairs: match config.family {
                Family::Qwen2 | Family::Qwen3 => Pairs::HalfAHeadApart,
                Family::Llama => Pairs::SideBySide,
            },
        })
    }

    /// How many positions there are.
    pub(super) fn len(&self) -> Result<usize> {
        Ok(self.cos.dim(0)?)
    }

    /// Positions from `from` on.
    pub(super) fn range(&self, from: usize, count: usize) -> Result<Turns> {
        Ok(Turns {
            cos: self.cos.narrow(0, from, count)?,
            sin: self.sin.narrow(0, from, count)?,
            pairs: self.pairs,
        })
    }

    /// The positions of each row of a batch, one after the other.
    pub(super) fn pick(&self, positions: &[u32], batch: usize) -> Result<Turns> {
        let count = positions.len() / batch.max(1);
        let ids = Tensor::new(positions, self.cos.device())?;
        let pick = |table: &Tensor| -> Result<Tensor> {
            let half = table.dim(1)?;
            Ok(table.index_select(&ids, 0)?.reshape((batch, count, half))?)
        };
        Ok(Turns {
            cos: pick(&self.cos)?,
            sin: pick(&self.sin)?,
            pairs: self.pairs,
        })
    }
}

impl Turns {
    /// `(batch, heads, positions, size)`, turned; computed in f32.
    pub(super) fn turn(&self, x: &Tensor) -> Result<Tensor> {
        let wide = x.to_dtype(DType::F32)?.contiguous()?;
        let turned = match self.pairs {
            Pairs::HalfAHeadApart => candle_nn::rotary_emb::rope(&wide, &self.cos, &self.sin)?,
            Pairs::SideBySide => candle_nn::rotary_emb::rope_i(&wide, &self.cos, &self.sin)?,
        };
        Ok(turned.to_dtype(x.dtype())?)
    }
}
