use candle_core::{D, DType, Device, Tensor};
use serde::Deserialize;
use songwright_nn::{
    Linear, Result, Weights, attention::attention, norm::RmsNorm, ops::gelu_tanh, weights::Bias,
};

use super::WEAKENED;

/// The blocks whose queries entropy-rectifying guidance weakens.
const WEAKENED_BLOCKS: std::ops::Range<usize> = 8..10;

/// The text encoder's measures: `umt5-base/config.json`, by its keys.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct TextEncoderConfig {
    /// Rows of the embedding.
    pub vocab_size: usize,
    /// Features of a token.
    pub d_model: usize,
    /// Features of a head.
    pub d_kv: usize,
    /// Hidden features of the feed-forward.
    pub d_ff: usize,
    /// Blocks.
    pub num_layers: usize,
    /// Heads.
    pub num_heads: usize,
    /// Rows of each block's position bias.
    pub relative_attention_num_buckets: usize,
    /// The distance from which on all are alike.
    pub relative_attention_max_distance: usize,
    /// Of every norm.
    pub layer_norm_epsilon: f64,
}

/// Tokens of the tags prompt to states: the encoder of UMT5 (Chung et al. 2023), which unlike T5 has a
/// position bias of its own in every block.
#[derive(Clone, Debug)]
pub struct TextEncoder {
    embedding: Tensor,
    blocks: Vec<Block>,
    final_layer_norm: RmsNorm,
    config: TextEncoderConfig,
}

#[derive(Clone, Debug)]
struct Block {
    attention_norm: RmsNorm,
    qkv: Linear,
    o: Linear,
    relative_attention_bias: Tensor,
    feed_forward_norm: RmsNorm,
    wi: Linear,
    wo: Linear,
}

impl TextEncoder {
    /// From the root of `umt5-base`'s checkpoint. Its embedding, stored once or twice, is read once.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, config: &TextEncoderConfig) -> Result<Self> {
        let encoder = weights.pp("encoder");
        let shape = (config.vocab_size, config.d_model);
        let embedding = if encoder.has("embed_tokens.weight") && !weights.has("shared.weight") {
            encoder.tensor("embed_tokens.weight", shape)?
        } else {
            weights.tensor("shared.weight", shape)?
        };
        let blocks = (0..config.num_layers)
            .map(|i| Block::load(&encoder.pp("block").pp(i), config))
            .collect::<Result<_>>()?;
        Ok(Self {
            embedding,
            blocks,
            final_layer_norm: RmsNorm::load(
                &encoder.pp("final_layer_norm"),
                config.d_model,
                config.layer_norm_epsilon,
            )?,
            config: config.clone(),
        })
    }

    /// `(batch, tokens)` of u32 or i64 → `(batch, tokens, features)`. `mask` is 1 where a token
    /// counts; `weakened` is the branch of entropy-rectifying guidance.
    ///
    /// # Errors
    /// Where an id has no row.
    pub fn forward(&self, ids: &Tensor, mask: Option<&Tensor>, weakened: bool) -> Result<Tensor> {
        let (batch, tokens) = ids.dims2()?;
        let mut x = self
            .embedding
            .index_select(&ids.flatten_all()?, 0)?
            .reshape((batch, tokens, self.config.d_model))?;
        let buckets = self.buckets(tokens, x.device())?;
        let hidden = mask
            .map(|mask| -> Result<Tensor> {
                let mask = mask.to_dtype(DType::F32)?.reshape((batch, 1, 1, tokens))?;
                Ok(((mask - 1.0)? * f64::from(f32::MAX))?)
            })
            .transpose()?;
        for (i, block) in self.blocks.iter().enumerate() {
            let strength = if weakened && WEAKENED_BLOCKS.contains(&i) {
                WEAKENED
            } else {
                1.0
            };
            x = block.forward(&x, (&buckets, hidden.as_ref()), strength, &self.config)?;
        }
        self.final_layer_norm.forward(&x)
    }

    /// The bucket of each pair (query, key), query by query.
    fn buckets(&self, tokens: usize, device: &Device) -> Result<Tensor> {
        let mut ids = Vec::with_capacity(tokens * tokens);
        for query in 0..tokens {
            for key in 0..tokens {
                ids.push(bucket(
                    key.abs_diff(query),
                    key > query,
                    self.config.relative_attention_num_buckets,
                    self.config.relative_attention_max_distance,
                ));
            }
        }
        Ok(Tensor::from_vec(ids, tokens * tokens, device)?)
    }
}

