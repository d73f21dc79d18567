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
