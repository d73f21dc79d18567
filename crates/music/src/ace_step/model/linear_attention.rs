use candle_core::Tensor;
use songwright_nn::{Linear, Result, Weights, attention::linear_attention, weights::Bias};

use super::rotary::Rotary;
use crate::ace_step::config::TransformerConfig;

/// What keeps the normaliser from zero.
const EPS: f64 = 1e-15;

/// Self-attention without a softmax (Katharopoulos et al. 2020; Xie et al. 2024, "SANA"): ReLU as
/// the kernel, after the position angles, so its cost is linear in the length.
#[derive(Clone, Debug)]
pub(super) struct LinearAttention {
    to_qkv: Linear,
    to_out: Linear,
    heads: usize,
    size: usize,
}

impl LinearAttention {
    pub(super) fn load(weights: &Weights, config: &TransformerConfig) -> Result<Self> {
        let (features, heads, size) = (
            config.inner_dim,
            config.num_attention_heads,
            config.attention_head_dim,
        );
        Ok(Self {
            to_qkv: weights.linears(
                &["to_q", "to_k", "to_v"],
                features,
                heads * size,
                Bias::With,
            )?,
            to_out: weights
                .pp("to_out.0")
                .linear(heads * size, features, Bias::With)?,
            heads,
            size,
        })
    }

    /// `(batch, time, features)` → the same shape. The sums over time are taken in f32.
    pub(super) fn forward(&self, x: &Tensor, rotary: &Rotary) -> Result<Tensor> {
        let (batch, time, _) = x.dims3()?;
        let qkv = self
            .to_qkv
            .forward(x)?
            .reshape((batch, time, 3, self.heads, self.size))?;
        let out = linear_attention(&qkv, rotary.pairs(), EPS)?;
        self.to_out.forward(&out)
    }
}
