//! Softmax attention, some queries of a head at a time, so that their scores stay in a near cache.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    elements::Shared,
    matrices::{Matrix, multiply},
    pointwise::softmax_in_place,
};

/// Queries of a task.
const QUERIES: usize = 64;

/// Numbers of which each (batch, head) is a matrix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads<'a> {
    pub(crate) numbers: &'a [f32],
    /// Numbers between two rows of the batch, two heads, and two rows of a head.
    pub(crate) steps: [usize; 3],
}

/// What attends to what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attention<'a> {
    pub(crate) q: Heads<'a>,
    pub(crate) k: Heads<'a>,
    pub(crate) v: Heads<'a>,
    /// Added to scores.
    pub(crate) bias: Option<Heads<'a>>,
    pub(crate) scale: f32,
    pub(crate) measures: Measures,
}

/// How many of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measures {
    pub(crate) batch: usize,
    pub(crate) heads: usize,
    pub(crate) queries: usize,
    pub(crate) keys: usize,
    /// Features of a head.
    pub(crate) size: usize,
}

impl Attention<'_> {
    /// (batch, queries, heads, size).
    pub(crate) fn run(self) -> Vec<f32> {
        let Measures {
            batch,
            heads,
            queries,
            size,
            ..
        } = self.measures;
        let mut out = vec![0.0; batch * queries * heads * size];
        if out.is_empty() {
            return out;
        }
        let parts = queries.div_ceil(QUERIES);
        let (shared, arch) = (Shared::new(&mut out), Arch::new());
        (0..batch * heads * parts).into_par_iter().for_each(|task| {
            let from = task % parts * QUERIES;
            arch.dispatch(Part {
                all: self,
                out: &shared,
                row: task / parts / heads,
                head: task / parts % heads,
                queries: from..queries.min(from + QUERIES),
            });
        });
        out
    }
}

struct Part<'a, 'b> {
    all: Attention<'a>,
    out: &'b Shared<'b>,
    row: usize,
    head: usize,
    queries: std::ops::Range<usize>,
}

impl<'a> Part<'a, '_> {
    /// Where a row of this head begins.
    #[inline(always)]
    fn at(&self, heads: &Heads<'_>, row: usize) -> usize {
        let [batch, head, step] = heads.steps;
        self.row * batch + self.head * head + row * step
    }

    /// Some rows of this head.
    #[inline(always)]
    fn matrix(&self, heads: Heads<'a>, rows: std::ops::Range<usize>) -> Matrix<'a> {
        let numbers = heads.numbers.get(self.at(&heads, rows.start)..);
        let measures = (rows.len(), self.all.measures.size);
        Matrix::rows(numbers.unwrap_or_default(), measures, heads.steps[2])
    }
}

impl WithSimd for Part<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Attention {
            q,
            k,
            v,
            bias,
            scale,
            measures,
        } = self.all;
        let Measures {
            keys, size, heads, ..
        } = measures;
        let count = self.queries.len();
        let alone = (false, gemm::Parallelism::None);
        let queries = self.matrix(q, self.queries.clone());
        let (keys_here, values) = (self.matrix(k, 0..keys), self.matrix(v, 0..keys));
        let mut scores = vec![0.0; count * keys];
        multiply(queries, keys_here.turned(), &mut scores, alone);
        for (i, scores) in scores.chunks_exact_mut(keys.max(1)).enumerate() {
            match bias {
                Some(bias) => {
                    let bias = &bias.numbers[self.at(&bias, self.queries.start + i)..][..keys];
                    for (score, bias) in scores.iter_mut().zip(bias) {
                        *score = *score * scale + bias;
                    }
                }
                None => {
                    for score in scores.iter_mut() {
                        *score *= scale;
                    }
                }
            }
            softmax_in_place(simd, scores);
        }
        let mut seen = vec![0.0; count * size];
        multiply(
            Matrix::rows(&scores, (count, keys), keys),
            values,
            &mut seen,
            alone,
        );
        for (query, seen) in self.queries.clone().zip(seen.chunks_exact(size)) {
            let at = ((self.row * measures.queries + query) * heads + self.head) * size;
            #[allow(unsafe_code, reason = "see SAFETY")]
            // SAFETY: these features are this head's, and only this task has these queries.
            let out = unsafe { self.out.part(at, size) };
            out.copy_from_slice(seen);
        }
    }
}
