use candle_core::Tensor;
use songwright_nn::{
    Linear, Result, Weights, attention::attention, norm::GroupNorm, weights::Bias,
};

use super::EPS;
use crate::sdxl::model::resnet::{Resnet, ResnetShape};

/// The autoencoder's innermost part: a residual block, attention of one head among all places, and another.
#[derive(Clone, Debug)]
pub(super) struct Middle {
    resnets: [Resnet; 2],
    norm: GroupNorm,
    qkv: Linear,
    out: Linear,
}

impl Middle {
    pub(super) fn load(weights: &Weights, channels: usize, groups: usize) -> Result<Self> {
        let shape = ResnetShape {
            groups,
            eps: EPS,
            time: None,
        };
        let resnets = weights.pp("resnets");
        let attention = weights.pp("attentions.0");
        let names = ["to_q", "to_k", "to_v"];
        Ok(Self {
            resnets: [
                Resnet::load(&resnets.pp(0), channels, channels, shape)?,
                Resnet::load(&resnets.pp(1), channels, channels, shape)?,
            ],
            norm: GroupNorm::load(&attention.pp("group_norm"), groups, channels, EPS)?,
            qkv: attention.linears(&names, channels, channels, Bias::With)?,
            out: attention
                .pp("to_out.0")
                .linear(channels, channels, Bias::With)?,
        })
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.resnets[0].forward(x, None)?;
        self.resnets[1].forward(&(&x + self.attended(&x)?)?, None)
    }

    #[expect(clippy::cast_precision_loss, reason = "channels are few")]
    fn attended(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, channels, height, width) = x.dims4()?;
        let places = height * width;
        let tokens = self
            .norm
            .forward(x)?
            .reshape((batch, channels, places))?
            .transpose(1, 2)?
            .contiguous()?;
        let qkv = self
            .qkv
            .forward(&tokens)?
            .reshape((batch, places, 3, 1, channels))?;
        let part = |i| -> Result<Tensor> { Ok(qkv.narrow(2, i, 1)?.squeeze(2)?.transpose(1, 2)?) };
        let scale = (channels as f64).powf(-0.5);
        let seen = attention(&part(0)?, &part(1)?, &part(2)?, scale, None)?;
        let seen = seen.transpose(1, 2)?.reshape((batch, places, channels))?;
        Ok(self
            .out
            .forward(&seen)?
            .transpose(1, 2)?
            .contiguous()?
            .reshape((batch, channels, height, width))?)
    }
}
