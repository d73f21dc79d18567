use serde::Deserialize;

/// The vocoder's measures: `music_vocoder/config.json`, by its keys; the published model's where the
/// file is silent.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(default)]
pub struct VocoderConfig {
    /// Mel bands in.
    pub input_channels: usize,
    /// Blocks of each stage of the backbone.
    pub depths: Vec<usize>,
    /// Their features.
    pub dims: Vec<usize>,
    /// Taps of the backbone's convolutions.
    pub kernel_sizes: Vec<usize>,
    /// How much each layer of the head lengthens.
    pub upsample_rates: Vec<usize>,
    /// Taps of those layers.
    pub upsample_kernel_sizes: Vec<usize>,
    /// Taps of the residual blocks that run side by side.
    pub resblock_kernel_sizes: Vec<usize>,
    /// Their dilations.
    pub resblock_dilation_sizes: Vec<Vec<usize>>,
    /// Features between backbone and head.
    pub num_mels: usize,
    /// Channels of the head's first layer.
    pub upsample_initial_channel: usize,
    /// Taps of the head's first layer.
    pub pre_conv_kernel_size: usize,
    /// Taps of the head's last layer.
    pub post_conv_kernel_size: usize,
    /// Samples of one frame.
    pub hop_length: usize,
}

impl Default for VocoderConfig {
    fn default() -> Self {
        Self {
            input_channels: 128,
            depths: vec![3, 3, 9, 3],
            dims: vec![128, 256, 384, 512],
            kernel_sizes: vec![7],
            upsample_rates: vec![4, 4, 2, 2, 2, 2, 2],
            upsample_kernel_sizes: vec![8, 8, 4, 4, 4, 4, 4],
            resblock_kernel_sizes: vec![3, 7, 11, 13],
            resblock_dilation_sizes: vec![vec![1, 3, 5]; 4],
            num_mels: 512,
            upsample_initial_channel: 1024,
            pre_conv_kernel_size: 13,
            post_conv_kernel_size: 13,
            hop_length: 512,
        }
    }
}
