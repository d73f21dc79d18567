use candle_core::Tensor;
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
        let mut x = self.conv_in.forward(mel)?;
        for i in 0..self.stages.len() {
            x = self.stage(i, &x)?;
        }
        let shortcut = mean_of_groups(&x, self.latent_channels)?;
        Ok((self.conv_out.forward(&x)? + shortcut)?)
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