/// Near distances have buckets of their own, far ones share them by their logarithm, and those after
/// the query have the upper half (T5's `_relative_position_bucket`).
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "distances are small, and the reference cuts towards zero"
)]
pub fn bucket(distance: usize, after: bool, buckets: usize, max_distance: usize) -> u32 {
    let half = buckets / 2;
    let exact = half / 2;
    let near = if distance < exact {
        distance
    } else {
        let ratio =
            (distance as f32 / exact as f32).ln() / (max_distance as f32 / exact as f32).ln();
        let far = exact + (ratio * (half - exact) as f32) as usize;
        far.min(half - 1)
    };
    (if after { half + near } else { near }) as u32
}

impl Block {
    fn load(weights: &Weights, config: &TextEncoderConfig) -> Result<Self> {
        let (attention, feed_forward) = (weights.pp("layer.0"), weights.pp("layer.1"));
        let inner = config.num_heads * config.d_kv;
        let eps = config.layer_norm_epsilon;
        let heads = attention.pp("SelfAttention");
        let dense = feed_forward.pp("DenseReluDense");
        Ok(Self {
            attention_norm: RmsNorm::load(&attention.pp("layer_norm"), config.d_model, eps)?,
            qkv: heads.linears(&["q", "k", "v"], config.d_model, inner, Bias::Without)?,
            o: heads.pp("o").linear(inner, config.d_model, Bias::Without)?,
            relative_attention_bias: heads.tensor(
                "relative_attention_bias.weight",
                (config.relative_attention_num_buckets, config.num_heads),
            )?,
            feed_forward_norm: RmsNorm::load(&feed_forward.pp("layer_norm"), config.d_model, eps)?,
            wi: dense.linears(
                &["wi_0", "wi_1"],
                config.d_model,
                config.d_ff,
                Bias::Without,
            )?,
            wo: dense
                .pp("wo")
                .linear(config.d_ff, config.d_model, Bias::Without)?,
        })
    }

    fn forward(
        &self,
        x: &Tensor,
        (buckets, hidden): (&Tensor, Option<&Tensor>),
        strength: f64,
        config: &TextEncoderConfig,
    ) -> Result<Tensor> {
        let (batch, tokens, _) = x.dims3()?;
        let qkv = self
            .qkv
            .forward(&self.attention_norm.forward(x)?)?
            .reshape((batch, tokens, 3, config.num_heads, config.d_kv))?;
        let part = |i| -> Result<Tensor> { Ok(qkv.narrow(2, i, 1)?.squeeze(2)?.transpose(1, 2)?) };
        let bias = self
            .relative_attention_bias
            .index_select(buckets, 0)?
            .reshape((1, tokens, tokens, config.num_heads))?
            .permute((0, 3, 1, 2))?;
        let bias = match hidden {
            Some(hidden) => bias.broadcast_add(&hidden.to_dtype(bias.dtype())?)?,
            None => bias,
        };
        // T5 scales its initial weights in place of its scores.
        let q = (part(0)? * strength)?;
        let seen = attention(&q, &part(1)?, &part(2)?, 1.0, Some(&bias))?
            .transpose(1, 2)?
            .reshape((batch, tokens, config.num_heads * config.d_kv))?;
        let x = (x + self.o.forward(&seen)?)?;
        let wide = self.wi.forward(&self.feed_forward_norm.forward(&x)?)?;
        let halves = wide.chunk(2, D::Minus1)?;
        let gated = (gelu_tanh(&halves[0].contiguous()?)? * &halves[1])?;
        Ok((x + self.wo.forward(&gated)?)?)
    }
}
