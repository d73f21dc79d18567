//! Convolutions by own loops on the CPU, where matrices over channels are the smallest of them.

use candle_core::{Error, Tensor};

use super::ConvShape;
use crate::{
    Result,
    cpu::{
        conv::{Conv, Measures, Turns, Weight},
        elements::{Elements, taken, tensor},
        places::{Grid, Line, Places},
        pointwise::relu_in_place,
        winograd::{self, Before, Picture, Winograd, time::Stretch},
        woven::Woven,
    },
};

/// A layer.
pub(super) struct Operands<'a> {
    pub(super) weight: &'a Tensor,
    pub(super) bias: Option<&'a Tensor>,
    pub(super) shape: ConvShape,
}

/// What else happens on the way.
#[derive(Clone, Copy, Default)]
pub(super) struct Around<'a> {
    /// SiLU before.
    pub(super) silu: bool,
    /// Added after.
    pub(super) residual: Option<&'a Tensor>,
    /// What is negative in the end becomes zero.
    pub(super) relu: bool,
}

pub(super) fn conv1d(layer: &Operands<'_>, x: &Tensor, around: Around<'_>) -> Result<Tensor> {
    let (batch, _, time) = x.dims3()?;
    let shape = layer.shape;
    let line = Line {
        time,
        taps: shape.kernel,
        padding: shape.padding,
        dilation: shape.dilation,
    };
    if (shape.stride, shape.groups) == (1, 1)
        && winograd::time::pays((shape.inputs, shape.outputs), line)
    {
        return by_stretches(layer, x, around, line);
    }
    let places = if shape.stride == 1 {
        Places::Time(line)
    } else {
        Places::Strided(Grid {
            size: (1, time),
            taps: (1, shape.kernel),
            padding: (0, shape.padding),
            dilation: shape.dilation,
            stride: (1, shape.stride),
        })
    };
    let out = run(layer, x, around, (&places, None))?;
    tensor(out, (batch, shape.outputs, places.outputs()))
}

/// The weight is (outputs·stride, inputs, kernel/stride).
pub(super) fn conv_transpose1d(
    layer: &Operands<'_>,
    x: &Tensor,
    around: Around<'_>,
) -> Result<Tensor> {
    let (batch, _, time) = x.dims3()?;
    let shape = layer.shape;
    let taps = shape.kernel / shape.stride;
    let line = Line {
        time,
        taps,
        padding: taps - 1,
        dilation: 1,
    };
    let length = ((time + taps - 1) * shape.stride).saturating_sub(2 * shape.padding);
    let turns = Turns {
        stride: shape.stride,
        cut: shape.padding,
        length,
    };
    let out = run(layer, x, around, (&Places::Time(line), Some(turns)))?;
    tensor(out, (batch, shape.outputs, length))
}

pub(super) fn conv2d(layer: &Operands<'_>, x: &Tensor, around: Around<'_>) -> Result<Tensor> {
    let (batch, _, height, width) = x.dims4()?;
    let shape = layer.shape;
    if tiles_pay(shape, (height, width)) {
        return by_tiles(layer, x, around, Seen::AsIs, None);
    }
    let grid = Grid {
        size: (height, width),
        taps: (shape.kernel, shape.kernel),
        padding: (shape.padding, shape.padding),
        dilation: shape.dilation,
        stride: (shape.stride, shape.stride),
    };
    let places = match (shape.stride, shape.kernel, shape.padding) {
        (1, 1, 0) => Places::Time(Line {
            time: height * width,
            taps: 1,
            padding: 0,
            dilation: 1,
        }),
        (1, ..) => Places::Pixels(grid),
        _ => Places::Strided(grid),
    };
    let (lines, columns) = grid.outputs();
    let mut out = run(layer, x, around, (&places, None))?;
    if around.relu {
        relu_in_place(&mut out);
    }
    tensor(out, (batch, shape.outputs, lines, columns))
}

/// Whether a convolution of a picture of that size goes by tiles.
pub(super) fn tiles_pay(shape: ConvShape, size: (usize, usize)) -> bool {
    let ConvShape {
        inputs,
        outputs,
        kernel,
        stride,
        dilation,
        groups,
        ..
    } = shape;
    (kernel, stride, dilation, groups) == (3, 1, 1, 1) && winograd::pays(inputs, outputs, size)
}

/// Over time, stride 1.
fn by_stretches(
    layer: &Operands<'_>,
    x: &Tensor,
    around: Around<'_>,
    line: Line,
) -> Result<Tensor> {
    let (batch, inputs, _) = x.dims3()?;
    let outputs = layer.shape.outputs;
    if inputs != layer.shape.inputs {
        return Err(mismatch(x, layer.weight));
    }
    let dims = (batch, outputs, line.outputs());
    let (x, weight) = (x.contiguous()?, layer.weight.contiguous()?);
    let residual = around.residual.map(Tensor::contiguous).transpose()?;
    let bias = layer.bias.map(Elements::of).transpose()?;
    let residual = residual.as_ref().map(Elements::of).transpose()?;
    let (x, weight) = (Elements::of(&x)?, Elements::of(&weight)?);
    let conv = Stretch {
        x: x.all(),
        weight: weight.all(),
        bias: bias.as_ref().map(Elements::all),
        residual: residual.as_ref().map(Elements::all),
        silu: around.silu,
        inputs,
        outputs,
        line,
    };
    fits(conv.residual, batch * outputs * line.outputs())?;
    tensor(conv.run(), dims)
}

