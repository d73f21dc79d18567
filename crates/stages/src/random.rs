//! Weights without meaning, in the shapes that a network asks for.

use anyhow::Result;
use candle_core::{DType, Device, Shape, Tensor};
use songwright_nn::{
    Weights,
    weights::{Memory, asked_by},
};

/// Loads a network twice: once to hear what it asks for, once with that.
///
/// # Errors
/// Those of `load`.
pub fn network<T>(load: impl Fn(&Weights) -> songwright_nn::Result<T>) -> Result<T> {
    let memory = asked_by(|weights| load(weights).map(drop))?
        .into_iter()
        .map(|(name, shape)| {
            let inputs: usize = shape.dims().iter().skip(1).product();
            let tensor = tensor(&shape, (inputs.max(1) as f32).sqrt().recip())?;
            Ok((name, tensor))
        })
        .collect::<Result<Memory>>()?;
    Ok(load(&Weights::new(memory, DType::F32, &Device::Cpu))?)
}

/// Values between −`range` and `range`, the same at each call.
///
/// # Errors
/// Where there is no memory.
pub fn tensor(shape: impl Into<Shape>, range: f32) -> Result<Tensor> {
    let shape = shape.into();
    let mut state = 1_u32;
    let values: Vec<f32> = (0..shape.elem_count())
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / 8_388_608.0 - 1.0) * range
        })
        .collect();
    Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
}
