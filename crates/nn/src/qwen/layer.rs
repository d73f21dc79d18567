use candle_core::Tensor;

use super::{Cache, Config, attention::SelfAttention, model::Pass};
use crate::{Linear, Result, Weights, norm::RmsNorm, ops::swiglu, weights::Bias};

/// Attention and a gated feed-forward block, each added to what it read.
#[derive(Debug)]
pub(super) struct Layer {
    before_attention: RmsNorm,
    attention: SelfAttention,
    before_feed_forward: RmsNorm,
    gate_and_up: Linear,
    down: Linear,
}

impl Layer {
    pub(super) fn load(weights: &Weights, config: &Config, layer: usize) -> Result<Self> {
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let norm = |name| RmsNorm::load(&weights.pp(name), hidden, config.rms_norm_eps);
        let mlp = weights.pp("mlp");
        Ok(Self {
            before_attention: norm("input_layernorm")?,
            attention: SelfAttention::load(&weights.pp("self_attn"), config, layer)?,
            before_feed_forward: norm("post_attention_layernorm")?,
            gate_and_up: mlp.linears(&["gate_proj", "up_proj"], hidden, inner, Bias::Without)?,
            down: mlp.pp("down_proj").linear(inner, hidden, Bias::Without)?,
        })
    }

    /// Whether its largest matrix is in blocks.
    pub(super) fn is_quantised(&self) -> bool {
        self.gate_and_up.is_quantised()
    }

    /// `(batch, tokens, features)` → the same shape.
    pub(super) fn forward(&self, x: &Tensor, pass: &Pass, cache: &Cache) -> Result<Tensor> {
        let seen = self
            .attention
            .forward(&self.before_attention.forward(x)?, pass, cache)?;
        let x = (x + seen)?;
        let both = self
            .gate_and_up
            .forward(&self.before_feed_forward.forward(&x)?)?;
        Ok((x + self.down.forward(&swiglu(&both)?)?)?)
    }
}
