//! SDXL's configuration files, by their own keys.

use serde::Deserialize;

/// A CLIP text encoder: `text_encoder/config.json` and `text_encoder_2/config.json`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct ClipConfig {
    /// Rows of the token embedding.
    pub vocab_size: usize,
    /// Features of a token.
    pub hidden_size: usize,
    /// Hidden features of the feed-forward.
    pub intermediate_size: usize,
    /// Features of the projected text; only the second encoder projects.
    #[serde(default)]
    pub projection_dim: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Heads.
    pub num_attention_heads: usize,
    /// Tokens of a text, with what begins, ends and pads it.
    pub max_position_embeddings: usize,
    /// The feed-forward's function.
    pub hidden_act: Activation,
    /// Added to variances.
    pub layer_norm_eps: f64,
}

/// Functions of CLIP's feed-forward.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x·σ(1.702·x)`.
    QuickGelu,
    /// GELU by the error function.
    Gelu,
}

/// The UNet: `unet/config.json`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct UnetConfig {
    /// Latent channels in.
    pub in_channels: usize,
    /// Latent channels out.
    pub out_channels: usize,
    /// What each level down is made of.
    pub down_block_types: Vec<BlockType>,
    /// What each level up is made of.
    pub up_block_types: Vec<BlockType>,
    /// Channels of each level.
    pub block_out_channels: Vec<usize>,
    /// Residual blocks of a level down; one more on the way up.
    pub layers_per_block: usize,
    /// Groups of channels in norms.
    #[serde(default = "thirty_two")]
    pub norm_num_groups: usize,
    /// Added to variances.
    #[serde(default = "small")]
    pub norm_eps: f64,
    /// Features of a text token.
    pub cross_attention_dim: usize,
    /// Transformer blocks of each level.
    pub transformer_layers_per_block: Vec<usize>,
    /// Heads of each level; diffusers' name for them is a historical one.
    pub attention_head_dim: Vec<usize>,
    /// Features of each of the six numbers that say where a picture was cut from.
    pub addition_time_embed_dim: usize,
    /// Features of the pooled text and of all six numbers.
    pub projection_class_embeddings_input_dim: usize,
}

impl UnetConfig {
    /// Features of the pooled text.
    #[must_use]
    pub fn pooled(&self) -> usize {
        let numbers = TIME_IDS * self.addition_time_embed_dim;
        self.projection_class_embeddings_input_dim
            .saturating_sub(numbers)
    }
}

/// Numbers that say how large a picture was, where it was cut and how large it shall be.
pub const TIME_IDS: usize = 6;

/// The UNet's levels.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub enum BlockType {
    /// Residual blocks alone, on the way down.
    DownBlock2D,
    /// With attention to the text, on the way down.
    CrossAttnDownBlock2D,
    /// Residual blocks alone, on the way up.
    UpBlock2D,
    /// With attention to the text, on the way up.
    CrossAttnUpBlock2D,
}

impl BlockType {
    /// Whether it attends to the text.
    #[must_use]
    pub fn attends(self) -> bool {
        matches!(self, Self::CrossAttnDownBlock2D | Self::CrossAttnUpBlock2D)
    }
}

/// The autoencoder: `vae/config.json`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct VaeConfig {
    /// Channels of a picture.
    pub in_channels: usize,
    /// Channels of a picture.
    pub out_channels: usize,
    /// Channels of each level.
    pub block_out_channels: Vec<usize>,
    /// Residual blocks of a level down; one more on the way up.
    pub layers_per_block: usize,
    /// Channels of a latent.
    pub latent_channels: usize,
    /// Groups of channels in norms.
    #[serde(default = "thirty_two")]
    pub norm_num_groups: usize,
    /// What latents are multiplied with before diffusion.
    pub scaling_factor: f64,
}

/// The small autoencoder of previews, TAESDXL: `config.json` of `madebyollin/taesdxl`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(default)]
pub struct TinyVaeConfig {
    /// Channels of each level down.
    pub encoder_block_out_channels: Vec<usize>,
    /// Channels of each level up.
    pub decoder_block_out_channels: Vec<usize>,
    /// Residual blocks of each level down.
    pub num_encoder_blocks: Vec<usize>,
    /// Residual blocks of each level up.
    pub num_decoder_blocks: Vec<usize>,
    /// Channels of a latent.
    pub latent_channels: usize,
}

impl Default for TinyVaeConfig {
    fn default() -> Self {
        Self {
            encoder_block_out_channels: vec![64; 4],
            decoder_block_out_channels: vec![64; 4],
            num_encoder_blocks: vec![1, 3, 3, 3],
            num_decoder_blocks: vec![3, 3, 3, 1],
            latent_channels: 4,
        }
    }
}

fn thirty_two() -> usize {
    32
}

fn small() -> f64 {
    1e-5
}
