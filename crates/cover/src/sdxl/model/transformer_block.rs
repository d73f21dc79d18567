use candle_core::Tensor;
use songwright_nn::{
    Linear, Result, Weights, attention::attention, norm::LayerNorm, ops::geglu, weights::Bias,
};

/// Added to variances over features.
const EPS: f64 = 1e-5;

/// Attention among places, to the text, and a gated feed-forward, each on top of what came in (diffusers'
/// `BasicTransformerBlock`).
#[derive(Clone, Debug)]
pub(super) struct TransformerBlock {
    norms: [LayerNorm; 3],
    qkv: Linear,
    own_out: Linear,
    query: Linear,
    key_value: Linear,
    text_out: Linear,
    gated: Linear,
    back: Linear,
    heads: usize,
}

/// The text as one block's keys and values: (batch, heads, tokens, size) each.
#[derive(Clone, Debug)]
pub(super) struct KeyValues {
    keys: Tensor,
    values: Tensor,
}

impl TransformerBlock {
    pub(super) fn load(weights: &Weights, size: usize, heads: usize, text: usize) -> Result<Self> {
        let norm = |name: &str| LayerNorm::load(&weights.pp(name), size, EPS);
        let (own, cross) = (weights.pp("attn1"), weights.pp("attn2"));
        let feed = weights.pp("ff.net");
        Ok(Self {
            norms: [norm("norm1")?, norm("norm2")?, norm("norm3")?],
            qkv: own.linears(&["to_q", "to_k", "to_v"], size, size, Bias::Without)?,
            own_out: own.pp("to_out.0").linear(size, size, Bias::With)?,
            query: cross.pp("to_q").linear(size, size, Bias::Without)?,
            key_value: cross.linears(&["to_k", "to_v"], text, size, Bias::Without)?,
            text_out: cross.pp("to_out.0").linear(size, size, Bias::With)?,
            gated: feed.pp("0.proj").linear(size, 8 * size, Bias::With)?,
            back: feed.pp("2").linear(4 * size, size, Bias::With)?,
            heads,
        })
    }

    /// The text (batch, tokens, features) as this block sees it.
    pub(super) fn key_values(&self, text: &Tensor) -> Result<KeyValues> {
        let (batch, tokens, _) = text.dims3()?;
        let both = self
            .key_value
            .forward(text)?
            .reshape((batch, tokens, 2, self.heads, ()))?;
        let part = |i| -> Result<Tensor> {
            Ok(both
                .narrow(2, i, 1)?
                .squeeze(2)?
                .transpose(1, 2)?
                .contiguous()?)
        };
        Ok(KeyValues {
            keys: part(0)?,
            values: part(1)?,
        })
    }

    /// (batch, places, features) → the same shape.
    pub(super) fn forward(&self, x: &Tensor, text: &KeyValues) -> Result<Tensor> {
        let x = (x + self.among(&self.norms[0].forward(x)?)?)?;
        let x = (&x + self.to_text(&self.norms[1].forward(&x)?, text)?)?;
        let hidden = geglu(&self.gated.forward(&self.norms[2].forward(&x)?)?)?;
        Ok((&x + self.back.forward(&hidden)?)?)
    }

    fn among(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, places, _) = x.dims3()?;
        let qkv = self
            .qkv
            .forward(x)?
            .reshape((batch, places, 3, self.heads, ()))?;
        let part = |i| -> Result<Tensor> { Ok(qkv.narrow(2, i, 1)?.squeeze(2)?.transpose(1, 2)?) };
        let seen = self.attended(&part(0)?, &part(1)?, &part(2)?)?;
        self.own_out.forward(&seen)
    }

    fn to_text(&self, x: &Tensor, text: &KeyValues) -> Result<Tensor> {
        let (batch, places, _) = x.dims3()?;
        let query = self
            .query
            .forward(x)?
            .reshape((batch, places, self.heads, ()))?
            .transpose(1, 2)?;
        let seen = self.attended(&query, &text.keys, &text.values)?;
        self.text_out.forward(&seen)
    }

    #[expect(clippy::cast_precision_loss, reason = "a head is small")]
    fn attended(&self, q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Tensor> {
        let (batch, heads, places, size) = q.dims4()?;
        let scale = (size as f64).powf(-0.5);
        let seen = attention(q, k, v, scale, None)?;
        Ok(seen
            .transpose(1, 2)?
            .reshape((batch, places, heads * size))?)
    }
}
