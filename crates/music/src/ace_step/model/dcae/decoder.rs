use candle_core::{D, Tensor};
use songwright_nn::{
    Result, Weights,
    conv::{Conv2d, ConvShape, DoubledConv2d},
    norm::ChannelRmsNorm,
    ops::{relu, repeated_pixel_shuffle},
    weights::Bias,
};

use super::{
    DcaeConfig,
    block::{Block, EPS},
};

/// Latents to normalised mel spectrograms.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    conv_in: Conv2d,
    /// Coarsest first, as they run.
    stages: Vec<Stage>,
    norm_out: ChannelRmsNorm,
    conv_out: Conv2d,
    coarsest: usize,
}

#[derive(Clone, Debug)]
struct Stage {
    up: Option<Up>,
    blocks: Vec<Block>,
}

/// Latent frames either side that a frame of the mel spectrogram depends on, beyond the stages that
/// see everything: a convolution after each doubling, two in each block, and the last.
const HALO: usize = 8;

impl Decoder {
    pub(super) fn load(weights: &Weights, config: &DcaeConfig) -> Result<Self> {
        let all = config.decoder_stages();
        let finest = all.first().map_or(0, |stage| stage.channels);
        let coarsest = all.last().map_or(0, |stage| stage.channels);
        let stages = all
            .iter()
            .enumerate()
            .rev()
            .map(|(i, stage)| {
                let place = weights.pp("up_blocks").pp(i);
                let up = all
                    .get(i + 1)
                    .map(|from| Up::load(&place.pp(0), from.channels, stage.channels))
                    .transpose()?;
                let first = usize::from(up.is_some());
                let blocks = (first..first + stage.layers)
                    .map(|j| Block::load(&place.pp(j), stage))
                    .collect::<Result<_>>()?;
                Ok(Stage { up, blocks })
            })
            .collect::<Result<_>>()?;
        let conv_in = ConvShape::same(config.latent_channels, coarsest, 3);
        let conv_out = ConvShape::same(finest, config.in_channels, 3);
        Ok(Self {
            conv_in: Conv2d::load(&weights.pp("conv_in"), conv_in, Bias::With)?,
            stages,
            norm_out: ChannelRmsNorm::load(&weights.pp("norm_out"), finest, EPS)?,
            conv_out: Conv2d::load(&weights.pp("conv_out"), conv_out, Bias::With)?,
            coarsest,
        })
    }

    pub(super) fn stem(&self, latents: &Tensor) -> Result<Tensor> {
        let shortcut = repeat_channels(latents, self.coarsest)?;
        Ok((self.conv_in.forward(latents)? + shortcut)?)
    }

    pub(super) fn stage(&self, index: usize, x: &Tensor) -> Result<Tensor> {
        self.stages[index].forward(x)
    }

    fn end(&self, x: &Tensor) -> Result<Tensor> {
        self.conv_out.forward(&relu(&self.norm_out.forward(x)?)?)
    }

    pub(super) fn forward(&self, latents: &Tensor) -> Result<Tensor> {
        let mut x = self.stem(latents)?;
        for stage in &self.stages {
            x = stage.forward(&x)?;
        }
        self.end(&x)
    }

    /// Equal to [`Self::forward`], with the stages that see only their neighbourhood run over
    /// `chunk` latent frames at a time; `go_on` is asked before each, and `None` is its no.
    pub(super) fn forward_in_chunks(
        &self,
        latents: &Tensor,
        chunk: usize,
        go_on: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Option<Tensor>> {
        let frames = latents.dim(D::Minus1)?;
        let global = self
            .stages
            .iter()
            .rposition(|stage| stage.blocks.iter().any(Block::is_global))
            .map_or(0, |last| last + 1);
        let mut x = self.stem(latents)?;
        for stage in &self.stages[..global] {
            if !go_on(0, frames) {
                return Ok(None);
            }
            x = stage.forward(&x)?;
        }
        let scale = x.dim(D::Minus1)? / frames.max(1);
        let mut parts = Vec::new();
        let mut from = 0;
        while from < frames {
            if !go_on(from, frames) {
                return Ok(None);
            }
            let to = (from + chunk.max(1)).min(frames);
            let (start, end) = (from.saturating_sub(HALO), (to + HALO).min(frames));
            let mut part = x
                .narrow(D::Minus1, start * scale, (end - start) * scale)?
                .contiguous()?;
            for stage in &self.stages[global..] {
                part = stage.forward(&part)?;
            }
            let part = self.end(&part)?;
            let width = part.dim(D::Minus1)? / (end - start);
            parts.push(part.narrow(D::Minus1, (from - start) * width, (to - from) * width)?);
            from = to;
        }
        Ok(Some(Tensor::cat(&parts, D::Minus1)?))
    }
}

impl Stage {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut x = match &self.up {
            Some(up) => up.forward(x)?,
            None => x.clone(),
        };
        for block in &self.blocks {
            x = block.forward(&x)?;
        }
        Ok(x)
    }
}

/// Twice the height and width (`DCUpBlock2d`, interpolating).
#[derive(Clone, Debug)]
struct Up {
    conv: DoubledConv2d,
    outputs: usize,
}

impl Up {
    fn load(weights: &Weights, inputs: usize, outputs: usize) -> Result<Self> {
        Ok(Self {
            conv: DoubledConv2d::load(&weights.pp("conv"), inputs, outputs)?,
            outputs,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let shortcut = repeated_pixel_shuffle(x, self.outputs, 2)?;
        self.conv.forward_onto(x, &shortcut)
    }
}

/// As many channels as `outputs`, each repeated in place.
fn repeat_channels(x: &Tensor, outputs: usize) -> Result<Tensor> {
    let (batch, channels, height, width) = x.dims4()?;
    let times = outputs / channels;
    Ok(x.unsqueeze(2)?
        .broadcast_as((batch, channels, times, height, width))?
        .contiguous()?
        .reshape((batch, outputs, height, width))?)
}
