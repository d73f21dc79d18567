//! Convolutions over time and over pixels.

use candle_core::Tensor;

use crate::{Result, Weights, weights::Bias};

/// The measures of a convolution, the same in each dimension.
#[derive(Clone, Copy, Debug)]
pub struct ConvShape {
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// Taps.
    pub kernel: usize,
    /// Steps between two outputs (between two inputs where it is transposed).
    pub stride: usize,
    /// Zeros on either side.
    pub padding: usize,
    /// Steps between two taps.
    pub dilation: usize,
    /// Groups of channels that do not see each other.
    pub groups: usize,
}

impl ConvShape {
    /// One that keeps the length: stride 1 and half a kernel of zeros on either side.
    #[must_use]
    pub fn same(inputs: usize, outputs: usize, kernel: usize) -> Self {
        Self {
            inputs,
            outputs,
            kernel,
            stride: 1,
            padding: kernel / 2,
            dilation: 1,
            groups: 1,
        }
    }

    /// The same, each channel on its own.
    #[must_use]
    pub fn depthwise(channels: usize, kernel: usize) -> Self {
        Self {
            groups: channels,
            ..Self::same(channels, channels, kernel)
        }
    }
}

/// A convolution over time: `(batch, inputs, time)` → `(batch, outputs, time')`.
#[derive(Clone, Debug)]
pub struct Conv1d {
    weight: Tensor,
    bias: Option<Tensor>,
    shape: ConvShape,
}

impl Conv1d {
    /// `weight` (outputs, inputs/groups, kernel) and perhaps `bias` of this place.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, shape: ConvShape, bias: Bias) -> Result<Self> {
        let weight = weights.tensor(
            "weight",
            (shape.outputs, shape.inputs / shape.groups, shape.kernel),
        )?;
        Ok(Self::new(weight, bias_of(weights, shape, bias)?, shape))
    }

    /// From tensors at hand.
    #[must_use]
    pub fn new(weight: Tensor, bias: Option<Tensor>, shape: ConvShape) -> Self {
        Self {
            weight,
            bias,
            shape,
        }
    }

    /// # Errors
    /// Where the input has other channels.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let ConvShape {
            stride,
            padding,
            dilation,
            groups,
            ..
        } = self.shape;
        let y = x.conv1d(&self.weight, padding, stride, dilation, groups)?;
        with_bias(y, self.bias.as_ref())
    }
}

/// A transposed convolution over time: `(batch, inputs, time)` → `(batch, outputs, (time − 1)·stride
/// + kernel − 2·padding)`.
#[derive(Clone, Debug)]
pub struct ConvTranspose1d {
    weight: Tensor,
    bias: Option<Tensor>,
    shape: ConvShape,
}

impl ConvTranspose1d {
    /// From a weight of (inputs, outputs, kernel) and a bias of outputs.
    #[must_use]
    pub fn new(weight: Tensor, bias: Option<Tensor>, shape: ConvShape) -> Self {
        Self {
            weight,
            bias,
            shape,
        }
    }

    /// # Errors
    /// Where the input has other channels.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let ConvShape {
            stride,
            padding,
            dilation,
            groups,
            ..
        } = self.shape;
        // With padding candle falls to a loop that is many times slower, on every device.
        let y = x.conv_transpose1d(&self.weight, 0, 0, stride, dilation, groups)?;
        let length = y.dim(2)?;
        let y = y.narrow(2, padding, length - 2 * padding)?.contiguous()?;
        with_bias(y, self.bias.as_ref())
    }
}

/// A convolution over pixels: `(batch, inputs, height, width)` → `(batch, outputs, height', width')`.
#[derive(Clone, Debug)]
pub struct Conv2d {
    weight: Tensor,
    bias: Option<Tensor>,
    shape: ConvShape,
}

impl Conv2d {
    /// `weight` (outputs, inputs/groups, kernel, kernel) and perhaps `bias` of this place.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, shape: ConvShape, bias: Bias) -> Result<Self> {
        let (k, inputs) = (shape.kernel, shape.inputs / shape.groups);
        let weight = weights.tensor("weight", (shape.outputs, inputs, k, k))?;
        Ok(Self {
            weight,
            bias: bias_of(weights, shape, bias)?,
            shape,
        })
    }

    /// # Errors
    /// Where the input has other channels.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let ConvShape {
            stride,
            padding,
            dilation,
            groups,
            ..
        } = self.shape;
        let y = x.conv2d(&self.weight, padding, stride, dilation, groups)?;
        with_bias(y, self.bias.as_ref())
    }
}

fn bias_of(weights: &Weights, shape: ConvShape, bias: Bias) -> Result<Option<Tensor>> {
    match bias {
        Bias::With => Ok(Some(weights.tensor("bias", shape.outputs)?)),
        Bias::Without => Ok(None),
    }
}

/// Adds a bias of one value a channel, channels being the second dimension.
fn with_bias(y: Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let Some(bias) = bias else { return Ok(y) };
    let mut one_a_channel = vec![1; y.rank()];
    one_a_channel[1] = bias.elem_count();
    Ok(y.broadcast_add(&bias.reshape(one_a_channel)?)?)
}
