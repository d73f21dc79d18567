//! ACE-Step's configuration files, under their own keys.

use serde::Deserialize;

use super::checkpoint::Part;

/// The published configuration of a network, for files that come without it.
pub(super) const fn published_config(part: Part) -> &'static str {
    match part {
        Part::Transformer => {
            r#"{"num_layers": 24, "inner_dim": 2560, "num_attention_heads": 20,
            "attention_head_dim": 128, "mlp_ratio": 2.5, "in_channels": 8, "out_channels": 8,
            "patch_size": [16, 1], "max_height": 16, "rope_theta": 1000000.0,
            "speaker_embedding_dim": 512, "text_embedding_dim": 768,
            "lyric_encoder_vocab_size": 6693, "lyric_hidden_size": 1024}"#
        }
        Part::Dcae => {
            r#"{"in_channels": 2, "latent_channels": 8, "attention_head_dim": 32,
            "encoder_block_types": ["ResBlock", "ResBlock", "ResBlock", "EfficientViTBlock"],
            "decoder_block_types": ["ResBlock", "ResBlock", "ResBlock", "EfficientViTBlock"],
            "encoder_block_out_channels": [128, 256, 512, 1024],
            "decoder_block_out_channels": [128, 256, 512, 1024],
            "encoder_layers_per_block": [2, 2, 3, 3], "decoder_layers_per_block": [3, 3, 3, 3],
            "encoder_qkv_multiscales": [[], [], [5], [5]],
            "decoder_qkv_multiscales": [[], [], [5], [5]]}"#
        }
        // The vocoder's measures are its class's.
        Part::Vocoder => "{}",
        Part::Text => {
            r#"{"vocab_size": 256384, "d_model": 768, "d_kv": 64, "d_ff": 2048, "num_layers": 12,
            "num_heads": 12, "relative_attention_num_buckets": 32,
            "relative_attention_max_distance": 128, "layer_norm_epsilon": 1e-6}"#
        }
    }
}

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
