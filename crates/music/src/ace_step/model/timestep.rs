use candle_core::{DType, Device, Tensor};
use songwright_nn::{Linear, Result, Weights, ops::silu, weights::Bias};

/// Features of a timestep's sinusoid.
const SINUSOID: usize = 256;
/// The longest period of the sinusoid, in 2π.
const LONGEST: f64 = 10_000.0;

/// Timesteps to what every block and the last layer read of them: `timestep_embedder` and `t_block`.
#[derive(Clone, Debug)]
pub(super) struct TimestepEmbedder {
    linear_1: Linear,
    linear_2: Linear,
    modulation: Linear,
    features: usize,
    dtype: DType,
    device: Device,
}

/// Several timesteps, embedded together.
#[derive(Clone, Debug)]
pub struct Timesteps {
    embedded: Tensor,
    modulation: Tensor,
}

/// One timestep, or one a row of the batch.
#[derive(Clone, Debug)]
pub struct Timestep {
    /// (batch or 1, features).
    pub(super) embedded: Tensor,
    /// (batch or 1, 6, features).
    pub(super) modulation: Tensor,
}

impl TimestepEmbedder {
    pub(super) fn load(weights: &Weights, features: usize) -> Result<Self> {
        let embedder = weights.pp("timestep_embedder");
        Ok(Self {
            linear_1: embedder
                .pp("linear_1")
                .linear(SINUSOID, features, Bias::With)?,
            linear_2: embedder
                .pp("linear_2")
                .linear(features, features, Bias::With)?,
            modulation: weights
                .pp("t_block.1")
                .linear(features, 6 * features, Bias::With)?,
            features,
            dtype: weights.dtype(),
            device: weights.device().clone(),
        })
    }

    /// `timesteps` of 0..=1000, in one pass.
    pub(super) fn forward(&self, timesteps: &[f32]) -> Result<Timesteps> {
        let wave = sinusoid(timesteps)?
            .to_device(&self.device)?
            .to_dtype(self.dtype)?;
        let embedded = self
            .linear_2
            .forward(&silu(&self.linear_1.forward(&wave)?)?)?;
        let modulation = self.modulation.forward(&silu(&embedded)?)?.reshape((
            timesteps.len(),
            6,
            self.features,
        ))?;
        Ok(Timesteps {
            embedded,
            modulation,
        })
    }
}

impl Timesteps {
    /// The one at `index`, for every row of a batch.
    ///
    /// # Errors
    /// Where there are not so many.
    pub fn at(&self, index: usize) -> Result<Timestep> {
        Ok(Timestep {
            embedded: self.embedded.narrow(0, index, 1)?,
            modulation: self.modulation.narrow(0, index, 1)?,
        })
    }

    /// One a row of a batch.
    #[must_use]
    pub fn by_row(&self) -> Timestep {
        Timestep {
            embedded: self.embedded.clone(),
            modulation: self.modulation.clone(),
        }
    }

    /// What `timestep_embedder` gives, (timesteps, features).
    #[must_use]
    pub fn embedded(&self) -> &Tensor {
        &self.embedded
    }

    /// What `t_block` gives, (timesteps, 6, features).
    #[must_use]
    pub fn modulation(&self) -> &Tensor {
        &self.modulation
    }
}

/// `(timesteps, 256)`: cosines, then sines (diffusers' `Timesteps` with `flip_sin_to_cos`).
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the reference makes it in f32"
)]
fn sinusoid(timesteps: &[f32]) -> Result<Tensor> {
    let half = SINUSOID / 2;
    let step = -(LONGEST.ln()) as f32 / half as f32;
    let mut values = Vec::with_capacity(timesteps.len() * SINUSOID);
    for t in timesteps {
        let angles = (0..half).map(|i| t * (step * i as f32).exp());
        values.extend(angles.clone().map(f32::cos));
        values.extend(angles.map(f32::sin));
    }
    Ok(Tensor::from_vec(
        values,
        (timesteps.len(), SINUSOID),
        &Device::Cpu,
    )?)
}
