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

    /// The same, its weight stored as direction and length (see [`Weights::weight_normed`]).
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load_normed(weights: &Weights, shape: ConvShape) -> Result<Self> {
        let weight =
            weights.weight_normed((shape.outputs, shape.inputs / shape.groups, shape.kernel))?;
        Ok(Self::new(
            weight,
            bias_of(weights, shape, Bias::With)?,
            shape,
        ))
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
/// + kernel − 2·padding)`. Its kernel is a multiple of its stride; it has one group and no dilation.
#[derive(Clone, Debug)]
pub struct ConvTranspose1d {
    weight: Tensor,
    bias: Option<Tensor>,
    shape: ConvShape,
}

impl ConvTranspose1d {
    /// Its weight (inputs, outputs, kernel) stored as direction and length (see
    /// [`Weights::weight_normed`]), and its bias.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load_normed(weights: &Weights, shape: ConvShape) -> Result<Self> {
        let weight =
            weights.weight_normed((shape.inputs, shape.outputs / shape.groups, shape.kernel))?;
        Ok(Self::new(
            weight,
            bias_of(weights, shape, Bias::With)?,
            shape,
        ))
    }

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
            outputs,
            kernel,
            stride,
            padding,
            ..
        } = self.shape;
        let (batch, inputs, time) = x.dims3()?;
        // Every input's contribution by a matrix product, then the overlapping ones added: candle's own
        // is many times slower with padding, and wrong for more than one row of a batch.
        let weight = self.weight.reshape((inputs, outputs * kernel))?.t()?;
        let weight = weight
            .unsqueeze(0)?
            .broadcast_as((batch, outputs * kernel, inputs))?;
        let columns = weight.contiguous()?.matmul(&x.contiguous()?)?;
        let turns = kernel / stride;
        let columns = columns.reshape((batch, outputs, turns, stride, time))?;
        let length = (time + turns - 1) * stride;
        let mut sum: Option<Tensor> = None;
        for turn in 0..turns {
            let part = columns
                .narrow(2, turn, 1)?
                .squeeze(2)?
                .transpose(2, 3)?
                .contiguous()?
                .reshape((batch, outputs, time * stride))?
                .pad_with_zeros(2, turn * stride, (turns - 1 - turn) * stride)?;
            sum = Some(match sum {
                Some(sum) => (sum + part)?,
                None => part,
            });
        }
        let y = match sum {
            Some(sum) => sum,
            None => Tensor::zeros((batch, outputs, length), x.dtype(), x.device())?,
        };
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
