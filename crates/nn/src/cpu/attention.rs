//! Softmax attention, some queries of a head at a time, so that their scores stay in a near cache.

use pulp::{Arch, Simd, WithSimd};

use super::{
    elements::{Shared, fresh},
    matrices::{Matrix, multiply},
    pointwise::softmax_in_place,
    queries,
};
use crate::stop;

/// Queries of a task, with few keys and with many: each task lays out all keys and values for the product anew.
const QUERIES: (usize, usize) = (64, 256);
/// How many keys are few.
const FEW: usize = 512;

/// Taken off the score of a key that does not count.
const HIDDEN: f32 = 1e30;

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
    pub(crate) scores: Scores<'a>,
    pub(crate) scale: f32,
    pub(crate) measures: Measures,
}

/// What scores have beside the products of queries and keys.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scores<'a> {
    Plain,
    /// Something added after the scale.
    Biased(Heads<'a>),
    /// Products with where a key lies as seen from a query.
    Relative(Relative<'a>),
}

/// Relative positions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relative<'a> {
    /// One matrix for each head, `2·keys − 1` rows: from `keys − 1` places before a query to as many behind.
    pub(crate) places: Heads<'a>,
    /// Added to queries before they meet keys, heads × size.
    pub(crate) to_keys: &'a [f32],
    /// Added to queries before they meet places, heads × size.
    pub(crate) to_places: &'a [f32],
    /// 1 where a key counts, batch × keys; a query that sees none has zeros.
    pub(crate) mask: &'a [f32],
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
            keys,
            size,
        } = self.measures;
        let mut out = fresh(batch * queries * heads * size);
        if out.is_empty() {
            return out;
        }
        let most = if keys <= FEW { QUERIES.0 } else { QUERIES.1 };
        let parts = queries.div_ceil(most);
        let (shared, arch) = (Shared::new(&mut out), Arch::new());
        stop::each(batch * heads * parts, |task| {
            let from = task % parts * most;
            arch.dispatch(Part {
                all: self,
                out: &shared,
                row: task / parts / heads,
                head: task / parts % heads,
                queries: from..queries.min(from + most),
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

    /// Of these queries, one row of `keys` each, before the softmax.
    #[inline(always)]
    fn score<S: Simd>(&self, simd: S, keys: Matrix<'_>, scores: &mut [f32]) {
        let Attention { q, scale, .. } = self.all;
        let alone = (false, gemm::Parallelism::None);
        let queries = self.matrix(q, self.queries.clone());
        let rows = scores.len() / keys.columns.max(1);
        match self.all.scores {
            Scores::Plain => {
                plain(simd, queries, keys, scores);
                for score in scores.iter_mut() {
                    *score *= scale;
                }
            }
            Scores::Biased(bias) => {
                plain(simd, queries, keys, scores);
                for (i, scores) in scores.chunks_exact_mut(keys.columns.max(1)).enumerate() {
                    let bias = &bias.numbers[self.at(&bias, self.queries.start + i)..];
                    for (score, bias) in scores.iter_mut().zip(&bias[..keys.columns]) {
                        *score = *score * scale + bias;
                    }
                }
            }
            Scores::Relative(relative) => {
                let biased = self.biased(relative.to_keys);
                let measures = (rows, self.all.measures.size);
                multiply(
                    Matrix::rows(&biased, measures, measures.1),
                    keys,
                    scores,
                    alone,
                );
                // The places that keys can be at, as seen from any of these queries.
                let seen = keys.columns + rows - 1;
                let first = keys.columns - self.queries.end;
                let places = self.matrix(relative.places, first..first + seen).turned();
                let biased = self.biased(relative.to_places);
                let mut by_place = vec![0.0; rows * seen];
                multiply(
                    Matrix::rows(&biased, measures, measures.1),
                    places,
                    &mut by_place,
                    alone,
                );
                let mask = &relative.mask[self.row * keys.columns..][..keys.columns];
                let each = scores.chunks_exact_mut(keys.columns.max(1));
                for (i, (scores, by_place)) in each.zip(by_place.chunks_exact(seen)).enumerate() {
                    let by_place = &by_place[rows - 1 - i..][..keys.columns];
                    for ((score, place), mask) in scores.iter_mut().zip(by_place).zip(mask) {
                        *score = (*score + place) * scale + (mask - 1.0) * HIDDEN;
                    }
                }
            }
        }
    }

    /// These queries, and `bias` of this head added to each.
    #[inline(always)]
    fn biased(&self, bias: &[f32]) -> Vec<f32> {
        let (q, size) = (self.all.q, self.all.measures.size);
        let bias = &bias[self.head * size..][..size];
        let mut biased = Vec::with_capacity(self.queries.len() * size);
        for query in self.queries.clone() {
            let query = &q.numbers[self.at(&q, query)..][..size];
            biased.extend(query.iter().zip(bias).map(|(query, bias)| query + bias));
        }
        biased
    }

    /// Some rows of this head.
    #[inline(always)]
    fn matrix(&self, heads: Heads<'a>, rows: std::ops::Range<usize>) -> Matrix<'a> {
        let numbers = heads.numbers.get(self.at(&heads, rows.start)..);
        let measures = (rows.len(), self.all.measures.size);
        Matrix::rows(numbers.unwrap_or_default(), measures, heads.steps[2])
    }
}

/// Products of queries and keys, which are columns.
#[inline(always)]
fn plain<S: Simd>(simd: S, queries: Matrix<'_>, keys: Matrix<'_>, scores: &mut [f32]) {
    if queries.rows <= queries::MOST {
        queries::scores(simd, queries, keys.turned(), scores);
    } else {
        multiply(queries, keys, scores, (false, gemm::Parallelism::None));
    }
}

impl WithSimd for Part<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Attention { k, v, measures, .. } = self.all;
        let Measures {
            keys, size, heads, ..
        } = measures;
        let count = self.queries.len();
        let alone = (false, gemm::Parallelism::None);
        let values = self.matrix(v, 0..keys);
        let mut scores = vec![0.0; count * keys];
        self.score(simd, self.matrix(k, 0..keys).turned(), &mut scores);
        for scores in scores.chunks_exact_mut(keys.max(1)) {
            softmax_in_place(simd, scores);
        }
        let sees_any = match self.all.scores {
            Scores::Relative(Relative { mask, .. }) => {
                mask[self.row * keys..][..keys].iter().any(|one| *one > 0.0)
            }
            _ => true,
        };
        if !sees_any {
            return;
        }
        let mut seen = vec![0.0; count * size];
        if count <= queries::MOST {
            queries::sums(simd, &scores, values, &mut seen);
        } else {
            let scores = Matrix::rows(&scores, (count, keys), keys);
            multiply(scores, values, &mut seen, alone);
        }
        for (query, seen) in self.queries.clone().zip(seen.chunks_exact(size)) {
            let at = ((self.row * measures.queries + query) * heads + self.head) * size;
            #[allow(unsafe_code, reason = "see SAFETY")]
            // SAFETY: these features are this head's, and only this task has these queries.
            let out = unsafe { self.out.part(at, size) };
            out.copy_from_slice(seen);
        }
    }
}
