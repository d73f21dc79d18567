use candle_core::{D, Tensor};
use songwright_nn::{
    Result, Weights,
    conv::{Conv2d, ConvShape},
    ops::pixel_unshuffle,
    weights::Bias,
};

use super::{DcaeConfig, block::Block};

/// Normalised mel spectrograms to latents.
#[derive(Clone, Debug)]
pub(super) struct Encoder {
    conv_in: Conv2d,
    stages: Vec<Stage>,
    conv_out: Conv2d,
    latent_channels: usize,
}

#[derive(Clone, Debug)]
struct Stage {
    blocks: Vec<Block>,
    down: Option<Down>,
}

/// Latent frames either side that a frame depends on before the stages that see everything: of eight
/// mel frames each, and 44 such are reached by the published model's convolutions.
const HALO: usize = 8;

impl Encoder {
    pub(super) fn load(weights: &Weights, config: &DcaeConfig) -> Result<Self> {
        let all = config.encoder_stages();
        let first = all.first().map_or(0, |stage| stage.channels);
        let last = all.last().map_or(0, |stage| stage.channels);
        let stages = all
            .iter()
            .enumerate()
            .map(|(i, stage)| {
                let place = weights.pp("down_blocks").pp(i);
                let blocks = (0..stage.layers)
                    .map(|j| Block::load(&place.pp(j), stage))
                    .collect::<Result<_>>()?;
                let down = all
                    .get(i + 1)
                    .map(|next| Down::load(&place.pp(stage.layers), stage.channels, next.channels))
                    .transpose()?;
                Ok(Stage { blocks, down })
            })
            .collect::<Result<_>>()?;
        let conv_in = ConvShape::same(config.in_channels, first, 3);
        let conv_out = ConvShape::same(last, config.latent_channels, 3);
        Ok(Self {
            conv_in: Conv2d::load(&weights.pp("conv_in"), conv_in, Bias::With)?,
            stages,
            conv_out: Conv2d::load(&weights.pp("conv_out"), conv_out, Bias::With)?,
            latent_channels: config.latent_channels,
        })
    }

    pub(super) fn forward(&self, mel: &Tensor) -> Result<Tensor> {
        let x = self.stages_from(0, &self.conv_in.forward(mel)?)?;
        self.end(&x)
    }

    fn stages_from(&self, first: usize, x: &Tensor) -> Result<Tensor> {
        (first..self.stages.len()).try_fold(x.clone(), |x, i| self.stage(i, &x))
    }

    fn end(&self, x: &Tensor) -> Result<Tensor> {
        let shortcut = mean_of_groups(x, self.latent_channels)?;
        Ok((self.conv_out.forward(x)? + shortcut)?)
    }

    /// Equal to [`Self::forward`], with the stages that see only their neighbourhood run over
    /// `chunk` latent frames at a time: those are the wide ones. `go_on` is asked before each, and
    /// `None` is its no.
    pub(super) fn forward_in_chunks(
        &self,
        mel: &Tensor,
        chunk: usize,
        go_on: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Option<Tensor>> {
        let is_local =
            |stage: &Stage| stage.down.is_some() && !stage.blocks.iter().any(Block::is_global);
        let local = self
            .stages
            .iter()
            .position(|stage| !is_local(stage))
            .unwrap_or(self.stages.len());
        let frame = 1 << (self.stages.len().max(1) - 1);
        let frames = mel.dim(D::Minus1)? / frame;
        let mut parts = Vec::new();
        let mut from = 0;
        while from < frames {
            if !go_on(from, frames) {
                return Ok(None);
            }
            let to = from.saturating_add(chunk.max(1)).min(frames);
            let (start, end) = (from.saturating_sub(HALO), (to + HALO).min(frames));
            let mut part = mel
                .narrow(D::Minus1, start * frame, (end - start) * frame)?
                .contiguous()?;
            part = self.conv_in.forward(&part)?;
            for i in 0..local {
                part = self.stage(i, &part)?;
            }
            let width = part.dim(D::Minus1)? / (end - start);
            parts.push(part.narrow(D::Minus1, (from - start) * width, (to - from) * width)?);
            from = to;
        }
        let x = self.stages_from(local, &Tensor::cat(&parts, D::Minus1)?)?;
        self.end(&x).map(Some)
    }

    pub(super) fn stem(&self, mel: &Tensor) -> Result<Tensor> {
        self.conv_in.forward(mel)
    }

    pub(super) fn stage(&self, index: usize, x: &Tensor) -> Result<Tensor> {
        let stage = &self.stages[index];
        let mut x = x.clone();
        for block in &stage.blocks {
            x = block.forward(&x)?;
        }
        match &stage.down {
            Some(down) => down.forward(&x),
            None => Ok(x),
        }
    }
}

/// Half the height and width (`DCDownBlock2d`).
#[derive(Clone, Debug)]
struct Down {
    conv: Conv2d,
    outputs: usize,
}

impl Down {
    fn load(weights: &Weights, inputs: usize, outputs: usize) -> Result<Self> {
        let shape = ConvShape {
            stride: 2,
            ..ConvShape::same(inputs, outputs, 3)
        };
        Ok(Self {
            conv: Conv2d::load(&weights.pp("conv"), shape, Bias::With)?,
            outputs,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let shortcut = mean_of_groups(&pixel_unshuffle(x, 2)?, self.outputs)?;
        Ok((self.conv.forward(x)? + shortcut)?)
    }
}

/// As many channels as `outputs`, each the mean of consecutive ones.
fn mean_of_groups(x: &Tensor, outputs: usize) -> Result<Tensor> {
    let (batch, channels, height, width) = x.dims4()?;
    let groups = (batch, outputs, channels / outputs, height * width);
    Ok(x.reshape(groups)?
        .mean(2)?
        .reshape((batch, outputs, height, width))?)
}
