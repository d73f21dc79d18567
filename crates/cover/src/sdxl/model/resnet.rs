use candle_core::Tensor;
use songwright_nn::{
    Linear, Result, Weights,
    conv::{Conv2d, ConvShape},
    norm::GroupNorm,
    weights::Bias,
};

/// A residual block: `x + conv(silu(norm(conv(silu(norm(x))) + time)))` (diffusers' `ResnetBlock2D`).
#[derive(Clone, Debug)]
pub(super) struct Resnet {
    norms: [GroupNorm; 2],
    convs: [Conv2d; 2],
    time: Option<Linear>,
    shortcut: Option<Conv2d>,
}

/// What a residual block's norms are like, and how wide the time's embedding is, where there is one.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResnetShape {
    pub(super) groups: usize,
    pub(super) eps: f64,
    pub(super) time: Option<usize>,
}

impl Resnet {
    pub(super) fn load(
        weights: &Weights,
        inputs: usize,
        outputs: usize,
        shape: ResnetShape,
    ) -> Result<Self> {
        let norm = |name: &str, channels| {
            GroupNorm::load(&weights.pp(name), shape.groups, channels, shape.eps)
        };
        let conv = |name: &str, inputs, kernel| {
            let shape = ConvShape::same(inputs, outputs, kernel);
            Conv2d::load(&weights.pp(name), shape, Bias::With)
        };
        let time = shape.time.map(|size| {
            let place = weights.pp("time_emb_proj");
            place.linear(size, outputs, Bias::With)
        });
        Ok(Self {
            norms: [norm("norm1", inputs)?, norm("norm2", outputs)?],
            convs: [conv("conv1", inputs, 3)?, conv("conv2", outputs, 3)?],
            time: time.transpose()?,
            shortcut: (inputs != outputs)
                .then(|| conv("conv_shortcut", inputs, 1))
                .transpose()?,
        })
    }

    /// `time` is SiLU of the time's embedding, (batch, size).
    pub(super) fn forward(&self, x: &Tensor, time: Option<&Tensor>) -> Result<Tensor> {
        let shift = match (&self.time, time) {
            (Some(linear), Some(time)) => Some(linear.forward(time)?),
            _ => None,
        };
        let hidden = self.convs[0].forward_normed((&self.norms[0], None), x, None)?;
        let shortcut = self.shortcut.as_ref().map(|shortcut| shortcut.forward(x));
        let shortcut = shortcut.transpose()?;
        let residual = Some(shortcut.as_ref().unwrap_or(x));
        self.convs[1].forward_normed((&self.norms[1], shift.as_ref()), &hidden, residual)
    }
}
