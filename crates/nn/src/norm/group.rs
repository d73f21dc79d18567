use candle_core::{D, DType, Tensor};

use super::{fits, narrow};
use crate::{
    Result, Weights,
    cpu::{
        self,
        elements::{Elements, tensor},
        group_norm,
    },
    ops::silu,
};

/// Mean and variance over groups of channels and all positions (Wu & He 2018).
#[derive(Clone, Debug)]
pub struct GroupNorm {
    pub(super) groups: usize,
    pub(super) weight: Tensor,
    pub(super) bias: Tensor,
    pub(super) eps: f64,
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
        match self.own(x, None, |norm| tensor(norm.run(false), x.shape()))? {
            Some(normed) => Ok(normed),
            None => self.composed(x),
        }
    }

    /// SiLU of the same, `shift` (batch, channels) being added before the norm.
    ///
    /// # Errors
    /// Where the channels cannot be cut into the groups, or the shift has another shape.
    pub fn forward_silu(&self, x: &Tensor, shift: Option<&Tensor>) -> Result<Tensor> {
        match self.own(x, shift, |norm| tensor(norm.run(true), x.shape()))? {
            Some(normed) => Ok(normed),
            None => self.silu_composed(x, shift),
        }
    }

    /// What the norm multiplies each channel of each row of the batch with, and what it adds then; `None` where
    /// the own loop does not take this.
    pub(crate) fn scales(
        &self,
        x: &Tensor,
        shift: Option<&Tensor>,
    ) -> Result<Option<Vec<[f32; 2]>>> {
        self.own(x, shift, |norm| Ok(norm.scales()))
    }

    /// `None` where the own loop does not take this.
    fn own<T>(
        &self,
        x: &Tensor,
        shift: Option<&Tensor>,
        run: impl FnOnce(group_norm::GroupNorm<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let channels = self.weight.elem_count();
        let shifts =
            |shift: &Tensor| cpu::usable(&[shift]) && shift.dims() == [x.dims()[0], channels];
        let usable = cpu::usable(&[x]) && x.elem_count() > 0 && fits(x, 1, Some(&self.weight));
        if !usable || !channels.is_multiple_of(self.groups) || !shift.is_none_or(shifts) {
            return Ok(None);
        }
        let (x, shift) = (x.contiguous()?, shift.map(Tensor::contiguous).transpose()?);
        let (numbers, weight) = (Elements::of(&x)?, Elements::of(&self.weight)?);
        let bias = Elements::of(&self.bias)?;
        let shift = shift.as_ref().map(Elements::of).transpose()?;
        let norm = group_norm::GroupNorm {
            x: numbers.all(),
            batch: x.dim(0)?,
            groups: self.groups,
            weight: weight.all(),
            bias: bias.all(),
            shift: shift.as_ref().map(Elements::all),
            eps: narrow(self.eps),
        };
        run(norm).map(Some)
    }

    pub(super) fn composed(&self, x: &Tensor) -> Result<Tensor> {
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
            .reshape(dims.as_slice())?;
        let mut one_a_channel = vec![1; dims.len()];
        one_a_channel[1] = channels;
        let a_channel = |x: &Tensor| x.to_dtype(DType::F32)?.reshape(one_a_channel.as_slice());
        Ok(normed
            .broadcast_mul(&a_channel(&self.weight)?)?
            .broadcast_add(&a_channel(&self.bias)?)?
            .to_dtype(x.dtype())?)
    }

    pub(super) fn silu_composed(&self, x: &Tensor, shift: Option<&Tensor>) -> Result<Tensor> {
        let Some(shift) = shift else {
            return silu(&self.composed(x)?);
        };
        let (batch, channels) = shift.dims2()?;
        let mut one_a_channel = vec![1; x.rank()];
        (one_a_channel[0], one_a_channel[1]) = (batch, channels);
        silu(&self.composed(&x.broadcast_add(&shift.reshape(one_a_channel)?)?)?)
    }
}
