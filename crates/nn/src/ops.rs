//! Functions of one tensor.

use candle_core::{D, DType, Tensor};

use crate::{
    Result,
    cpu::{
        self,
        depthwise::Depthwise,
        elements::{Elements, tensor},
        norms::{Rms, Then},
        pictures::Pictures,
        pointwise::{Function, map, softmax},
        rows::each,
    },
    norm::RmsNorm,
};

mod gates;
mod pairs;
#[cfg(test)]
mod tests;

pub use gates::{geglu, quick_gelu, swiglu};
pub use pairs::Pairs;

/// Softmax over the last dimension, in f32 whatever the input is.
///
/// # Errors
/// Those of the device.
pub fn softmax_last(x: &Tensor) -> Result<Tensor> {
    if cpu::usable(&[x]) && x.rank() > 0 {
        let x = x.contiguous()?;
        let numbers = Elements::of(&x)?;
        return tensor(softmax(numbers.all(), x.dim(D::Minus1)?), x.shape());
    }
    if x.device().is_cpu() {
        // On the processor candle sums in the type it is given.
        let wide = candle_nn::ops::softmax_last_dim(&x.to_dtype(DType::F32)?)?;
        return Ok(wide.to_dtype(x.dtype())?);
    }
    Ok(candle_nn::ops::softmax_last_dim(x)?)
}

/// `x·σ(x)` (Elfwing et al. 2017), "swish".
///
/// # Errors
/// Those of the device.
pub fn silu(x: &Tensor) -> Result<Tensor> {
    if cpu::usable(&[x]) {
        return own(Function::Silu, x);
    }
    if is_half_on_cpu(x) {
        return Ok(silu(&x.to_dtype(DType::F32)?)?.to_dtype(x.dtype())?);
    }
    Ok(x.silu()?)
}

/// What is negative becomes zero. What is no number stays none: candle's own makes it zero too, and what went wrong
/// would not be seen again.
///
/// # Errors
/// Those of the device.
pub fn relu(x: &Tensor) -> Result<Tensor> {
    if cpu::usable(&[x]) {
        return own(Function::Relu, x);
    }
    Ok(x.lt(0.0)?.where_cond(&x.zeros_like()?, x)?)
}

/// Halves on a processor, where candle rounds after every operation within a function.
pub(crate) fn is_half_on_cpu(x: &Tensor) -> bool {
    x.device().is_cpu() && matches!(x.dtype(), DType::BF16 | DType::F16)
}

/// GELU by its tanh approximation (Hendrycks & Gimpel 2016), `gelu_new`.
///
/// # Errors
/// Those of the device.
pub fn gelu_tanh(x: &Tensor) -> Result<Tensor> {
    if cpu::usable(&[x]) {
        return own(Function::GeluTanh, x);
    }
    Ok(x.gelu()?)
}

/// GELU by the error function (Hendrycks & Gimpel 2016).
///
/// # Errors
/// Those of the device.
pub fn gelu_erf(x: &Tensor) -> Result<Tensor> {
    if cpu::usable(&[x]) {
        return own(Function::GeluErf, x);
    }
    Ok(x.gelu_erf()?)
}

fn own(function: Function, x: &Tensor) -> Result<Tensor> {
    let x = x.contiguous()?;
    let numbers = Elements::of(&x)?;
    tensor(map(function, numbers.all()), x.shape())
}

