use std::ops::Range;

use candle_core::{D, Tensor};
use songwright_nn::{Linear, Result, Weights, attention::attention, weights::Bias};

use crate::ace_step::config::LyricEncoderConfig;

/// Taken off the score of a masked token. Finite in bf16 too, so that a row of such tokens is no NaN.
const HIDDEN: f64 = 1e30;

/// Attention with relative positions (Dai et al. 2019, "Transformer-XL"; the reference's
/// `RelPositionMultiHeadedAttention`).
#[derive(Clone, Debug)]
pub(super) struct LyricAttention {
    linear_q: Linear,
    linear_k: Linear,
    linear_v: Linear,
    linear_out: Linear,
    linear_pos: Linear,
    pos_bias_u: Tensor,
    pos_bias_v: Tensor,
    heads: usize,
    size: usize,
}

impl LyricAttention {
    pub(super) fn load(weights: &Weights, config: &LyricEncoderConfig) -> Result<Self> {
        let (features, heads) = (config.output_size, config.attention_heads);
        let size = features / heads;
        let linear = |name, bias| weights.pp(name).linear(features, features, bias);
        Ok(Self {
            linear_q: linear("linear_q", Bias::With)?,
            linear_k: linear("linear_k", Bias::With)?,
            linear_v: linear("linear_v", Bias::With)?,
            linear_out: linear("linear_out", Bias::With)?,
            linear_pos: linear("linear_pos", Bias::Without)?,
            pos_bias_u: weights.tensor("pos_bias_u", (heads, size))?,
            pos_bias_v: weights.tensor("pos_bias_v", (heads, size))?,
            heads,
            size,
        })
    }

    /// `(batch, tokens, features)` → the same shape. `positions` is the sinusoid table of
    /// 2·tokens − 1 rows; `mask` is 1 where a token counts, (batch, 1, 1, tokens), and a row without
    /// any gives zeros; `strength` multiplies the queries, not the biases.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        positions: &Tensor,
        mask: &Tensor,
        strength: f64,
    ) -> Result<Tensor> {
        let (batch, tokens, features) = x.dims3()?;
        let by_head = |x: Tensor, rows: usize| -> Result<Tensor> {
            let count = x.dim(0)?;
            Ok(x.reshape((count, rows, self.heads, self.size))?
                .transpose(1, 2)?
                .contiguous()?)
        };
        let q = by_head((self.linear_q.forward(x)? * strength)?, tokens)?;
        let k = by_head(self.linear_k.forward(x)?, tokens)?;
        let v = by_head(self.linear_v.forward(x)?, tokens)?;
        let rows = positions.dim(1)?;
        let p = by_head(self.linear_pos.forward(positions)?, rows)?;
        let p = p
            .broadcast_as((batch, self.heads, rows, self.size))?
            .t()?
            .contiguous()?;
        let hidden = ((mask - 1.0)? * HIDDEN)?;
        let parts = (0..tokens)
            .step_by(QUERIES)
            .map(|from| self.rows(from..tokens.min(from + QUERIES), [&q, &k, &v, &p], &hidden))
            .collect::<Result<Vec<_>>>()?;
        let out = Tensor::cat(&parts, 2)?
            .broadcast_mul(&mask.max_keepdim(D::Minus1)?)?
            .transpose(1, 2)?
            .reshape((batch, tokens, features))?;
        self.linear_out.forward(&out)
    }

    /// What some of the queries see, (batch, heads, queries, size).
    fn rows(
        &self,
        rows: Range<usize>,
        [q, k, v, p]: [&Tensor; 4],
        hidden: &Tensor,
    ) -> Result<Tensor> {
        let tokens = q.dim(2)?;
        let queries = rows.len();
        let q = q.narrow(2, rows.start, queries)?;
        let biased = |bias: &Tensor| -> Result<Tensor> {
            Ok(q.broadcast_add(&bias.reshape((1, self.heads, 1, self.size))?)?)
        };
        // The positions that these queries can be away from a key.
        let seen = p
            .narrow(3, tokens - rows.end, tokens + queries - 1)?
            .contiguous()?;
        let place = shift(&biased(&self.pos_bias_v)?.matmul(&seen)?)?;
        #[expect(clippy::cast_precision_loss, reason = "heads are small")]
        let scale = (self.size as f64).sqrt().recip();
        let bias = (place * scale)?.broadcast_add(hidden)?;
        attention(&biased(&self.pos_bias_u)?, k, v, scale, Some(&bias))
    }
}

/// Queries at a time: a song of five thousand tokens has a score for each pair of them, in each head.
const QUERIES: usize = 256;

/// Of `(…, queries, tokens + queries − 1)` the entry (i, queries − 1 − i + j) at (i, j), for `tokens`
/// values of j.
fn shift(x: &Tensor) -> Result<Tensor> {
    let (batch, heads, queries, rows) = x.dims4()?;
    // That entry lies at `queries − 1 + i·(rows − 1) + j`: rows that are shorter by one.
    Ok(x.flatten_from(2)?
        .narrow(2, queries - 1, queries * (rows - 1))?
        .reshape((batch, heads, queries, rows - 1))?
        .narrow(3, 0, rows + 1 - queries)?
        .contiguous()?)
}
