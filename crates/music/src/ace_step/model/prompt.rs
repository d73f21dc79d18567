use candle_core::{DType, Tensor};
use songwright_nn::{Linear, Result, Weights, weights::Bias};

use super::lyric_encoder::LyricEncoder;
use crate::ace_step::config::TransformerConfig;

/// What a song is conditioned on, before it is encoded. Masks are 1 where a token counts.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// Text states, (batch, text tokens, text features).
    pub text: Tensor,
    /// (batch, text tokens).
    pub text_mask: Tensor,
    /// Speaker embedding, (batch, speaker features); the published pipeline gives zeros.
    pub speaker: Tensor,
    /// Lyric ids, (batch, lyric tokens), u32 or i64.
    pub lyric_ids: Tensor,
    /// (batch, lyric tokens).
    pub lyric_mask: Tensor,
}

/// An encoded prompt: speaker, text and lyrics as one sequence.
#[derive(Clone, Debug)]
pub struct Conditioning {
    /// (batch, tokens, features).
    pub states: Tensor,
    /// 1 where a token counts, (batch, tokens), f32.
    pub mask: Tensor,
}

/// The part of `ACEStepTransformer2DModel` that runs once a song: its `encode`.
#[derive(Clone, Debug)]
pub struct PromptEncoder {
    speaker_embedder: Linear,
    genre_embedder: Linear,
    lyric_embs: Tensor,
    lyric_encoder: LyricEncoder,
    lyric_proj: Linear,
    dtype: DType,
}

impl PromptEncoder {
    /// From the root of `ace_step_transformer`'s checkpoint.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, config: &TransformerConfig) -> Result<Self> {
        let features = config.inner_dim;
        let lyric_features = config.lyric_hidden_size;
        let linear = |name, inputs| weights.pp(name).linear(inputs, features, Bias::With);
        Ok(Self {
            speaker_embedder: linear("speaker_embedder", config.speaker_embedding_dim)?,
            genre_embedder: linear("genre_embedder", config.text_embedding_dim)?,
            lyric_embs: weights.tensor(
                "lyric_embs.weight",
                (config.lyric_encoder_vocab_size, lyric_features),
            )?,
            lyric_encoder: LyricEncoder::load(
                &weights.pp("lyric_encoder"),
                lyric_features,
                &config.lyric_encoder,
            )?,
            lyric_proj: linear("lyric_proj", config.lyric_encoder.output_size)?,
            dtype: weights.dtype(),
        })
    }

    /// The prompt as one sequence; `weakened` lyrics are those of entropy-rectifying guidance.
    ///
    /// # Errors
    /// Where the shapes do not fit together.
    pub fn encode(&self, prompt: &Prompt, weakened: bool) -> Result<Conditioning> {
        let speaker = self
            .speaker_embedder
            .forward(&prompt.speaker.to_dtype(self.dtype)?)?
            .unsqueeze(1)?;
        let text = self
            .genre_embedder
            .forward(&prompt.text.to_dtype(self.dtype)?)?;
        let lyrics = self
            .lyric_proj
            .forward(&self.lyric_states(prompt, weakened)?)?;
        let first = Tensor::ones((text.dim(0)?, 1), DType::F32, text.device())?;
        let mask = Tensor::cat(
            &[
                &first,
                &prompt.text_mask.to_dtype(DType::F32)?,
                &prompt.lyric_mask.to_dtype(DType::F32)?,
            ],
            1,
        )?;
        Ok(Conditioning {
            states: Tensor::cat(&[&speaker, &text, &lyrics], 1)?,
            mask,
        })
    }

    /// What the lyric encoder makes of the lyrics, (batch, lyric tokens, lyric features).
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub fn lyric_states(&self, prompt: &Prompt, weakened: bool) -> Result<Tensor> {
        let (batch, tokens) = prompt.lyric_ids.dims2()?;
        let rows = self
            .lyric_embs
            .index_select(&prompt.lyric_ids.flatten_all()?, 0)?
            .reshape((batch, tokens, self.lyric_embs.dim(1)?))?;
        self.lyric_encoder
            .forward(&rows, &prompt.lyric_mask, weakened)
    }
}
