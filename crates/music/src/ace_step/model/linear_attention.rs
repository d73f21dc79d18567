use candle_core::{D, DType, Tensor};
use songwright_nn::{Linear, Result, Weights, weights::Bias};

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
        let part = |i| -> Result<Tensor> { Ok(qkv.narrow(2, i, 1)?.squeeze(2)?) };
        let by_head = |x: Tensor| -> Result<Tensor> {
            Ok(x.to_dtype(DType::F32)?.transpose(1, 2)?.contiguous()?)
        };
        let q = by_head(rotary.apply(&part(0)?)?.relu()?)?;
        let k = by_head(rotary.apply(&part(1)?)?.relu()?)?;
        let v = by_head(part(2)?)?;
        let state = k.t()?.contiguous()?.matmul(&v)?;
        let total = k.sum_keepdim(2)?;
        let normaliser = (q.broadcast_mul(&total)?.sum_keepdim(D::Minus1)? + EPS)?;
        let out = q
            .matmul(&state)?
            .broadcast_div(&normaliser)?
            .transpose(1, 2)?
            .reshape((batch, time, self.heads * self.size))?
            .to_dtype(x.dtype())?;
        self.to_out.forward(&out)
    }
}
