//! Attention without a softmax, head by head.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    elements::{Shared, fresh},
    matrices::{Matrix, multiply},
    rotary::{Angles, turn},
};

/// Queries, keys and values in one, (batch, time, 3, heads, size).
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinearAttention<'a> {
    pub(crate) qkv: &'a [f32],
    pub(crate) angles: Angles<'a>,
    pub(crate) time: usize,
    pub(crate) heads: usize,
    pub(crate) eps: f32,
}

impl LinearAttention<'_> {
    /// (batch, time, heads·size).
    pub(crate) fn run(self) -> Vec<f32> {
        let mut out = fresh(self.qkv.len() / 3);
        let row = self.time * self.heads * self.angles.size;
        if out.is_empty() {
            return out;
        }
        let heads = out.len() / row * self.heads;
        let (shared, arch) = (Shared::new(&mut out), Arch::new());
        (0..heads).into_par_iter().for_each(|task| {
            arch.dispatch(Head {
                all: self,
                out: &shared,
                batch: task / self.heads,
                head: task % self.heads,
            });
        });
        out
    }
}

struct Head<'a, 'b> {
    all: LinearAttention<'a>,
    out: &'b Shared<'b>,
    batch: usize,
    head: usize,
}

impl Head<'_, '_> {
    /// The first number of a time's queries (0), keys (1) or values (2).
    #[inline(always)]
    fn at(&self, time: usize, part: usize) -> usize {
        let all = self.all;
        let time = self.batch * all.time + time;
        ((time * 3 + part) * all.heads + self.head) * all.angles.size
    }

    #[inline(always)]
    fn turned(&self, part: usize, out: &mut [f32]) {
        let size = self.all.angles.size;
        for (time, out) in out.chunks_exact_mut(size).enumerate() {
            let x = &self.all.qkv[self.at(time, part)..][..size];
            turn::<true>(x, self.all.angles.at(time), out);
        }
    }
}

impl WithSimd for Head<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let all = self.all;
        let (time, size) = (all.time, all.angles.size);
        let alone = (false, gemm::Parallelism::None);
        let mut turned = vec![0.0; time * size];
        self.turned(1, &mut turned);
        let keys = Matrix::rows(&turned, (time, size), size);
        let values = Matrix::rows(
            &all.qkv[self.at(0, 2)..],
            (time, size),
            3 * all.heads * size,
        );
        let mut state = vec![0.0; size * size];
        multiply(keys.turned(), values, &mut state, alone);
        let mut total = vec![0.0; size];
        for key in turned.chunks_exact(size) {
            for (total, key) in total.iter_mut().zip(key) {
                *total += key;
            }
        }
        self.turned(0, &mut turned);
        let mut seen = vec![0.0; time * size];
        let queries = Matrix::rows(&turned, (time, size), size);
        multiply(
            queries,
            Matrix::rows(&state, (size, size), size),
            &mut seen,
            alone,
        );
        let rows = seen.chunks_exact(size).zip(turned.chunks_exact(size));
        for (time, (seen, query)) in rows.enumerate() {
            let mut lanes = [0.0_f32; 16];
            for (query, total) in query.chunks(16).zip(total.chunks(16)) {
                for (lane, (query, total)) in lanes.iter_mut().zip(query.iter().zip(total)) {
                    *lane += query * total;
                }
            }
            let share = (lanes.iter().sum::<f32>() + all.eps).recip();
            let at = ((self.batch * all.time + time) * all.heads + self.head) * size;
            #[allow(unsafe_code, reason = "see SAFETY")]
            // SAFETY: these features are this head's, and only it writes there.
            let out = unsafe { self.out.part(at, size) };
            for (out, seen) in out.iter_mut().zip(seen) {
                *out = seen * share;
            }
        }
    }
}
