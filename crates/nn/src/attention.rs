//! Scaled dot-product attention.

use candle_core::Tensor;

use crate::{Result, ops::softmax_last};

/// `softmax(scale·q·kᵀ + bias)·v` (Vaswani et al. 2017).
///
/// `q` is (batch, heads, queries, size), `k` and `v` are (batch, heads, keys, size); `bias` is
/// added to the scores and broadcasts to (batch, heads, queries, keys), −∞ where a key is hidden.
///
/// # Errors
/// Where the shapes do not fit together.
pub fn attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    scale: f64,
    bias: Option<&Tensor>,
) -> Result<Tensor> {
    let scores = (q.contiguous()?.matmul(&k.t()?.contiguous()?)? * scale)?;
    let scores = match bias {
        Some(bias) => scores.broadcast_add(bias)?,
        None => scores,
    };
    Ok(softmax_last(&scores)?.matmul(&v.contiguous()?)?)
}