/// A norm without a weight, then scaled and shifted: `rms(x)·(1 + scale) + shift` over the last
/// dimension, the mean taken in f32 ("adaptive layer norm", Peebles & Xie 2023).
///
/// `x` is (batch, time, features), `scale` and `shift` (batch or 1, 1, features).
///
/// # Errors
/// Where the shapes do not fit together.
pub fn modulated_rms(x: &Tensor, scale: &Tensor, shift: &Tensor, eps: f64) -> Result<Tensor> {
    let (batch, time, features) = x.dims3()?;
    let fits = |table: &Tensor| {
        let one_or_all = |rows| rows == 1 || rows == batch;
        matches!(*table.dims(), [rows, 1, size] if one_or_all(rows) && size == features)
    };
    if cpu::usable(&[x, scale, shift]) && fits(scale) && fits(shift) && scale.dims() == shift.dims()
    {
        let (x, scale, shift) = (x.contiguous()?, scale.contiguous()?, shift.contiguous()?);
        let (numbers, scale) = (Elements::of(&x)?, Elements::of(&scale)?);
        let shift = Elements::of(&shift)?;
        #[expect(clippy::cast_possible_truncation, reason = "computed in f32")]
        let norm = Rms {
            eps: eps as f32,
            then: Then::Modulation {
                scale: scale.all(),
                shift: shift.all(),
                time,
            },
        };
        return tensor(each(norm, numbers.all(), features), x.shape());
    }
    modulated_composed(x, scale, shift, eps)
}

fn modulated_composed(x: &Tensor, scale: &Tensor, shift: &Tensor, eps: f64) -> Result<Tensor> {
    let normed = RmsNorm::plain(eps).forward(x)?;
    Ok(normed
        .broadcast_mul(&(scale + 1.0)?)?
        .broadcast_add(shift)?)
}

/// SiLU, a convolution of each channel over time, and the first half of the channels gated by
/// SiLU of the second: `(batch, time, 2·features)` → `(batch, time, features)`.
///
/// `weight` is (taps, 2·features) with an odd number of taps, `bias` (2·features); zeros lie on
/// either side in time.
///
/// # Errors
/// Where the shapes do not fit together.
pub fn gated_depthwise(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    if cpu::usable(&[x, weight, bias]) {
        return own_depthwise(x, (weight, bias), true);
    }
    gated_composed(x, weight, bias)
}

fn gated_composed(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let sum = depthwise_composed(&x.silu()?, weight, bias)?;
    let halves = sum.chunk(2, D::Minus1)?;
    Ok((&halves[0] * halves[1].silu()?)?)
}

/// The first half of the channels gated by SiLU of the second: `(batch, 2·channels, …)` → `(batch,
/// channels, …)`.
///
/// # Errors
/// Where there is one channel too many.
pub fn gated(x: &Tensor) -> Result<Tensor> {
    let channels = x.dim(1)?;
    if cpu::usable(&[x]) && channels.is_multiple_of(2) {
        let mut dims = x.dims().to_vec();
        dims[1] = channels / 2;
        let (x, batch) = (x.contiguous()?, dims[0].max(1));
        let numbers = Elements::of(&x)?;
        return tensor(cpu::pointwise::gated(numbers.all(), batch), dims);
    }
    let halves = x.chunk(2, 1)?;
    Ok((&halves[0] * silu(&halves[1].contiguous()?)?)?)
}

/// `x + y·gate`, `x` and `y` being (batch, time, features) and `gate` (batch or 1, 1, features).
///
/// # Errors
/// Where the shapes do not fit together.
pub fn gated_sum(x: &Tensor, y: &Tensor, gate: &Tensor) -> Result<Tensor> {
    let (batch, time, features) = x.dims3()?;
    let fits = y.dims() == x.dims()
        && matches!(*gate.dims(), [rows, 1, size] if (rows == 1 || rows == batch) && size == features);
    if cpu::usable(&[x, y, gate]) && fits {
        let (x, y, gate) = (x.contiguous()?, y.contiguous()?, gate.contiguous()?);
        let (numbers, added) = (Elements::of(&x)?, Elements::of(&y)?);
        let gate = Elements::of(&gate)?;
        let sum = cpu::pointwise::GatedSum {
            added: added.all(),
            gate: gate.all(),
            time,
        };
        return tensor(each(sum, numbers.all(), features), x.shape());
    }
    Ok((x + y.broadcast_mul(gate)?)?)
}

