//! Attention without a softmax between pixels, channels first.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    elements::fresh,
    matrices::{Matrix, multiply},
    pointwise::positive,
};

/// Queries, keys and values in one, (batch·heads, 3, size, places).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChannelAttention<'a> {
    pub(crate) qkv: &'a [f32],
    pub(crate) size: usize,
    pub(crate) places: usize,
    pub(crate) eps: f32,
}

impl ChannelAttention<'_> {
    /// (batch·heads, size, places).
    pub(crate) fn run(self) -> Vec<f32> {
        let mut out = fresh(self.qkv.len() / 3);
        if out.is_empty() {
            return out;
        }
        let (head, arch) = (self.size * self.places, Arch::new());
        out.par_chunks_exact_mut(head)
            .zip(self.qkv.par_chunks_exact(3 * head))
            .for_each(|(out, qkv)| {
                arch.dispatch(Head {
                    all: self,
                    qkv,
                    out,
                });
            });
        out
    }
}

struct Head<'a, 'b> {
    all: ChannelAttention<'a>,
    qkv: &'a [f32],
    out: &'b mut [f32],
}

impl WithSimd for Head<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let ChannelAttention {
            size, places, eps, ..
        } = self.all;
        let alone = (false, gemm::Parallelism::None);
        let (both, values) = self.qkv.split_at(2 * size * places);
        let both: Vec<f32> = both.iter().copied().map(positive).collect();
        let (queries, keys) = both.split_at(size * places);
        let rows = |numbers| Matrix::rows(numbers, (size, places), places);
        let mut state = vec![0.0; size * size];
        multiply(rows(values), rows(keys).turned(), &mut state, alone);
        multiply(
            Matrix::rows(&state, (size, size), size),
            rows(queries),
            self.out,
            alone,
        );
        let mut shares = vec![eps; places];
        for (key, query) in keys.chunks_exact(places).zip(queries.chunks_exact(places)) {
            let total = super::rows::sum::<false>(key, 0.0);
            for (share, query) in shares.iter_mut().zip(query) {
                *share += total * query;
            }
        }
        for share in &mut shares {
            *share = share.recip();
        }
        for out in self.out.chunks_exact_mut(places) {
            for (out, share) in out.iter_mut().zip(&shares) {
                *out *= share;
            }
        }
    }
}
