//! Loops over rows that do not know each other.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::elements::fresh;

/// Numbers of a task: enough to be worth one, few enough for all threads to have some.
const TASK: usize = 1 << 14;

/// What happens to a row.
pub(crate) trait Row: Copy + Send + Sync {
    /// `x` is row number `index`; `out` is as long. Implementations are `#[inline(always)]`.
    fn row<S: Simd>(self, simd: S, index: usize, x: &[f32], out: &mut [f32]);
}

/// Every row of `x`, `width` wide; the last may be shorter.
pub(crate) fn each(kernel: impl Row, x: &[f32], width: usize) -> Vec<f32> {
    let mut out = fresh(x.len());
    let width = width.max(1);
    let rows = TASK.div_ceil(width);
    let arch = Arch::new();
    out.par_chunks_mut(rows * width)
        .zip(x.par_chunks(rows * width))
        .enumerate()
        .for_each(|(task, (out, x))| {
            arch.dispatch(Task {
                kernel,
                first: task * rows,
                width,
                x,
                out,
            });
        });
    out
}

struct Task<'a, K> {
    kernel: K,
    first: usize,
    width: usize,
    x: &'a [f32],
    out: &'a mut [f32],
}

impl<K: Row> WithSimd for Task<'_, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows = self.x.chunks(self.width);
        for (i, (x, out)) in rows.zip(self.out.chunks_mut(self.width)).enumerate() {
            self.kernel.row(simd, self.first + i, x, out);
        }
    }
}

/// Running sums side by side.
const LANES: usize = 32;

/// Σ(x − shift)^power for a power of 1 or 2.
#[inline(always)]
pub(crate) fn sum<const SQUARED: bool>(x: &[f32], shift: f32) -> f32 {
    let one = |x: f32| if SQUARED { x * x } else { x };
    let mut lanes = [0.0_f32; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().map(|x| one(x - shift)).sum();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += one(x - shift);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// The largest; −∞ of none.
#[inline(always)]
pub(crate) fn largest(x: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = x.chunks_exact(LANES);
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let rest = chunks
        .remainder()
        .iter()
        .copied()
        .fold(f32::NEG_INFINITY, larger);
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, *x);
        }
    }
    lanes.into_iter().fold(rest, larger)
}
