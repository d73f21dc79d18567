//! Gates of CLIP and of diffusers' feed-forward.

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
    let mut out = fresh(x.len() / 2);
    let rows = (WIDTH / half.max(1)).max(1);
    let tasks = out
        .par_chunks_mut(rows * half.max(1))
        .zip(x.par_chunks(2 * rows * half.max(1)));
    let arch = Arch::new();
    tasks.for_each(|(out, x)| arch.dispatch(Geglu { x, half, out }));
    out
}

struct Geglu<'a> {
    x: &'a [f32],
    half: usize,
    out: &'a mut [f32],
}

impl WithSimd for Geglu<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows = self.x.chunks_exact(2 * self.half);
        for (x, out) in rows.zip(self.out.chunks_exact_mut(self.half)) {
            let (values, gates) = x.split_at(self.half);
            let (vectors, rest) = S::as_simd_f32s(gates);
            let (values, values_rest) = S::as_simd_f32s(values);
            let (out, out_rest) = S::as_mut_simd_f32s(out);
            for (out, (value, gate)) in out.iter_mut().zip(values.iter().zip(vectors)) {
                *out = simd.mul_f32s(*value, exp::gelu_erf(simd, *gate));
            }
            if !rest.is_empty() {
                let gate = exp::gelu_erf(simd, simd.partial_load_f32s(rest));
                let value = simd.partial_load_f32s(values_rest);
                simd.partial_store_f32s(out_rest, simd.mul_f32s(value, gate));
            }
        }
    }
}
