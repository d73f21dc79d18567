use candle_core::Tensor;
use songwright_nn::{
    Result, Weights,
    conv::{Conv2d, ConvShape},
    weights::Bias,
};

use super::{
    resnet::{Resnet, ResnetShape},
    spatial_transformer::{SpatialTransformer, TransformerShape},
    unet::{Context, Places},
};

/// One resolution of the UNet, on the way down or up.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) layers: Vec<Layer>,
    /// To the next resolution.
    pub(super) resample: Option<Conv2d>,
}

/// A residual block, and a transformer where the level has them.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) resnet: Resnet,
    pub(super) transformer: Option<SpatialTransformer>,
}

/// What a level is like.
#[derive(Clone, Copy, Debug)]
pub(super) struct LevelShape {
    pub(super) resnet: ResnetShape,
    pub(super) transformer: Option<TransformerShape>,
    pub(super) outputs: usize,
}

impl Level {
    /// `inputs` are the channels that each residual block takes.
    pub(super) fn load(
        weights: &Weights,
        inputs: &[usize],
        shape: LevelShape,
        places: &mut Places,
    ) -> Result<Self> {
        let mut layers = Vec::with_capacity(inputs.len());
        for (i, inputs) in inputs.iter().enumerate() {
            let resnet = weights.pp("resnets").pp(i);
            let resnet = Resnet::load(&resnet, *inputs, shape.outputs, shape.resnet)?;
            let transformer = shape.transformer.map(|transformer| {
                let place = weights.pp("attentions").pp(i);
                SpatialTransformer::load(&place, transformer, places)
            });
            layers.push(Layer {
                resnet,
                transformer: transformer.transpose()?,
            });
        }
        Ok(Self {
            layers,
            resample: None,
        })
    }

    /// The same, ending with half as many pixels in each direction.
    pub(super) fn then_down(mut self, weights: &Weights, channels: usize) -> Result<Self> {
        let shape = ConvShape {
            stride: 2,
            ..ConvShape::same(channels, channels, 3)
        };
        let place = weights.pp("downsamplers.0.conv");
        self.resample = Some(Conv2d::load(&place, shape, Bias::With)?);
        Ok(self)
    }

    /// The same, ending with about twice as many pixels in each direction.
    pub(super) fn then_up(mut self, weights: &Weights, channels: usize) -> Result<Self> {
        let shape = ConvShape::same(channels, channels, 3);
        let place = weights.pp("upsamplers.0.conv");
        self.resample = Some(Conv2d::load(&place, shape, Bias::With)?);
        Ok(self)
    }
}

impl Layer {
    pub(super) fn forward(&self, x: &Tensor, time: &Tensor, context: &Context) -> Result<Tensor> {
        let x = self.resnet.forward(x, Some(time))?;
        match &self.transformer {
            Some(transformer) => transformer.forward(&x, context),
            None => Ok(x),
        }
    }
}
