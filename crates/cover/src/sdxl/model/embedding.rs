use candle_core::{DType, Device, Tensor};
use songwright_nn::{Linear, Result, Weights, ops::silu, weights::Bias};

/// Cosines and sines of a number at `size`/2 frequencies from 1 to 1/10000 (Ho et al. 2020; diffusers'
/// `get_timestep_embedding`, cosines first): (numbers, size), in f32.
///
/// # Errors
/// Those of the device.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "computed in f64, and given in f32 as the reference does"
)]
pub fn sinusoid(numbers: &[f32], size: usize, device: &Device) -> Result<Tensor> {
    let half = size / 2;
    let angle = |number: f32, i: usize| {
        // The reference takes the frequencies in f32.
        let frequency = ((-(10_000_f64.ln()) * i as f64 / half as f64) as f32).exp();
        f64::from(number * frequency)
    };
    let mut values = Vec::with_capacity(numbers.len() * size);
    for number in numbers {
        values.extend((0..half).map(|i| angle(*number, i).cos() as f32));
        values.extend((0..half).map(|i| angle(*number, i).sin() as f32));
    }
    Ok(Tensor::from_vec(values, (numbers.len(), 2 * half), device)?)
}

/// Two linear layers with SiLU between (diffusers' `TimestepEmbedding`).
#[derive(Clone, Debug)]
pub struct Embedding {
    first: Linear,
    second: Linear,
    dtype: DType,
}

impl Embedding {
    /// `linear_1` and `linear_2` of this place.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, inputs: usize, size: usize) -> Result<Self> {
        Ok(Self {
            first: weights.pp("linear_1").linear(inputs, size, Bias::With)?,
            second: weights.pp("linear_2").linear(size, size, Bias::With)?,
            dtype: weights.dtype(),
        })
    }

    /// (rows, inputs) → (rows, size), in the network's type.
    ///
    /// # Errors
    /// Where there are other inputs.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = x.to_dtype(self.dtype)?;
        self.second.forward(&silu(&self.first.forward(&x)?)?)
    }
}
