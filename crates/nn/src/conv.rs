//! Convolutions over time and over pixels.

use candle_core::{DType, Tensor};

use crate::{
    Result, Weights, cpu,
    norm::GroupNorm,
    ops::{is_half_on_cpu, relu, silu},
    stop,
    weights::Bias,
};

mod doubled;
pub(crate) mod own;
#[cfg(test)]
mod tests;

use own::{Around, Operands, Seen};

pub use doubled::DoubledConv2d;

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
        stop::ask()?;
        if cpu::usable(&[x, &self.weight]) {
            return own::conv1d(&self.operands(), x, Around::default());
        }
        self.composed(x)
    }

    /// The same of `silu(x)`, and `residual`, of the result's shape, added.
    ///
    /// # Errors
    /// Where the input has other channels, or the residual another shape.
    pub fn forward_silu(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Tensor> {
        stop::ask()?;
        if cpu::usable(&[x, &self.weight]) {
            let around = Around {
                silu: true,
                residual,
                ..Around::default()
            };
            return own::conv1d(&self.operands(), x, around);
        }
        let y = self.composed(&silu(x)?)?;
        match residual {
            Some(residual) => Ok((residual + y)?),
            None => Ok(y),
        }
    }

    fn composed(&self, x: &Tensor) -> Result<Tensor> {
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

    fn operands(&self) -> Operands<'_> {
        Operands {
            weight: &self.weight,
            bias: self.bias.as_ref(),
            shape: self.shape,
        }
    }
}

/// A transposed convolution over time: `(batch, inputs, time)` → `(batch, outputs, (time − 1)·stride
/// + kernel − 2·padding)`. Its kernel is a multiple of its stride; it has one group and no dilation.
#[derive(Clone, Debug)]
pub struct ConvTranspose1d {
    /// As a convolution whose outputs take turns in time: (outputs·stride, inputs, kernel/stride).
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
        let bias = bias_of(weights, shape, Bias::With)?;
        let turning = (
            shape.outputs * shape.stride,
            shape.inputs,
            shape.kernel / shape.stride,
        );
        Ok(Self {
            weight: weights.made(turning, || turned(&weight, shape))?,
            bias,
            shape,
        })
    }

    /// From a weight of (inputs, outputs, kernel) and a bias of outputs.
    ///
    /// # Errors
    /// Where the weight has another shape.
    pub fn new(weight: &Tensor, bias: Option<Tensor>, shape: ConvShape) -> Result<Self> {
        Ok(Self {
            weight: turned(weight, shape)?,
            bias,
            shape,
        })
    }

    /// # Errors
    /// Where the input has other channels.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.forward_around(x, Around::default())
    }

    /// The same of `silu(x)`.
    ///
    /// # Errors
    /// Where the input has other channels.
    pub fn forward_silu(&self, x: &Tensor) -> Result<Tensor> {
        let around = Around {
            silu: true,
            ..Around::default()
        };
        self.forward_around(x, around)
    }

    fn forward_around(&self, x: &Tensor, around: Around<'_>) -> Result<Tensor> {
        stop::ask()?;
        if cpu::usable(&[x, &self.weight]) {
            let operands = Operands {
                weight: &self.weight,
                bias: self.bias.as_ref(),
                shape: self.shape,
            };
            return own::conv_transpose1d(&operands, x, around);
        }
        if around.silu {
            self.composed(&silu(x)?)
        } else {
            self.composed(x)
        }
    }

    /// candle's own is many times slower with padding, and wrong for more than one row of a batch.
    fn composed(&self, x: &Tensor) -> Result<Tensor> {
        let ConvShape {
            outputs,
            kernel,
            stride,
            padding,
            ..
        } = self.shape;
        let (batch, _, time) = x.dims3()?;
        let turns = kernel / stride;
        let columns = x.conv1d(&self.weight, turns - 1, 1, 1, 1)?;
        let length = (time + turns - 1) * stride;
        let y = columns
            .reshape((batch, outputs, stride, time + turns - 1))?
            .transpose(2, 3)?
            .contiguous()?
            .reshape((batch, outputs, length))?
            .narrow(2, padding, length - 2 * padding)?
            .contiguous()?;
        with_bias(y, self.bias.as_ref())
    }
}

