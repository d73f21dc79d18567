use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{Device, Tensor};
use songwright_nn::{Result, ops::Pairs};

/// Position angles as ACE-Step applies them, which is no rotation: the table holds each frequency in
/// both halves of a head, and neighbours read it as pairs, so the two features of a pair turn by
/// different angles (the reference's `apply_rotary_emb` on `Qwen2RotaryEmbedding`'s table).
#[derive(Clone, Debug)]
pub struct Rotary {
    cos: Tensor,
    sin: Tensor,
}

impl Rotary {
    /// The angles of positions `0..positions` for heads of `size` features, in f32.
    ///
    /// # Errors
    /// Those of the device.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "the reference makes its table in f32"
    )]
    pub fn new(theta: f64, size: usize, positions: usize, device: &Device) -> Result<Self> {
        let half = size / 2;
        let frequencies: Vec<f32> = (0..half)
            .map(|k| 1.0 / (theta as f32).powf(2.0 * k as f32 / size as f32))
            .collect();
        let frequencies = Tensor::from_vec(frequencies, (1, half), &Device::Cpu)?;
        let places: Vec<f32> = (0..positions).map(|p| p as f32).collect();
        let places = Tensor::from_vec(places, (positions, 1), &Device::Cpu)?;
        let angles = places.matmul(&frequencies)?;
        let angles = Tensor::cat(&[&angles, &angles], 1)?;
        Ok(Self {
            cos: angles.cos()?.to_device(device)?,
            sin: angles.sin()?.to_device(device)?,
        })
    }

    /// The cosines, positions × size.
    #[must_use]
    pub fn cos(&self) -> &Tensor {
        &self.cos
    }

    /// The sines, positions × size.
    #[must_use]
    pub fn sin(&self) -> &Tensor {
        &self.sin
    }

    /// `(batch, positions, heads, size)`, multiplied in f32, in the type it came in.
    ///
    /// # Errors
    /// Where there are more positions than the table holds.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor> {
        self.pairs().turn(x)
    }

    pub(super) fn pairs(&self) -> Pairs<'_> {
        Pairs {
            cos: &self.cos,
            sin: &self.sin,
        }
    }
}

/// The longest table that was asked for, which serves shorter ones too: all steps of a song read one.
#[derive(Clone, Debug)]
pub(super) struct Rotaries {
    theta: f64,
    size: usize,
    longest: Arc<Mutex<Option<Rotary>>>,
}

impl Rotaries {
    /// Of heads of `size` features.
    pub(super) fn new(theta: f64, size: usize) -> Self {
        Self {
            theta,
            size,
            longest: Arc::default(),
        }
    }

    /// One of at least as many positions.
    pub(super) fn reaching(&self, positions: usize, device: &Device) -> Result<Rotary> {
        let mut longest = self.longest.lock().unwrap_or_else(PoisonError::into_inner);
        match &*longest {
            Some(rotary)
                if rotary.cos.dim(0)? >= positions && rotary.cos.device().same_device(device) =>
            {
                Ok(rotary.clone())
            }
            _ => {
                let rotary = Rotary::new(self.theta, self.size, positions, device)?;
                *longest = Some(rotary.clone());
                Ok(rotary)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::{Rotaries, Rotary};

    #[test]
    fn a_longer_table_serves_and_a_shorter_one_is_made_anew() {
        let (rotaries, device) = (Rotaries::new(1e4, 8), Device::Cpu);
        for (asked, held) in [(5, 5), (9, 9), (4, 9)] {
            let rotary = rotaries.reaching(asked, &device).unwrap();
            assert_eq!(rotary.cos().dim(0).unwrap(), held);
            let x = Tensor::ones((1, asked, 2, 8), candle_core::DType::F32, &device).unwrap();
            let wanted = Rotary::new(1e4, 8, asked, &device).unwrap().apply(&x);
            let numbers = |x: Tensor| x.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            assert_eq!(numbers(rotary.apply(&x).unwrap()), numbers(wanted.unwrap()));
        }
    }
}
