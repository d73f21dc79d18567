//! The noise a seed gives: the stream of PyTorch's CPU generator, on every device.
//!
//! An MT19937 (Matsumoto and Nishimura, 1998) whose outputs become uniform and, by Box and
//! Muller's transform, normal numbers as `at::native::normal_fill` makes them. Streams of sixteen
//! numbers and more equal PyTorch's within three units in the last place, whose vectorised
//! logarithm and sine round otherwise; shorter ones are equal.

use std::f64::consts::TAU;

use candle_core::{Device, Shape, Tensor};
use rand_mt::Mt;

use crate::Result;

/// How many values are transformed together.
const GROUP: usize = 16;

/// A generator as `torch.Generator("cpu").manual_seed(seed)`.
#[derive(Clone, Debug)]
pub struct Generator {
    engine: Mt,
    /// The second value of a pair, which the next short draw begins with.
    spare: Option<f64>,
}

impl Generator {
    /// The generator of a seed, of which PyTorch reads the low 32 bits.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the low 32 bits are what is meant"
    )]
    pub fn new(seed: u64) -> Self {
        Self {
            engine: Mt::new(seed as u32),
            spare: None,
        }
    }

    /// The next 32 bits of the engine.
    pub fn bits(&mut self) -> u32 {
        self.engine.next_u32()
    }

    /// A number of [0, 1), of 24 bits: one value of `torch.rand`.
    #[expect(clippy::cast_precision_loss, reason = "24 bits are exact in f32")]
    pub fn uniform(&mut self) -> f32 {
        (self.bits() & 0x00FF_FFFF) as f32 / 16_777_216.0
    }

    /// `torch.randn(shape)` in f32, drawn on the CPU and moved to `device`.
    ///
    /// # Errors
    /// Where the device takes no more.
    pub fn randn(&mut self, shape: impl Into<Shape>, device: &Device) -> Result<Tensor> {
        let shape = shape.into();
        let values = self.normals(shape.elem_count());
        Ok(Tensor::from_vec(values, shape, &Device::Cpu)?.to_device(device)?)
    }

    /// `count` values of the standard normal distribution.
    fn normals(&mut self, count: usize) -> Vec<f32> {
        if count < GROUP {
            return (0..count).map(|_| self.normal()).collect();
        }
        let mut values: Vec<f32> = (0..count).map(|_| self.uniform()).collect();
        values.chunks_exact_mut(GROUP).for_each(transform);
        if !count.is_multiple_of(GROUP) {
            // What is left over is drawn anew with its neighbours, over what they were.
            let tail = &mut values[count - GROUP..];
            tail.fill_with(|| self.uniform());
            transform(tail);
        }
        values
    }

    /// One value, of a pair in f64.
    #[expect(clippy::cast_possible_truncation, reason = "PyTorch rounds it so")]
    fn normal(&mut self) -> f32 {
        if let Some(spare) = self.spare.take() {
            return spare as f32;
        }
        let (first, second) = (self.uniform_f64(), self.uniform_f64());
        let radius = (-2.0 * (-second).ln_1p()).sqrt();
        let (sin, cos) = (TAU * first).sin_cos();
        self.spare = Some(radius * sin);
        (radius * cos) as f32
    }

    /// A number of [0, 1), of 53 bits.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact in f64")]
    fn uniform_f64(&mut self) -> f64 {
        let (high, low) = (u64::from(self.bits()), u64::from(self.bits()));
        let bits = (high << 32 | low) & ((1 << 53) - 1);
        bits as f64 / (1_u64 << 53) as f64
    }
}

/// Box and Muller's transform of sixteen uniform numbers, the pairs eight apart.
fn transform(group: &mut [f32]) {
    let (radii, angles) = group.split_at_mut(GROUP / 2);
    for (radius, angle) in radii.iter_mut().zip(angles) {
        let r = (-2.0 * (1.0 - *radius).ln()).sqrt();
        let (sin, cos) = (std::f32::consts::TAU * *angle).sin_cos();
        (*radius, *angle) = (r * cos, r * sin);
    }
}
