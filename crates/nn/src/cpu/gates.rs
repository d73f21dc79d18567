//! Gates of feed-forward layers: CLIP's, diffusers' and Qwen's.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    elements::fresh,
    exp,
    rows::{Row, each},
};

/// Numbers of a row, where rows mean nothing.
const WIDTH: usize = 1 << 12;

/// x·σ(1.702·x) of each number.
pub(crate) fn quick_gelu(x: &[f32]) -> Vec<f32> {
    each(QuickGelu, x, WIDTH)
}

#[derive(Clone, Copy)]
struct QuickGelu;

impl Row for QuickGelu {
    #[inline(always)]
    fn row<S: Simd>(self, simd: S, _: usize, x: &[f32], out: &mut [f32]) {
        let (vectors, rest) = S::as_simd_f32s(x);
        let (out, out_rest) = S::as_mut_simd_f32s(out);
        for (out, x) in out.iter_mut().zip(vectors) {
            *out = exp::quick_gelu(simd, *x);
        }
        if !rest.is_empty() {
            let x = simd.partial_load_f32s(rest);
            simd.partial_store_f32s(out_rest, exp::quick_gelu(simd, x));
        }
    }
}

/// The first half of each row of `2·half`, times GELU by the error function of its second half.
pub(crate) fn geglu(x: &[f32], half: usize) -> Vec<f32> {
    gated(Geglu, x, half)
}

/// The second half of each row of `2·half`, times SiLU of its first half.
pub(crate) fn swiglu(x: &[f32], half: usize) -> Vec<f32> {
    gated(Swiglu, x, half)
}

/// How the halves of a row meet.
trait Gate: Copy + Send + Sync {
    /// Implementations are `#[inline(always)]`.
    fn of<S: Simd>(self, simd: S, first: S::f32s, second: S::f32s) -> S::f32s;
}

#[derive(Clone, Copy)]
struct Geglu;

impl Gate for Geglu {
    #[inline(always)]
    fn of<S: Simd>(self, simd: S, first: S::f32s, second: S::f32s) -> S::f32s {
        simd.mul_f32s(first, exp::gelu_erf(simd, second))
    }
}

#[derive(Clone, Copy)]
struct Swiglu;

impl Gate for Swiglu {
    #[inline(always)]
    fn of<S: Simd>(self, simd: S, first: S::f32s, second: S::f32s) -> S::f32s {
        simd.mul_f32s(exp::silu(simd, first), second)
    }
}

fn gated(gate: impl Gate, x: &[f32], half: usize) -> Vec<f32> {
    let mut out = fresh(x.len() / 2);
    let rows = (WIDTH / half.max(1)).max(1);
    let tasks = out
        .par_chunks_mut(rows * half.max(1))
        .zip(x.par_chunks(2 * rows * half.max(1)));
    let arch = Arch::new();
    tasks.for_each(|(out, x)| arch.dispatch(Gated { gate, x, half, out }));
    out
}

struct Gated<'a, G> {
    gate: G,
    x: &'a [f32],
    half: usize,
    out: &'a mut [f32],
}

impl<G: Gate> WithSimd for Gated<'_, G> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows = self.x.chunks_exact(2 * self.half);
        for (x, out) in rows.zip(self.out.chunks_exact_mut(self.half)) {
            let (first, second) = x.split_at(self.half);
            let (first, first_rest) = S::as_simd_f32s(first);
            let (second, second_rest) = S::as_simd_f32s(second);
            let (out, out_rest) = S::as_mut_simd_f32s(out);
            for (out, (first, second)) in out.iter_mut().zip(first.iter().zip(second)) {
                *out = self.gate.of(simd, *first, *second);
            }
            if !out_rest.is_empty() {
                let first = simd.partial_load_f32s(first_rest);
                let second = simd.partial_load_f32s(second_rest);
                simd.partial_store_f32s(out_rest, self.gate.of(simd, first, second));
            }
        }
    }
}
