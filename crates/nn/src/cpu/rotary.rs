//! Pairs of features that turn with their position.

use pulp::Simd;

use super::rows::Row;

/// Cosines and sines, positions × size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Angles<'a> {
    pub(crate) cos: &'a [f32],
    pub(crate) sin: &'a [f32],
    pub(crate) size: usize,
}

impl<'a> Angles<'a> {
    /// Those of one position.
    #[inline(always)]
    pub(crate) fn at(self, position: usize) -> (&'a [f32], &'a [f32]) {
        let from = position * self.size;
        (
            &self.cos[from..][..self.size],
            &self.sin[from..][..self.size],
        )
    }
}

/// Features that are turned at a time.
const WIDE: usize = 16;

/// `x` turned, and where `RELU` says so what is negative made 0.
#[inline(always)]
pub(crate) fn turn<const RELU: bool>(x: &[f32], (cos, sin): (&[f32], &[f32]), out: &mut [f32]) {
    let keep = |value: f32| if RELU && value < 0.0 { 0.0 } else { value };
    let (x_wide, x_rest) = x.as_chunks::<WIDE>();
    let (cos_wide, cos_rest) = cos.as_chunks::<WIDE>();
    let (sin_wide, sin_rest) = sin.as_chunks::<WIDE>();
    let (out_wide, out_rest) = out.as_chunks_mut::<WIDE>();
    let tables = cos_wide.iter().zip(sin_wide);
    for ((out, x), (cos, sin)) in out_wide.iter_mut().zip(x_wide).zip(tables) {
        for i in 0..WIDE {
            let sign = if i % 2 == 0 { -1.0 } else { 1.0 };
            out[i] = keep(x[i] * cos[i] + sign * x[i ^ 1] * sin[i]);
        }
    }
    for i in 0..x_rest.len() {
        let sign = if i % 2 == 0 { -1.0 } else { 1.0 };
        out_rest[i] = keep(x_rest[i] * cos_rest[i] + sign * x_rest[i ^ 1] * sin_rest[i]);
    }
}

/// Turns rows that are (batch, positions, heads) in their order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn<'a> {
    pub(crate) angles: Angles<'a>,
    pub(crate) positions: usize,
    pub(crate) heads: usize,
}

impl Row for Turn<'_> {
    #[inline(always)]
    fn row<S: Simd>(self, _: S, index: usize, x: &[f32], out: &mut [f32]) {
        let position = index / self.heads % self.positions;
        turn::<false>(x, self.angles.at(position), out);
    }
}
