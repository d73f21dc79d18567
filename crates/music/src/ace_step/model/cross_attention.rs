use candle_core::Tensor;
use songwright_nn::{Linear, Result, Weights, attention::attention, weights::Bias};

use super::rotary::Rotary;
use crate::ace_step::config::TransformerConfig;

/// What one block's queries meet: keys, turned to their positions, and values, each (batch, heads,
/// tokens, size). They do not change from step to step.
#[derive(Clone, Debug)]
pub struct KeyValues {
    pub(super) keys: Tensor,
    pub(super) values: Tensor,
}

/// Attention from latents to the prompt's tokens.
#[derive(Clone, Debug)]
pub(super) struct CrossAttention {
    to_q: Linear,
    to_kv: Linear,
    to_out: Linear,
    heads: usize,
    size: usize,
}

impl CrossAttention {
    pub(super) fn load(weights: &Weights, config: &TransformerConfig) -> Result<Self> {
        let (features, heads, size) = (
            config.inner_dim,
            config.num_attention_heads,
            config.attention_head_dim,
        );
        Ok(Self {
            to_q: weights
                .pp("to_q")
                .linear(features, heads * size, Bias::With)?,
            to_kv: weights.linears(&["to_k", "to_v"], features, heads * size, Bias::With)?,
            to_out: weights
                .pp("to_out.0")
                .linear(heads * size, features, Bias::With)?,
            heads,
            size,
        })
    }

    /// Of the prompt's `(batch, tokens, features)`.
    pub(super) fn key_values(&self, prompt: &Tensor, rotary: &Rotary) -> Result<KeyValues> {
        let (batch, tokens, _) = prompt.dims3()?;
        let kv = self
            .to_kv
            .forward(prompt)?
            .reshape((batch, tokens, 2, self.heads, self.size))?;
        let part = |i| -> Result<Tensor> { Ok(kv.narrow(2, i, 1)?.squeeze(2)?) };
        Ok(KeyValues {
            keys: rotary.apply(&part(0)?)?.transpose(1, 2)?.contiguous()?,
            values: part(1)?.transpose(1, 2)?.contiguous()?,
        })
    }

    /// `(batch, time, features)` → the same shape. `hidden` is −∞ where a token is no part of the
    /// prompt, (batch, 1, 1, tokens); `strength` multiplies the queries, (batch, 1, 1).
    pub(super) fn forward(
        &self,
        x: &Tensor,
        prompt: (&KeyValues, &Tensor),
        rotary: &Rotary,
        strength: Option<&Tensor>,
    ) -> Result<Tensor> {
        let (batch, time, _) = x.dims3()?;
        let (KeyValues { keys, values }, hidden) = prompt;
        let q = self.to_q.forward(x)?;
        let q = match strength {
            Some(strength) => q.broadcast_mul(strength)?,
            None => q,
        };
        let q = rotary
            .apply(&q.reshape((batch, time, self.heads, self.size))?)?
            .transpose(1, 2)?;
        #[expect(clippy::cast_precision_loss, reason = "heads are small")]
        let scale = (self.size as f64).sqrt().recip();
        let out = attention(&q, keys, values, scale, Some(hidden))?
            .transpose(1, 2)?
            .reshape((batch, time, self.heads * self.size))?;
        self.to_out.forward(&out)
    }
}
