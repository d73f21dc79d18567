use candle_core::Tensor;
use songwright_nn::{
    Result, Weights,
    ops::{gated_sum, modulated_rms},
};

use super::{
    cross_attention::{CrossAttention, KeyValues},
    feed_forward::FeedForward,
    linear_attention::LinearAttention,
    rotary::Rotary,
};
use crate::ace_step::config::TransformerConfig;

/// Of every norm without a weight.
pub(super) const EPS: f64 = 1e-6;

/// One layer of the diffusion transformer: adaptive norms of one shared projection ("AdaLN-single",
/// Chen et al. 2023, "PixArt-α"), self-attention, cross-attention and a gated convolution.
#[derive(Clone, Debug)]
pub(super) struct Block {
    scale_shift_table: Tensor,
    attn: LinearAttention,
    cross_attn: CrossAttention,
    ff: FeedForward,
}

/// What a block reads beside the latents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around<'a> {
    /// The step's six modulations, (batch or 1, 6, features).
    pub(super) modulation: &'a Tensor,
    /// The prompt, and −∞ where its tokens are hidden.
    pub(super) prompt: (&'a KeyValues, &'a Tensor),
    /// The angles of the latents' positions.
    pub(super) rotary: &'a Rotary,
    /// What multiplies the queries of the cross-attention.
    pub(super) strength: Option<&'a Tensor>,
}

impl Block {
    pub(super) fn load(weights: &Weights, config: &TransformerConfig) -> Result<Self> {
        Ok(Self {
            scale_shift_table: weights.tensor("scale_shift_table", (6, config.inner_dim))?,
            attn: LinearAttention::load(&weights.pp("attn"), config)?,
            cross_attn: CrossAttention::load(&weights.pp("cross_attn"), config)?,
            ff: FeedForward::load(&weights.pp("ff"), config.inner_dim, config.hidden())?,
        })
    }

    pub(super) fn key_values(&self, prompt: &Tensor, rotary: &Rotary) -> Result<KeyValues> {
        self.cross_attn.key_values(prompt, rotary)
    }

    /// `(batch, time, features)` → the same shape.
    pub(super) fn forward(&self, x: &Tensor, around: Around<'_>) -> Result<Tensor> {
        let six = self
            .scale_shift_table
            .unsqueeze(0)?
            .broadcast_add(around.modulation)?;
        let part = |i| six.narrow(1, i, 1);
        let normed = modulated_rms(x, &part(1)?, &part(0)?, EPS)?;
        let seen = self.attn.forward(&normed, around.rotary)?;
        let x = gated_sum(x, &seen, &part(2)?)?;
        let asked = self
            .cross_attn
            .forward(&x, around.prompt, around.rotary, around.strength)?;
        let x = (x + asked)?;
        let normed = modulated_rms(&x, &part(4)?, &part(3)?, EPS)?;
        let moved = self.ff.forward(&normed)?;
        gated_sum(&x, &moved, &part(5)?)
    }
}