/// What else happens to a picture before tiles of it are seen.
#[derive(Clone, Copy)]
pub(super) enum Seen<'a> {
    AsIs,
    /// Every pixel twice in both directions.
    Doubled,
    /// SiLU of the numbers, scaled and shifted by what belongs to each channel of each row of the batch.
    Scaled(&'a [[f32; 2]]),
}

/// 3×3 taps, stride 1: see [`tiles_pay`]. The result is written over `over`, where that has its size.
pub(super) fn by_tiles(
    layer: &Operands<'_>,
    x: &Tensor,
    around: Around<'_>,
    seen: Seen<'_>,
    over: Option<Tensor>,
) -> Result<Tensor> {
    let (batch, inputs, height, width) = x.dims4()?;
    let shape = layer.shape;
    if inputs != shape.inputs {
        return Err(mismatch(x, layer.weight));
    }
    let picture = Picture {
        size: (height, width),
        padding: shape.padding,
        times: if matches!(seen, Seen::Doubled) { 2 } else { 1 },
    };
    let (lines, columns) = picture.outputs();
    let dims = (batch, shape.outputs, lines, columns);
    let (x, weight) = (x.contiguous()?, layer.weight.contiguous()?);
    let residual = around.residual.map(Tensor::contiguous).transpose()?;
    let bias = layer.bias.map(Elements::of).transpose()?;
    let residual = residual.as_ref().map(Elements::of).transpose()?;
    let (x, weight) = (Elements::of(&x)?, Elements::of(&weight)?);
    let conv = Winograd {
        x: x.all(),
        weight: weight.all(),
        bias: bias.as_ref().map(Elements::all),
        residual: residual.as_ref().map(Elements::all),
        before: match seen {
            Seen::Scaled(scales) => Before::ScaledSilu(scales),
            _ if around.silu => Before::Silu,
            _ => Before::Nothing,
        },
        relu: around.relu,
        inputs,
        outputs: shape.outputs,
        picture,
    };
    fits(conv.residual, batch * shape.outputs * lines * columns)?;
    tensor(conv.run(over.and_then(taken)), dims)
}

/// A residual has as many numbers as the result.
fn fits(residual: Option<&[f32]>, numbers: usize) -> Result<()> {
    if residual.is_some_and(|residual| residual.len() != numbers) {
        return Err(Error::Msg("a residual has the shape of the result".to_owned()).into());
    }
    Ok(())
}

fn mismatch(x: &Tensor, weight: &Tensor) -> crate::Error {
    Error::ShapeMismatchBinaryOp {
        lhs: x.shape().clone(),
        rhs: weight.shape().clone(),
        op: "convolution",
    }
    .bt()
    .into()
}

/// `W·x + b` for (batch, inputs, places).
pub(crate) fn pointwise(x: &Tensor, weight: &Woven, bias: Option<&Tensor>) -> Result<Tensor> {
    let (batch, inputs, places) = x.dims3()?;
    let Woven {
        inputs: wanted,
        outputs,
        ..
    } = *weight;
    if inputs != wanted {
        return Err(Error::ShapeMismatchBinaryOp {
            lhs: x.shape().clone(),
            rhs: (outputs, wanted).into(),
            op: "pointwise",
        }
        .bt()
        .into());
    }
    let x = x.contiguous()?;
    let (x, bias) = (Elements::of(&x)?, bias.map(Elements::of).transpose()?);
    let conv = Conv {
        x: x.all(),
        weight: Weight::Woven(weight.all()),
        bias: bias.as_ref().map(Elements::all),
        residual: None,
        silu: false,
        measures: Measures {
            batch,
            inputs,
            outputs,
            groups: 1,
            taps: 1,
        },
        places: &Places::Time(Line {
            time: places,
            taps: 1,
            padding: 0,
            dilation: 1,
        }),
        turns: None,
    };
    tensor(conv.run(), (batch, outputs, places))
}

fn run(
    layer: &Operands<'_>,
    x: &Tensor,
    around: Around<'_>,
    (places, turns): (&Places, Option<Turns>),
) -> Result<Vec<f32>> {
    let (x, weight) = (x.contiguous()?, layer.weight.contiguous()?);
    let wanted = layer.shape.inputs / layer.shape.groups;
    if x.dim(1)? != layer.shape.inputs || weight.dim(1)? != wanted {
        return Err(mismatch(&x, &weight));
    }
    let residual = around.residual.map(Tensor::contiguous).transpose()?;
    let bias = layer.bias.map(Elements::of).transpose()?;
    let residual = residual.as_ref().map(Elements::of).transpose()?;
    let measures = Measures {
        batch: x.dim(0)?,
        inputs: layer.shape.inputs,
        outputs: weight.dim(0)?,
        groups: layer.shape.groups,
        taps: weight.dims().iter().skip(2).product(),
    };
    let (x, weight) = (Elements::of(&x)?, Elements::of(&weight)?);
    let conv = Conv {
        x: x.all(),
        weight: Weight::Plain(weight.all()),
        bias: bias.as_ref().map(Elements::all),
        residual: residual.as_ref().map(Elements::all),
        silu: around.silu,
        measures,
        places,
        turns,
    };
    fits(conv.residual, conv.len())?;
    Ok(conv.run())
}