/// A convolution of each channel over time, `(batch, time, channels)` → the same shape.
///
/// `weight` is (taps, channels) with an odd number of taps, `bias` (channels); zeros lie on either
/// side in time.
///
/// # Errors
/// Where the shapes do not fit together.
pub fn depthwise(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    if cpu::usable(&[x, weight, bias]) {
        return own_depthwise(x, (weight, bias), false);
    }
    depthwise_composed(x, weight, bias)
}

fn own_depthwise(x: &Tensor, (weight, bias): (&Tensor, &Tensor), gated: bool) -> Result<Tensor> {
    let (batch, time, channels) = x.dims3()?;
    let taps = weight.dim(0)?;
    if weight.dims() != [taps, channels] || bias.dims() != [channels] {
        return Err(candle_core::Error::ShapeMismatchBinaryOp {
            lhs: x.shape().clone(),
            rhs: weight.shape().clone(),
            op: "depthwise",
        }
        .bt()
        .into());
    }
    let (x, weight, bias) = (x.contiguous()?, weight.contiguous()?, bias.contiguous()?);
    let (x, weight) = (Elements::of(&x)?, Elements::of(&weight)?);
    let bias = Elements::of(&bias)?;
    let conv = Depthwise {
        x: x.all(),
        weight: weight.all(),
        bias: bias.all(),
        time,
        gated,
    };
    let kept = if gated { channels / 2 } else { channels };
    tensor(conv.run(), (batch, time, kept))
}

fn depthwise_composed(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let (_, time, channels) = x.dims3()?;
    let taps = weight.dim(0)?;
    let padded = x.pad_with_zeros(1, taps / 2, taps / 2)?;
    let mut sum = bias.reshape((1, 1, channels))?.broadcast_as(x.shape())?;
    for tap in 0..taps {
        let seen = padded.narrow(1, tap, time)?;
        sum = (sum + seen.broadcast_mul(&weight.narrow(0, tap, 1)?.unsqueeze(0)?)?)?;
    }
    Ok(sum)
}

/// Channels to pixels: `(batch, channels·by², height, width)` → `(batch, channels, height·by,
/// width·by)` (Shi et al. 2016).
///
/// # Errors
/// Where the channels cannot be cut so.
pub fn pixel_shuffle(x: &Tensor, by: usize) -> Result<Tensor> {
    Ok(candle_nn::ops::pixel_shuffle(x, by)?)
}

/// Channels, each repeated in place, to pixels: `(batch, channels, height, width)` → `(batch, outputs,
/// height·by, width·by)`, which is [`pixel_shuffle`] of as many channels as it needs.
///
/// # Errors
/// Where the channels cannot be repeated so.
pub fn repeated_pixel_shuffle(x: &Tensor, outputs: usize, by: usize) -> Result<Tensor> {
    let (batch, channels, height, width) = x.dims4()?;
    let wanted = outputs * by * by;
    if channels == 0 || !wanted.is_multiple_of(channels) {
        let message = format!("{channels} channels cannot be repeated to {wanted}");
        return Err(candle_core::Error::Msg(message).into());
    }
    if cpu::usable(&[x]) {
        let x = x.contiguous()?;
        let numbers = Elements::of(&x)?;
        let pictures = Pictures {
            x: numbers.all(),
            channels: (channels, outputs),
            size: (height, width),
            by,
        };
        return tensor(
            pictures.shuffled(),
            (batch, outputs, height * by, width * by),
        );
    }
    let times = wanted / channels;
    let repeated = x
        .unsqueeze(2)?
        .broadcast_as((batch, channels, times, height, width))?
        .contiguous()?
        .reshape((batch, wanted, height, width))?;
    pixel_shuffle(&repeated, by)
}

/// The way back from [`pixel_shuffle`].
///
/// # Errors
/// Where height or width are no multiples.
pub fn pixel_unshuffle(x: &Tensor, by: usize) -> Result<Tensor> {
    Ok(candle_nn::ops::pixel_unshuffle(x, by)?)
}
