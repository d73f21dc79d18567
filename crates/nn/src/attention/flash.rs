//! Attention that keeps no scores (Dao 2023, "FlashAttention-2"), by candle's kernels for NVIDIA's cards.

use candle_core::{DType, Tensor};

use crate::Result;

/// Features of a head that there are kernels for, at most, and what they are a multiple of.
const FEATURES: (usize, usize) = (512, 8);

/// `softmax(scale·q·kᵀ)·v` of (batch, heads, …, size), in half precision on a card: `None` elsewhere, and for sizes that there is no
/// kernel for.
pub(super) fn attention([q, k, v]: [&Tensor; 3], scale: f64) -> Result<Option<Tensor>> {
    let size = q.dim(3)?;
    let is_half = matches!(q.dtype(), DType::F16 | DType::BF16);
    if !q.device().is_cuda() || !is_half || size > FEATURES.0 || !size.is_multiple_of(FEATURES.1) {
        return Ok(None);
    }
    // Time before heads, features side by side.
    let by_time = |x: &Tensor| x.transpose(1, 2)?.contiguous();
    #[expect(clippy::cast_possible_truncation, reason = "the kernels take f32")]
    let seen = candle_flash_attn::flash_attn(
        &by_time(q)?,
        &by_time(k)?,
        &by_time(v)?,
        scale as f32,
        false,
    )?;
    Ok(Some(seen.transpose(1, 2)?))
}
