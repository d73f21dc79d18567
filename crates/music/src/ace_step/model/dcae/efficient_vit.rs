use candle_core::Tensor;
use songwright_nn::{
    Linear, Result, Weights,
    attention::channel_attention,
    conv::{Conv2d, ConvShape},
    norm::ChannelRmsNorm,
    ops::gated,
    weights::Bias,
};

use super::{block::EPS, config::StageConfig};

/// What keeps the attention's normaliser from zero.
const NORMALISER_EPS: f64 = 1e-15;
/// What the gated convolution widens by, for each of its halves.
const WIDENING: usize = 4;

/// Multi-scale linear attention and a gated convolution (Cai et al. 2022, "EfficientViT"; diffusers'
/// `EfficientViTBlock`).
#[derive(Clone, Debug)]
pub(super) struct EfficientVit {
    attention: MultiscaleAttention,
    gated: GatedConv,
}

impl EfficientVit {
    pub(super) fn load(weights: &Weights, stage: &StageConfig<'_>) -> Result<Self> {
        Ok(Self {
            attention: MultiscaleAttention::load(&weights.pp("attn"), stage)?,
            gated: GatedConv::load(&weights.pp("conv_out"), stage.channels)?,
        })
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.gated.forward(&self.attention.forward(x)?)
    }
}

#[derive(Clone, Debug)]
struct MultiscaleAttention {
    to_qkv: Linear,
    to_qkv_multiscale: Vec<(Conv2d, Conv2d)>,
    to_out: Linear,
    norm_out: ChannelRmsNorm,
    head: usize,
}

impl MultiscaleAttention {
    fn load(weights: &Weights, stage: &StageConfig<'_>) -> Result<Self> {
        let channels = stage.channels;
        let all = 3 * channels;
        let to_qkv_multiscale = stage
            .multiscales
            .iter()
            .enumerate()
            .map(|(i, taps)| {
                let place = weights.pp("to_qkv_multiscale").pp(i);
                let grouped = ConvShape {
                    groups: all / stage.head,
                    ..ConvShape::same(all, all, 1)
                };
                Ok((
                    Conv2d::load(
                        &place.pp("proj_in"),
                        ConvShape::depthwise(all, *taps),
                        Bias::Without,
                    )?,
                    Conv2d::load(&place.pp("proj_out"), grouped, Bias::Without)?,
                ))
            })
            .collect::<Result<_>>()?;
        let views = 1 + stage.multiscales.len();
        Ok(Self {
            to_qkv: weights.linears(
                &["to_q", "to_k", "to_v"],
                channels,
                channels,
                Bias::Without,
            )?,
            to_qkv_multiscale,
            to_out: weights
                .pp("to_out")
                .linear(views * channels, channels, Bias::Without)?,
            norm_out: ChannelRmsNorm::load(&weights.pp("norm_out"), channels, EPS)?,
            head: stage.head,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, channels, height, width) = x.dims4()?;
        let pixels = height * width;
        let qkv = self
            .to_qkv
            .forward_channels(&x.flatten_from(2)?)?
            .reshape((batch, 3 * channels, height, width))?;
        let mut views = vec![qkv.clone()];
        for (depthwise, grouped) in &self.to_qkv_multiscale {
            views.push(grouped.forward(&depthwise.forward(&qkv)?)?);
        }
        // Heads are cut from consecutive channels, so that one mixes what the names call queries, keys
        // and values; that is how the model was trained.
        let heads = views.len() * channels / self.head;
        let all = Tensor::cat(&views, 1)?.reshape((batch, heads, 3, self.head, pixels))?;
        let seen = channel_attention(&all, NORMALISER_EPS)?.reshape((
            batch,
            views.len() * channels,
            pixels,
        ))?;
        let out = self.to_out.forward_channels(&seen)?;
        let out = out.reshape((batch, channels, height, width))?;
        self.norm_out.forward_onto(&out, Some(x))
    }
}

#[derive(Clone, Debug)]
struct GatedConv {
    inverted: Conv2d,
    depth: Conv2d,
    point: Conv2d,
    norm: ChannelRmsNorm,
}

impl GatedConv {
    fn load(weights: &Weights, channels: usize) -> Result<Self> {
        let hidden = WIDENING * channels;
        Ok(Self {
            inverted: Conv2d::load(
                &weights.pp("conv_inverted"),
                ConvShape::same(channels, 2 * hidden, 1),
                Bias::With,
            )?,
            depth: Conv2d::load(
                &weights.pp("conv_depth"),
                ConvShape::depthwise(2 * hidden, 3),
                Bias::With,
            )?,
            point: Conv2d::load(
                &weights.pp("conv_point"),
                ConvShape::same(hidden, channels, 1),
                Bias::Without,
            )?,
            norm: ChannelRmsNorm::load(&weights.pp("norm"), channels, EPS)?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let gated = gated(&self.depth.forward_silu(&self.inverted.forward(x)?)?)?;
        self.norm
            .forward_onto(&self.point.forward(&gated)?, Some(x))
    }
}
