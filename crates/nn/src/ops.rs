//! Functions of one tensor.

use candle_core::{D, Tensor};

use crate::{Result, norm::RmsNorm};

/// Softmax over the last dimension, in f32 whatever the input is.
///
/// # Errors
/// Those of the device.
pub fn softmax_last(x: &Tensor) -> Result<Tensor> {
    Ok(candle_nn::ops::softmax_last_dim(x)?)
}

/// `x·σ(x)` (Elfwing et al. 2017), "swish".
///
/// # Errors
/// Those of the device.
pub fn silu(x: &Tensor) -> Result<Tensor> {
    Ok(x.silu()?)
}

/// GELU by its tanh approximation (Hendrycks & Gimpel 2016), `gelu_new`.
///
/// # Errors
/// Those of the device.
pub fn gelu_tanh(x: &Tensor) -> Result<Tensor> {
    Ok(x.gelu()?)
}

/// GELU by the error function (Hendrycks & Gimpel 2016).
///
/// # Errors
/// Those of the device.
pub fn gelu_erf(x: &Tensor) -> Result<Tensor> {
    Ok(x.gelu_erf()?)
}

/// A norm without a weight, then scaled and shifted: `rms(x)·(1 + scale) + shift` over the last
/// dimension, the mean taken in f32 ("adaptive layer norm", Peebles & Xie 2023).
///
/// `x` is (batch, time, features), `scale` and `shift` (batch or 1, 1, features).
///
/// # Errors
/// Where the shapes do not fit together.
pub fn modulated_rms(x: &Tensor, scale: &Tensor, shift: &Tensor, eps: f64) -> Result<Tensor> {
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
    let sum = depthwise(&x.silu()?, weight, bias)?;
    let halves = sum.chunk(2, D::Minus1)?;
    Ok((&halves[0] * halves[1].silu()?)?)
}

/// A convolution of each channel over time, `(batch, time, channels)` → the same shape.
///
/// `weight` is (taps, channels) with an odd number of taps, `bias` (channels); zeros lie on either
/// side in time.
///
/// # Errors
/// Where the shapes do not fit together.
pub fn depthwise(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
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

/// The way back from [`pixel_shuffle`].
///
/// # Errors
/// Where height or width are no multiples.
pub fn pixel_unshuffle(x: &Tensor, by: usize) -> Result<Tensor> {
    Ok(candle_nn::ops::pixel_unshuffle(x, by)?)
}
