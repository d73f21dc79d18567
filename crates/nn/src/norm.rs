//! Normalisation.

use candle_core::{D, DType, Tensor, shape::Dim};

use crate::{
    Result, Weights,
    cpu::{
        self,
        elements::{Elements, tensor},
        norms::{Channels, Layer, Rms, Then},
        rows::each,
    },
};

mod group;
#[cfg(test)]
mod tests;

pub use group::GroupNorm;

/// Root mean square over the last dimension (Zhang & Sennrich 2019), the mean taken in f32.
#[derive(Clone, Debug)]
pub struct RmsNorm {
    weight: Option<Tensor>,
    eps: f64,
}

impl RmsNorm {
    /// With `weight` of this place.
    ///
    /// # Errors
    /// Where the tensor is missing or of another shape.
    pub fn load(weights: &Weights, size: usize, eps: f64) -> Result<Self> {
        Ok(Self {
            weight: Some(weights.tensor("weight", size)?),
            eps,
        })
    }

    /// Without a weight.
    #[must_use]
    pub fn plain(eps: f64) -> Self {
        Self { weight: None, eps }
    }

    /// `(…, size)` → `(…, size)`.
    ///
    /// # Errors
    /// Those of the device.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if cpu::usable(&[x]) && fits(x, D::Minus1, self.weight.as_ref()) {
            let x = x.contiguous()?;
            let (numbers, weight) = (
                Elements::of(&x)?,
                self.weight.as_ref().map(Elements::of).transpose()?,
            );
            let norm = Rms {
                eps: narrow(self.eps),
                then: weight
                    .as_ref()
                    .map_or(Then::Nothing, |weight| Then::Weight(weight.all())),
            };
            return tensor(each(norm, numbers.all(), x.dim(D::Minus1)?), x.shape());
        }
        self.composed(x)
    }

    fn composed(&self, x: &Tensor) -> Result<Tensor> {
        let wide = x.to_dtype(DType::F32)?;
        let mean = wide.sqr()?.mean_keepdim(D::Minus1)?;
        let normed = wide
            .broadcast_div(&(mean + self.eps)?.sqrt()?)?
            .to_dtype(x.dtype())?;
        match &self.weight {
            Some(weight) => Ok(normed.broadcast_mul(weight)?),
            None => Ok(normed),
        }
    }
}

/// Mean and variance over the last dimension (Ba et al. 2016), with weight and bias.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl LayerNorm {
    /// With `weight` and `bias` of this place.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, size: usize, eps: f64) -> Result<Self> {
        Ok(Self {
            weight: weights.tensor("weight", size)?,
            bias: weights.tensor("bias", size)?,
            eps,
        })
    }

    /// `(…, size)` → `(…, size)`.
    ///
    /// # Errors
    /// Those of the device.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if cpu::usable(&[x]) && fits(x, D::Minus1, Some(&self.weight)) {
            let x = x.contiguous()?;
            let (numbers, weight) = (Elements::of(&x)?, Elements::of(&self.weight)?);
            let bias = Elements::of(&self.bias)?;
            let norm = Layer {
                eps: narrow(self.eps),
                weight: weight.all(),
                bias: bias.all(),
            };
            return tensor(each(norm, numbers.all(), x.dim(D::Minus1)?), x.shape());
        }
        self.composed(x)
    }

    fn composed(&self, x: &Tensor) -> Result<Tensor> {
        let wide = x.to_dtype(DType::F32)?;
        let centred = wide.broadcast_sub(&wide.mean_keepdim(D::Minus1)?)?;
        let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
        let normed = centred.broadcast_div(&(variance + self.eps)?.sqrt()?)?;
        Ok(normed
            .broadcast_mul(&self.weight.to_dtype(DType::F32)?)?
            .broadcast_add(&self.bias.to_dtype(DType::F32)?)?
            .to_dtype(x.dtype())?)
    }
}

/// Root mean square over the channels of each pixel, with weight and bias (diffusers' `RMSNorm` with
/// a bias, on channels moved last).
#[derive(Clone, Debug)]
pub struct ChannelRmsNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl ChannelRmsNorm {
    /// With `weight` and `bias` of this place.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, channels: usize, eps: f64) -> Result<Self> {
        Ok(Self {
            weight: weights.tensor("weight", channels)?,
            bias: weights.tensor("bias", channels)?,
            eps,
        })
    }

    /// `(batch, channels, height, width)` → the same shape.
    ///
    /// # Errors
    /// Where the channels are others.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.forward_onto(x, None)
    }

    /// The same, added to `residual` of the same shape.
    ///
    /// # Errors
    /// Where the channels are others, or the residual's shape is.
    pub fn forward_onto(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Tensor> {
        let alike = residual.is_none_or(|residual| residual.dims() == x.dims());
        if !cpu::usable(&[x]) || !alike || !fits(x, 1, Some(&self.weight)) {
            let normed = self.composed(x)?;
            return match residual {
                Some(residual) => Ok((residual + normed)?),
                None => Ok(normed),
            };
        }
        let (x, residual) = (
            x.contiguous()?,
            residual.map(Tensor::contiguous).transpose()?,
        );
        let (numbers, weight) = (Elements::of(&x)?, Elements::of(&self.weight)?);
        let bias = Elements::of(&self.bias)?;
        let residual = residual.as_ref().map(Elements::of).transpose()?;
        let norm = Channels {
            x: numbers.all(),
            eps: narrow(self.eps),
            weight: weight.all(),
            bias: bias.all(),
            residual: residual.as_ref().map(Elements::all),
            places: x.dims().iter().skip(2).product(),
        };
        tensor(norm.run(), x.shape())
    }

    fn composed(&self, x: &Tensor) -> Result<Tensor> {
        let channels = self.weight.elem_count();
        let wide = x.to_dtype(DType::F32)?;
        let mean = wide.sqr()?.mean_keepdim(1)?;
        let normed = wide
            .broadcast_div(&(mean + self.eps)?.sqrt()?)?
            .to_dtype(x.dtype())?;
        Ok(normed
            .broadcast_mul(&self.weight.reshape((1, channels, 1, 1))?)?
            .broadcast_add(&self.bias.reshape((1, channels, 1, 1))?)?)
    }
}

/// Whether that dimension of `x` is as long as the weight, which an own loop takes; what does not fit
/// is told so by candle.
fn fits(x: &Tensor, dim: impl Dim, weight: Option<&Tensor>) -> bool {
    match (x.dim(dim), weight) {
        (Ok(size), Some(weight)) => {
            weight.elem_count() == size && cpu::usable(&[weight]) && weight.is_contiguous()
        }
        (found, None) => found.is_ok(),
        _ => false,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "computed in f32")]
fn narrow(eps: f64) -> f32 {
    eps as f32
}
