use candle_core::Tensor;
use songwright_nn::{Linear, Result, Weights, ops::gated_depthwise, weights::Bias};

/// Widens, looks at the neighbours in time, gates and narrows again: "GLUMBConv" (Xie et al. 2024).
#[derive(Clone, Debug)]
pub(super) struct FeedForward {
    inverted: Linear,
    depth_weight: Tensor,
    depth_bias: Tensor,
    point: Linear,
}

/// Taps of the convolution over time.
const TAPS: usize = 3;

impl FeedForward {
    pub(super) fn load(weights: &Weights, features: usize, hidden: usize) -> Result<Self> {
        let depth = weights.pp("depth_conv.conv");
        Ok(Self {
            inverted: weights.pp("inverted_conv.conv").pointwise(
                features,
                &[2 * hidden, features, 1],
                Bias::With,
            )?,
            depth_weight: depth.depthwise(2 * hidden, TAPS)?,
            depth_bias: depth.tensor("bias", 2 * hidden)?,
            point: weights.pp("point_conv.conv").pointwise(
                hidden,
                &[features, hidden, 1],
                Bias::Without,
            )?,
        })
    }

    /// `(batch, time, features)` → the same shape.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let wide = self.inverted.forward(x)?;
        let gated = gated_depthwise(&wide, &self.depth_weight, &self.depth_bias)?;
        self.point.forward(&gated)
    }
}
