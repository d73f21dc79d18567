//! ACE-Step's configuration files, under their own keys.

use serde::Deserialize;

/// The diffusion transformer's measures: `ace_step_transformer/config.json`, by its keys.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct TransformerConfig {
    /// Blocks.
    pub num_layers: usize,
    /// Features of a token.
    pub inner_dim: usize,
    /// Heads of both attentions.
    pub num_attention_heads: usize,
    /// Features of a head.
    pub attention_head_dim: usize,
    /// The feed-forward's hidden features, in `inner_dim`s.
    pub mlp_ratio: f64,
    /// Latent channels in.
    pub in_channels: usize,
    /// Latent channels out.
    pub out_channels: usize,
    /// Height and width of a patch in latent places.
    pub patch_size: [usize; 2],
    /// Latent rows.
    pub max_height: usize,
    /// Base of the position angles' frequencies.
    pub rope_theta: f64,
    /// Features of a speaker embedding.
    pub speaker_embedding_dim: usize,
    /// Features of a text token.
    pub text_embedding_dim: usize,
    /// Rows of the lyric embedding.
    pub lyric_encoder_vocab_size: usize,
    /// Features of a lyric token.
    pub lyric_hidden_size: usize,
    /// The lyric encoder's, which the published file leaves out.
    #[serde(default)]
    pub lyric_encoder: LyricEncoderConfig,
}

/// The lyric encoder's measures; the published model's where a file is silent.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(default)]
pub struct LyricEncoderConfig {
    /// Features of a token inside.
    pub output_size: usize,
    /// Heads.
    pub attention_heads: usize,
    /// Hidden features of the feed-forward.
    pub linear_units: usize,
    /// Layers.
    pub num_blocks: usize,
}

impl Default for LyricEncoderConfig {
    fn default() -> Self {
        Self {
            output_size: 1024,
            attention_heads: 16,
            linear_units: 4096,
            num_blocks: 6,
        }
    }
}

impl TransformerConfig {
    /// Hidden features of the feed-forward, half of what it widens to.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the reference truncates the product too"
    )]
    pub fn hidden(&self) -> usize {
        (self.inner_dim as f64 * self.mlp_ratio) as usize
    }
}
