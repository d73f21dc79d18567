use candle_core::{D, DType, Tensor};

use super::Weights;
use crate::Result;

impl Weights {
    /// The weight of this place, stored as direction and length (Salimans & Kingma 2016, PyTorch's
    /// `weight_norm` over all dimensions but the first), under the names of either of its versions;
    /// or as one tensor, where somebody has folded it.
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn weight_normed(&self, shape: (usize, usize, usize)) -> Result<Tensor> {
        if self.has("weight") {
            return self.tensor("weight", shape);
        }
        let lengths = (shape.0, 1, 1);
        let parametrised = self.pp("parametrizations.weight");
        let (length, direction) = if parametrised.has("original0") {
            (
                parametrised.tensor("original0", lengths)?,
                parametrised.tensor("original1", shape)?,
            )
        } else {
            (
                self.tensor("weight_g", lengths)?,
                self.tensor("weight_v", shape)?,
            )
        };
        self.made(shape, || {
            let (length, direction) = (
                length.to_dtype(DType::F32)?,
                direction.to_dtype(DType::F32)?,
            );
            let norm = direction
                .sqr()?
                .sum_keepdim(D::Minus1)?
                .sum_keepdim(1)?
                .sqrt()?;
            Ok(direction
                .broadcast_mul(&length.broadcast_div(&norm)?)?
                .to_dtype(self.dtype())?)
        })
    }

    /// A depthwise convolution's weight over time, stored as (channels, 1, taps), as the rows of taps
    /// that [`crate::ops::depthwise`] reads: (taps, channels).
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn depthwise(&self, channels: usize, taps: usize) -> Result<Tensor> {
        let weight = self.tensor("weight", (channels, 1, taps))?;
        self.made((taps, channels), || {
            Ok(weight.reshape((channels, taps))?.t()?.contiguous()?)
        })
    }
}
