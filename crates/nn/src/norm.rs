//! Normalisation.

use candle_core::{D, DType, Tensor};

use crate::{Result, Weights};

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
        let wide = x.to_dtype(DType::F32)?;
        let centred = wide.broadcast_sub(&wide.mean_keepdim(D::Minus1)?)?;
        let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
        let normed = centred
            .broadcast_div(&(variance + self.eps)?.sqrt()?)?
            .to_dtype(x.dtype())?;
        Ok(normed
            .broadcast_mul(&self.weight)?
            .broadcast_add(&self.bias)?)
    }
}

/// Mean and variance over groups of channels and all positions (Wu & He 2018).
#[derive(Clone, Debug)]
pub struct GroupNorm {
    groups: usize,
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl GroupNorm {
    /// With `weight` and `bias` of this place.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, groups: usize, channels: usize, eps: f64) -> Result<Self> {
        Ok(Self {
            groups,
            weight: weights.tensor("weight", channels)?,
            bias: weights.tensor("bias", channels)?,
            eps,
        })
    }

    /// `(batch, channels, …)` → the same shape.
    ///
    /// # Errors
    /// Where the channels cannot be cut into the groups.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let dims = x.dims().to_vec();
        let (batch, channels) = (dims[0], dims[1]);
        let wide = x.to_dtype(DType::F32)?.reshape((
            batch,
            self.groups,
            x.elem_count() / (batch * self.groups),
        ))?;
        let centred = wide.broadcast_sub(&wide.mean_keepdim(D::Minus1)?)?;
        let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
        let normed = centred
            .broadcast_div(&(variance + self.eps)?.sqrt()?)?
            .to_dtype(x.dtype())?
            .reshape(dims.as_slice())?;
        let mut one_a_channel = vec![1; dims.len()];
        one_a_channel[1] = channels;
        Ok(normed
            .broadcast_mul(&self.weight.reshape(one_a_channel.as_slice())?)?
            .broadcast_add(&self.bias.reshape(one_a_channel.as_slice())?)?)
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