/// (inputs, outputs, kernel) → (outputs·stride, inputs, kernel/stride), the last turned round.
fn turned(weight: &Tensor, shape: ConvShape) -> Result<Tensor> {
    let ConvShape {
        inputs,
        outputs,
        kernel,
        stride,
        ..
    } = shape;
    let turns = kernel / stride;
    Ok(weight
        .reshape((inputs, outputs, turns, stride))?
        .permute((1, 3, 0, 2))?
        .contiguous()?
        .flip(&[3])?
        .reshape((outputs * stride, inputs, turns))?)
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
        self.forward_around(x, Around::default())
    }

    /// The same of `silu(x)`.
    ///
    /// # Errors
    /// Where the input has other channels.
    pub fn forward_silu(&self, x: &Tensor) -> Result<Tensor> {
        let around = Around {
            silu: true,
            ..Around::default()
        };
        self.forward_around(x, around)
    }

    /// The same, `residual` perhaps added, and what is negative then becomes zero.
    ///
    /// # Errors
    /// Where the input has other channels, or the residual another shape.
    pub fn forward_relu(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Tensor> {
        let around = Around {
            residual,
            relu: true,
            ..Around::default()
        };
        self.forward_around(x, around)
    }

    /// The same, written over `over` where that has the result's size and own loops do: a tensor that nobody needs any
    /// more, for whoever still has it finds nothing in it.
    ///
    /// # Errors
    /// As [`Self::forward_relu`].
    pub fn forward_relu_over(
        &self,
        x: &Tensor,
        residual: Option<&Tensor>,
        over: Option<Tensor>,
    ) -> Result<Tensor> {
        stop::ask()?;
        let (_, _, height, width) = x.dims4()?;
        if self.takes(x, residual) && own::tiles_pay(self.shape, (height, width)) {
            let around = Around {
                residual,
                relu: true,
                ..Around::default()
            };
            return own::by_tiles(&self.operands(), x, around, Seen::AsIs, over);
        }
        self.forward_relu(x, residual)
    }

    /// The same of a picture whose every pixel was doubled in both directions, `residual` perhaps added:
    /// `(batch, inputs, height, width)` → `(batch, outputs, 2·height, 2·width)` where a convolution keeps the
    /// size.
    ///
    /// # Errors
    /// Where the input has other channels, or the residual another shape.
    pub fn forward_doubled(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Tensor> {
        stop::ask()?;
        let (_, _, height, width) = x.dims4()?;
        let (height, width) = (2 * height, 2 * width);
        let around = Around {
            residual,
            ..Around::default()
        };
        if self.takes(x, residual) && own::tiles_pay(self.shape, (height, width)) {
            return own::by_tiles(&self.operands(), x, around, Seen::Doubled, None);
        }
        self.forward_around(&x.upsample_nearest2d(height, width)?, around)
    }

    /// The same of [`GroupNorm::forward_silu`], `residual` perhaps added: on the CPU without that in memory.
    ///
    /// # Errors
    /// Where the input has other channels, or shift or residual another shape.
    pub fn forward_normed(
        &self,
        (norm, shift): (&GroupNorm, Option<&Tensor>),
        x: &Tensor,
        residual: Option<&Tensor>,
    ) -> Result<Tensor> {
        stop::ask()?;
        let (_, _, height, width) = x.dims4()?;
        let around = Around {
            residual,
            ..Around::default()
        };
        if self.takes(x, residual)
            && own::tiles_pay(self.shape, (height, width))
            && let Some(scales) = norm.scales(x, shift)?
        {
            return own::by_tiles(&self.operands(), x, around, Seen::Scaled(&scales), None);
        }
        self.forward_around(&norm.forward_silu(x, shift)?, around)
    }

    fn forward_around(&self, x: &Tensor, around: Around<'_>) -> Result<Tensor> {
        stop::ask()?;
        if self.takes(x, around.residual) {
            return own::conv2d(&self.operands(), x, around);
        }
        let y = if around.silu {
            self.composed(&silu(x)?)?
        } else {
            self.composed(x)?
        };
        let y = match around.residual {
            Some(residual) => (y + residual)?,
            None => y,
        };
        if around.relu { relu(&y) } else { Ok(y) }
    }

    /// Whether own loops do.
    fn takes(&self, x: &Tensor, residual: Option<&Tensor>) -> bool {
        cpu::usable(&[x, &self.weight]) && residual.is_none_or(|residual| cpu::usable(&[residual]))
    }

    fn operands(&self) -> Operands<'_> {
        Operands {
            weight: &self.weight,
            bias: self.bias.as_ref(),
            shape: self.shape,
        }
    }

    fn composed(&self, x: &Tensor) -> Result<Tensor> {
        let ConvShape {
            stride,
            padding,
            dilation,
            groups,
            ..
        } = self.shape;
        let dtype = x.dtype();
        if is_half_on_cpu(x) {
            // candle has no such loop here; the weight stays small in memory, and is widened for a moment.
            let wide = |x: &Tensor| x.to_dtype(DType::F32);
            let layer = Self {
                weight: wide(&self.weight)?,
                bias: self.bias.as_ref().map(wide).transpose()?,
                shape: self.shape,
            };
            return Ok(layer.forward(&wide(x)?)?.to_dtype(dtype)?);
        }
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
