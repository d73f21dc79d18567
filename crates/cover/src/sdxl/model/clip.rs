use candle_core::{DType, Tensor};
use songwright_nn::{
    Error, Linear, Result, Weights, attention::attention, norm::LayerNorm, ops, weights::Bias,
};

use crate::sdxl::config::{Activation, ClipConfig};

/// A CLIP text encoder (Radford et al. 2021), transformers' `CLIPTextModel` and, with a projection,
/// `CLIPTextModelWithProjection`. Each token sees those before it, padding included.
#[derive(Clone, Debug)]
pub struct ClipTextEncoder {
    tokens: Tensor,
    positions: Tensor,
    layers: Vec<Layer>,
    norm: LayerNorm,
    projection: Option<Linear>,
}

impl ClipTextEncoder {
    /// The encoder of a checkpoint, with `text_projection` where it is the second one.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, config: &ClipConfig, projects: bool) -> Result<Self> {
        let model = weights.pp("text_model");
        let embeddings = model.pp("embeddings").quantised(None);
        let (size, layers) = (config.hidden_size, model.pp("encoder.layers"));
        let projection = projects.then(|| {
            weights
                .pp("text_projection")
                .linear(size, config.projection_dim, Bias::Without)
        });
        Ok(Self {
            tokens: embeddings
                .pp("token_embedding")
                .tensor("weight", (config.vocab_size, size))?,
            positions: embeddings
                .pp("position_embedding")
                .tensor("weight", (config.max_position_embeddings, size))?,
            layers: (0..config.num_hidden_layers)
                .map(|i| Layer::load(&layers.pp(i), config))
                .collect::<Result<_>>()?,
            norm: LayerNorm::load(&model.pp("final_layer_norm"), size, config.layer_norm_eps)?,
            projection: projection.transpose()?,
        })
    }

    /// What goes into the last layer, without the final norm: (batch, tokens, features) of `ids` (batch,
    /// tokens).
    ///
    /// # Errors
    /// Where there are more tokens than positions, or an id beyond the vocabulary.
    pub fn penultimate(&self, ids: &Tensor) -> Result<Tensor> {
        let (batch, tokens) = ids.dims2()?;
        let embedded =
            self.tokens
                .index_select(&ids.flatten_all()?, 0)?
                .reshape((batch, tokens, ()))?;
        let mut x = embedded.broadcast_add(&self.positions.narrow(0, 0, tokens)?)?;
        let mask = causal(tokens, &x)?;
        let all_but_one = self.layers.len().saturating_sub(1);
        for layer in &self.layers[..all_but_one] {
            x = layer.forward(&x, &mask)?;
        }
        Ok(x)
    }

    /// The last layer and the final norm.
    ///
    /// # Errors
    /// Those of the device.
    pub fn normed(&self, penultimate: &Tensor) -> Result<Tensor> {
        let mask = causal(penultimate.dim(1)?, penultimate)?;
        match self.layers.last() {
            Some(layer) => self.norm.forward(&layer.forward(penultimate, &mask)?),
            None => self.norm.forward(penultimate),
        }
    }

    /// What a text is as a whole: (batch, features) of `normed` at the first of each row's largest ids,
    /// which ends the text, projected where there is a projection.
    ///
    /// # Errors
    /// Those of the device.
    pub fn pooled(&self, normed: &Tensor, ids: &Tensor) -> Result<Tensor> {
        let ids = ids.to_dtype(DType::U32)?.to_vec2::<u32>()?;
        let rows = ids
            .iter()
            .enumerate()
            .map(|(row, ids)| normed.get(row)?.narrow(0, first_largest(ids), 1))
            .collect::<candle_core::Result<Vec<_>>>()?;
        let ends = Tensor::cat(&rows, 0)?;
        match &self.projection {
            Some(projection) => projection.forward(&ends),
            None => Ok(ends),
        }
    }
}

fn first_largest(ids: &[u32]) -> usize {
    let largest = ids.iter().max();
    let at = ids.iter().position(|id| Some(id) == largest);
    at.unwrap_or_default()
}

/// −∞ where a key comes after its query.
fn causal(tokens: usize, like: &Tensor) -> Result<Tensor> {
    let hidden = |i: usize| {
        if i % tokens > i / tokens {
            f32::NEG_INFINITY
        } else {
            0.0
        }
    };
    let mask: Vec<f32> = (0..tokens * tokens).map(hidden).collect();
    let mask = Tensor::from_vec(mask, (1, 1, tokens, tokens), like.device())?;
    Ok(mask.to_dtype(like.dtype())?)
}

#[derive(Clone, Debug)]
struct Layer {
    norms: [LayerNorm; 2],
    qkv: Linear,
    out: Linear,
    hidden: (Linear, Linear),
    activation: Activation,
    heads: usize,
}

impl Layer {
    fn load(weights: &Weights, config: &ClipConfig) -> Result<Self> {
        let (size, hidden) = (config.hidden_size, config.intermediate_size);
        let norm = |name: &str| LayerNorm::load(&weights.pp(name), size, config.layer_norm_eps);
        let (attention, mlp) = (weights.pp("self_attn"), weights.pp("mlp"));
        if !size.is_multiple_of(config.num_attention_heads.max(1)) {
            let what = format!("{size} features and {} heads", config.num_attention_heads);
            return Err(Error::Candle(candle_core::Error::Msg(what)));
        }
        Ok(Self {
            norms: [norm("layer_norm1")?, norm("layer_norm2")?],
            qkv: attention.linears(&["q_proj", "k_proj", "v_proj"], size, size, Bias::With)?,
            out: attention.pp("out_proj").linear(size, size, Bias::With)?,
            hidden: (
                mlp.pp("fc1").linear(size, hidden, Bias::With)?,
                mlp.pp("fc2").linear(hidden, size, Bias::With)?,
            ),
            activation: config.hidden_act,
            heads: config.num_attention_heads,
        })
    }

    fn forward(&self, x: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let x = (x + self.attended(&self.norms[0].forward(x)?, mask)?)?;
        let hidden = self.hidden.0.forward(&self.norms[1].forward(&x)?)?;
        let hidden = match self.activation {
            Activation::QuickGelu => ops::quick_gelu(&hidden)?,
            Activation::Gelu => ops::gelu_erf(&hidden)?,
        };
        Ok((&x + self.hidden.1.forward(&hidden)?)?)
    }

    #[expect(clippy::cast_precision_loss, reason = "a head is small")]
    fn attended(&self, x: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let (batch, tokens, size) = x.dims3()?;
        let head = size / self.heads;
        let qkv = self
            .qkv
            .forward(x)?
            .reshape((batch, tokens, 3, self.heads, head))?;
        let part = |i| -> Result<Tensor> { Ok(qkv.narrow(2, i, 1)?.squeeze(2)?.transpose(1, 2)?) };
        let scale = (head as f64).powf(-0.5);
        let seen = attention(&part(0)?, &part(1)?, &part(2)?, scale, Some(mask))?;
        let seen = seen.transpose(1, 2)?.reshape((batch, tokens, size))?;
        self.out.forward(&seen)
    }
}
