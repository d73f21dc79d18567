use candle_core::Tensor;
use songwright_nn::{Linear, Result, Weights, attention::Relative, weights::Bias};

use crate::ace_step::config::LyricEncoderConfig;

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
    /// 2·tokens − 1 rows, (1, rows, features); `mask` is 1 where a token counts, (batch, tokens), and a row
    /// without any gives zeros; `strength` multiplies the queries, not the biases.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        positions: &Tensor,
        mask: &Tensor,
        strength: Option<f64>,
    ) -> Result<Tensor> {
        let (batch, tokens, features) = x.dims3()?;
        let by_head = |x: Tensor| x.reshape((batch, tokens, self.heads, self.size));
        let q = self.linear_q.forward(x)?;
        let q = match strength {
            Some(strength) => (q * strength)?,
            None => q,
        };
        let (q, k) = (by_head(q)?, by_head(self.linear_k.forward(x)?)?);
        let v = by_head(self.linear_v.forward(x)?)?;
        let places = self.linear_pos.forward(positions)?;
        let places = places.reshape(((), self.heads, self.size))?;
        let relative = Relative {
            places: &places,
            to_keys: &self.pos_bias_u,
            to_places: &self.pos_bias_v,
            mask,
        };
        #[expect(clippy::cast_precision_loss, reason = "heads are small")]
        let scale = (self.size as f64).sqrt().recip();
        let seen = relative.attention([&q, &k, &v], scale)?;
        self.linear_out
            .forward(&seen.reshape((batch, tokens, features))?)
    }
}
