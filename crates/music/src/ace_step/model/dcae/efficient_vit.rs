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
/// What the widened channels may take at once: some twenty seconds of song.
const STRIP_BYTES: usize = 256 << 20;

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
        // Heads are cut from consecutive channels, so that one mixes what the names call queries, keys
        // and values; that is how the model was trained. None sees two views, so that one view lies in
        // memory at a time.
        let seen = |view: &Tensor| -> Result<Tensor> {
            let heads = view.reshape((batch, channels / self.head, 3, self.head, pixels))?;
            let seen = channel_attention(&heads, NORMALISER_EPS)?;
            Ok(seen.reshape((batch, channels, pixels))?)
        };
        let mut views = vec![seen(&qkv)?];
        for (depthwise, grouped) in &self.to_qkv_multiscale {
            views.push(seen(&grouped.forward(&depthwise.forward(&qkv)?)?)?);
        }
        drop(qkv);
        let out = self.to_out.forward_channels(&Tensor::cat(&views, 1)?)?;
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

    /// In strips where the widened channels of the whole would take more than [`STRIP_BYTES`].
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, channels, height, width) = x.dims4()?;
        let column = 2 * WIDENING * channels * batch * height * x.dtype().size_in_bytes();
        let strip = (STRIP_BYTES / column.max(1)).max(1);
        if width <= strip {
            self.whole(x)
        } else {
            self.in_strips(x, strip)
        }
    }

    /// The whole's result, so many columns at a time.
    fn in_strips(&self, x: &Tensor, strip: usize) -> Result<Tensor> {
        let width = x.dim(3)?;
        let strips = (0..width).step_by(strip).map(|from| {
            let to = (from + strip).min(width);
            // The kernel of three sees a column on either side.
            let (start, end) = (from.saturating_sub(1), (to + 1).min(width));
            let seen = x.narrow(3, start, end - start)?.contiguous()?;
            Ok(self.whole(&seen)?.narrow(3, from - start, to - from)?)
        });
        Ok(Tensor::cat(&strips.collect::<Result<Vec<_>>>()?, 3)?)
    }

    fn whole(&self, x: &Tensor) -> Result<Tensor> {
        let gated = gated(&self.depth.forward_silu(&self.inverted.forward(x)?)?)?;
        self.norm
            .forward_onto(&self.point.forward(&gated)?, Some(x))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};
    use songwright_nn::weights::Memory;

    use super::*;

    fn waves(dims: &[usize]) -> Tensor {
        let count: usize = dims.iter().product();
        let values: Vec<f32> = (0..count).map(|i| (i as f32 * 0.37).sin() * 0.3).collect();
        Tensor::from_vec(values, dims, &Device::Cpu).unwrap()
    }

    #[test]
    fn strips_are_the_whole() {
        let hidden = WIDENING * 8;
        let tensors = [
            ("conv_inverted.weight", waves(&[2 * hidden, 8, 1, 1])),
            ("conv_inverted.bias", waves(&[2 * hidden])),
            ("conv_depth.weight", waves(&[2 * hidden, 1, 3, 3])),
            ("conv_depth.bias", waves(&[2 * hidden])),
            ("conv_point.weight", waves(&[8, hidden, 1, 1])),
            ("norm.weight", waves(&[8])),
            ("norm.bias", waves(&[8])),
        ];
        let tensors = tensors.map(|(name, tensor)| (name.to_owned(), tensor));
        let memory: Memory = tensors.into_iter().collect();
        let gated = GatedConv::load(&Weights::new(memory, DType::F32, &Device::Cpu), 8).unwrap();
        let x = waves(&[1, 8, 6, 41]);
        let whole = gated.forward(&x).unwrap();
        for strip in [1, 7, 40, 41] {
            let strips = gated.in_strips(&x, strip).unwrap();
            let apart = (&strips - &whole).unwrap().abs().unwrap();
            let most = apart.max_all().unwrap().to_scalar::<f32>().unwrap();
            assert!(most < 1e-5, "{strip}: {most}");
        }
    }
}
