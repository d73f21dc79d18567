//! Attention with fewer heads of keys and values than of queries (Ainslie et al. 2023).

use candle_core::Tensor;

use super::{Cache, Config, Family, model::Pass};
use crate::{Linear, Result, Weights, attention::attention, norm::RmsNorm, weights::Bias};

#[derive(Debug)]
pub(super) struct SelfAttention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    /// Of queries and of keys.
    norms: Option<(RmsNorm, RmsNorm)>,
    layer: usize,
    heads: usize,
    groups: usize,
    size: usize,
}

impl SelfAttention {
    pub(super) fn load(weights: &Weights, config: &Config, layer: usize) -> Result<Self> {
        let (heads, size) = (config.num_attention_heads, config.head_dim);
        let groups = config.num_key_value_heads;
        let hidden = config.hidden_size;
        let bias = match config.family {
            Family::Qwen2 => Bias::With,
            Family::Qwen3 | Family::Llama => Bias::Without,
        };
        let norms = match config.family {
            Family::Qwen2 | Family::Llama => None,
            Family::Qwen3 => {
                let norm = |name| RmsNorm::load(&weights.pp(name), size, config.rms_norm_eps);
                Some((norm("q_norm")?, norm("k_norm")?))
            }
        };
        Ok(Self {
            query: weights.pp("q_proj").linear(hidden, heads * size, bias)?,
            key: weights.pp("k_proj").linear(hidden, groups * size, bias)?,
            value: weights.pp("v_proj").linear(hidden, groups * size, bias)?,
            output: weights
                .pp("o_proj")
                .linear(heads * size, hidden, Bias::Without)?,
            norms,
            layer,
            heads,
            groups,
            size,
        })
    }

    /// `(batch, tokens, features)` → the same shape.
    pub(super) fn forward(&self, x: &Tensor, pass: &Pass, cache: &Cache) -> Result<Tensor> {
        let (batch, tokens, _) = x.dims3()?;
        let by_head = |x: Tensor, heads: usize, norm: Option<&RmsNorm>| -> Result<Tensor> {
            let x = x.reshape((batch, tokens, heads, self.size))?;
            let x = match norm {
                Some(norm) => norm.forward(&x)?,
                None => x,
            };
            Ok(x.transpose(1, 2)?)
        };
        let (of_query, of_key) = match &self.norms {
            Some((query, key)) => (Some(query), Some(key)),
            None => (None, None),
        };
        let [query, key, value] = Linear::forward_each([&self.query, &self.key, &self.value], x)?;
        let query = by_head(query, self.heads, of_query)?;
        let key = by_head(key, self.groups, of_key)?;
        let value = by_head(value, self.groups, None)?;
        let (query, key) = (pass.turns.turn(&query)?, pass.turns.turn(&key)?);
        let (keys, values) = cache.append(self.layer, &key, &value)?;
        // The heads of a group are more queries of the same keys: nothing is repeated.
        let shared = self.heads / self.groups;
        let folded = (batch, self.groups, shared * tokens, self.size);
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let scale = 1.0 / (self.size as f64).sqrt();
        let seen = attention(
            &query.reshape(folded)?,
            &keys,
            &values,
            scale,
            pass.bias.as_ref(),
        )?;
        let seen = seen
            .contiguous()?
            .reshape((batch, self.heads, tokens, self.size))?
            .transpose(1, 2)?
            .reshape((batch, tokens, self.heads * self.size))?;
        self.output.forward(&seen)
    }
}
