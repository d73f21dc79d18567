use serde::Deserialize;

/// The autoencoder's measures: `music_dcae_f8c8/config.json`, by its keys (diffusers'
/// `AutoencoderDC`).
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct DcaeConfig {
    /// Channels of the mel spectrogram: left and right.
    pub in_channels: usize,
    /// Channels of a latent.
    pub latent_channels: usize,
    /// Features of a head of the attention.
    pub attention_head_dim: usize,
    /// What each stage of the encoder is made of, finest first.
    pub encoder_block_types: Vec<BlockType>,
    /// What each stage of the decoder is made of, finest first.
    pub decoder_block_types: Vec<BlockType>,
    /// Channels of each stage of the encoder.
    pub encoder_block_out_channels: Vec<usize>,
    /// Channels of each stage of the decoder.
    pub decoder_block_out_channels: Vec<usize>,
    /// Blocks of each stage of the encoder.
    pub encoder_layers_per_block: Vec<usize>,
    /// Blocks of each stage of the decoder.
    pub decoder_layers_per_block: Vec<usize>,
    /// Taps of the attention's further views, by stage of the encoder.
    pub encoder_qkv_multiscales: Vec<Vec<usize>>,
    /// Taps of the attention's further views, by stage of the decoder.
    pub decoder_qkv_multiscales: Vec<Vec<usize>>,
}

/// What a stage is made of.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub enum BlockType {
    /// Two convolutions.
    ResBlock,
    /// Linear attention and a gated convolution.
    EfficientViTBlock,
}

/// One stage of either side.
#[derive(Clone, Copy, Debug)]
pub(super) struct StageConfig<'a> {
    pub(super) kind: BlockType,
    pub(super) channels: usize,
    pub(super) layers: usize,
    pub(super) multiscales: &'a [usize],
    pub(super) head: usize,
}

impl DcaeConfig {
    pub(super) fn encoder_stages(&self) -> Vec<StageConfig<'_>> {
        stages(
            &self.encoder_block_types,
            (
                &self.encoder_block_out_channels,
                &self.encoder_layers_per_block,
            ),
            &self.encoder_qkv_multiscales,
            self.attention_head_dim,
        )
    }

    pub(super) fn decoder_stages(&self) -> Vec<StageConfig<'_>> {
        stages(
            &self.decoder_block_types,
            (
                &self.decoder_block_out_channels,
                &self.decoder_layers_per_block,
            ),
            &self.decoder_qkv_multiscales,
            self.attention_head_dim,
        )
    }
}

fn stages<'a>(
    kinds: &[BlockType],
    (channels, layers): (&[usize], &[usize]),
    multiscales: &'a [Vec<usize>],
    head: usize,
) -> Vec<StageConfig<'a>> {
    let measures = channels.iter().zip(layers).zip(multiscales);
    kinds
        .iter()
        .zip(measures)
        .map(|(kind, ((channels, layers), multiscales))| StageConfig {
            kind: *kind,
            channels: *channels,
            layers: *layers,
            multiscales,
            head,
        })
        .collect()
}
