use candle_core::{DType, Device, Tensor};
use songwright_nn::{Linear, Result, Weights, norm::LayerNorm, ops::silu, weights::Bias};

use super::{WEAKENED, lyric_attention::LyricAttention};
use crate::ace_step::config::LyricEncoderConfig;

const EPS: f64 = 1e-5;
/// The layers whose queries entropy-rectifying guidance weakens.
const WEAKENED_LAYERS: std::ops::Range<usize> = 4..6;
/// The longest period of the position sinusoid, in 2π.
const LONGEST: f64 = 10_000.0;

/// Lyric tokens, embedded, to features that know their neighbours: the reference's
/// `ConformerEncoder`, which as configured is a transformer with relative positions.
#[derive(Clone, Debug)]
pub struct LyricEncoder {
    embed: Linear,
    embed_norm: LayerNorm,
    layers: Vec<Layer>,
    after_norm: LayerNorm,
    features: usize,
}

#[derive(Clone, Debug)]
struct Layer {
    self_attn: LyricAttention,
    w_1: Linear,
    w_2: Linear,
    norm_mha: LayerNorm,
    norm_ff: LayerNorm,
}

impl LyricEncoder {
    /// From the place of `lyric_encoder`, whose tokens come with `inputs` features.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, inputs: usize, config: &LyricEncoderConfig) -> Result<Self> {
        let features = config.output_size;
        let embed = weights.pp("embed.out");
        let layers = (0..config.num_blocks)
            .map(|i| Layer::load(&weights.pp("encoders").pp(i), config))
            .collect::<Result<_>>()?;
        Ok(Self {
            embed: embed.pp(0).linear(inputs, features, Bias::With)?,
            embed_norm: LayerNorm::load(&embed.pp(1), features, EPS)?,
            layers,
            after_norm: LayerNorm::load(&weights.pp("after_norm"), features, EPS)?,
            features,
        })
    }

    /// `(batch, tokens, inputs)` → `(batch, tokens, features)`; `mask` is 1 where a token counts,
    /// (batch, tokens). `weakened` is the branch of entropy-rectifying guidance.
    ///
    /// # Errors
    /// Where the shapes do not fit together.
    pub fn forward(&self, x: &Tensor, mask: &Tensor, weakened: bool) -> Result<Tensor> {
        let (batch, tokens, _) = x.dims3()?;
        let positions = self.positions(tokens)?.to_device(x.device())?;
        let positions = positions.to_dtype(x.dtype())?;
        let mask = mask.to_dtype(x.dtype())?.reshape((batch, tokens))?;
        let mut x = self.embedded(x)?;
        for (i, layer) in self.layers.iter().enumerate() {
            let strength = (weakened && WEAKENED_LAYERS.contains(&i)).then_some(WEAKENED);
            x = layer.forward(&x, &positions, &mask, strength)?;
        }
        self.after_norm.forward(&x)
    }

    /// What the first layer reads, (batch, tokens, features).
    ///
    /// # Errors
    /// Where the input has other features.
    pub fn embedded(&self, x: &Tensor) -> Result<Tensor> {
        #[expect(clippy::cast_precision_loss, reason = "features are few")]
        let scale = (self.features as f64).sqrt();
        Ok((self.embed_norm.forward(&self.embed.forward(x)?)? * scale)?)
    }

    /// Sines in even columns, cosines in odd ones, of the positions `tokens − 1` down to
    /// `1 − tokens`: (1, 2·tokens − 1, features), in f32 on the CPU.
    ///
    /// # Errors
    /// None that is known.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "the reference makes it in f32"
    )]
    pub fn positions(&self, tokens: usize) -> Result<Tensor> {
        let step = -(LONGEST.ln()) as f32 / self.features as f32;
        let frequencies: Vec<f32> = (0..self.features / 2)
            .map(|k| (2.0 * k as f32 * step).exp())
            .collect();
        let rows = 2 * tokens - 1;
        let mut table = Vec::with_capacity(rows * self.features);
        for row in 0..rows {
            let position = tokens as f32 - 1.0 - row as f32;
            for frequency in &frequencies {
                let (sin, cos) = (position * frequency).sin_cos();
                table.extend([sin, cos]);
            }
        }
        Ok(
            Tensor::from_vec(table, (1, rows, self.features), &Device::Cpu)?
                .to_dtype(DType::F32)?,
        )
    }
}

impl Layer {
    fn load(weights: &Weights, config: &LyricEncoderConfig) -> Result<Self> {
        let (features, hidden) = (config.output_size, config.linear_units);
        let feed_forward = weights.pp("feed_forward");
        Ok(Self {
            self_attn: LyricAttention::load(&weights.pp("self_attn"), config)?,
            w_1: feed_forward
                .pp("w_1")
                .linear(features, hidden, Bias::With)?,
            w_2: feed_forward
                .pp("w_2")
                .linear(hidden, features, Bias::With)?,
            norm_mha: LayerNorm::load(&weights.pp("norm_mha"), features, EPS)?,
            norm_ff: LayerNorm::load(&weights.pp("norm_ff"), features, EPS)?,
        })
    }

    fn forward(
        &self,
        x: &Tensor,
        positions: &Tensor,
        mask: &Tensor,
        strength: Option<f64>,
    ) -> Result<Tensor> {
        let normed = self.norm_mha.forward(x)?;
        let x = (x + self.self_attn.forward(&normed, positions, mask, strength)?)?;
        let hidden = silu(&self.w_1.forward(&self.norm_ff.forward(&x)?)?)?;
        Ok((x + self.w_2.forward(&hidden)?)?)
    }
}
