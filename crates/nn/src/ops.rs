//! Functions of one tensor.

use candle_core::Tensor;

use crate::Result;

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
