//! Softmax attention, some queries of a head at a time, so that their scores stay in a near cache.

use std::ops::Range;

use half::{f16, slice::HalfFloatSliceExt as _};
use pulp::{Arch, Simd, WithSimd};

use super::{
    elements::{Shared, fresh},
    matrices::{Matrix, multiply},
    pointwise::softmax_in_place,
    queries::{self, Stretch},
    scratch::Scratch,
};
use crate::stop;

/// Queries of a task, with few keys and with many: each task lays out all keys and values for the product anew.
const QUERIES: (usize, usize) = (64, 256);
/// How many keys are few.
const FEW: usize = 512;

/// Keys or values that are made wide at a time for few queries: 16 KiB of them where a head has 128 features.
const NEAR: usize = 32;

/// Taken off the score of a key that does not count.
const HIDDEN: f32 = 1e30;

/// Numbers of which each (batch, head) is a matrix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads<'a, T = f32> {
    pub(crate) numbers: &'a [T],
    /// Numbers between two rows of the batch, two heads, and two rows of a head.
    pub(crate) steps: [usize; 3],
}

/// What attends to what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attention<'a> {
    pub(crate) q: Heads<'a>,
    pub(crate) k: Kept<'a>,
    pub(crate) v: Kept<'a>,
    pub(crate) scores: Scores<'a>,
    pub(crate) scale: f32,
    pub(crate) measures: Measures,
}

/// Keys or values, which may have been kept for long.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kept<'a> {
    Whole(Heads<'a>),
    /// In half the memory; they are made wide again for the task that meets them.
    Halves(Heads<'a, f16>),
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
    queries: Range<usize>,
}

impl<'a> Part<'a, '_> {
    /// Where a row of this head begins.
    #[inline(always)]
    fn at<T>(&self, heads: &Heads<'_, T>, row: usize) -> usize {
        let [batch, head, step] = heads.steps;
        self.row * batch + self.head * head + row * step
    }

    /// Of these queries, one row of `keys` each, before the softmax.
    #[inline(always)]
    fn score<S: Simd>(&self, simd: S, kept: Kept<'a>, scores: &mut [f32]) {
        let Attention {
            q, scale, measures, ..
        } = self.all;
        let keys = measures.keys;
        let alone = (false, gemm::Parallelism::None);
        let queries = self.matrix(q, self.queries.clone());
        let rows = scores.len() / keys.max(1);
        match self.all.scores {
            Scores::Plain => {
                self.plain(simd, queries, kept, scores);
                for score in scores.iter_mut() {
                    *score *= scale;
                }
            }
            Scores::Biased(bias) => {
                self.plain(simd, queries, kept, scores);
                for (i, scores) in scores.chunks_exact_mut(keys.max(1)).enumerate() {
                    let bias = &bias.numbers[self.at(&bias, self.queries.start + i)..];
                    for (score, bias) in scores.iter_mut().zip(&bias[..keys]) {
                        *score = *score * scale + bias;
                    }
                }
            }
            Scores::Relative(relative) => {
                let biased = self.biased(relative.to_keys);
                let measures = (rows, self.all.measures.size);
                multiply(
                    Matrix::rows(&biased, measures, measures.1),
                    self.wide(kept).matrix().turned(),
                    scores,
                    alone,
                );
                // The places that keys can be at, as seen from any of these queries.
                let seen = keys + rows - 1;
                let first = keys - self.queries.end;
                let places = self.matrix(relative.places, first..first + seen).turned();
                let biased = self.biased(relative.to_places);
                let mut by_place = vec![0.0; rows * seen];
                multiply(
                    Matrix::rows(&biased, measures, measures.1),
                    places,
                    &mut by_place,
                    alone,
                );
                let mask = &relative.mask[self.row * keys..][..keys];
                let each = scores.chunks_exact_mut(keys.max(1));
                for (i, (scores, by_place)) in each.zip(by_place.chunks_exact(seen)).enumerate() {
                    let by_place = &by_place[rows - 1 - i..][..keys];
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

    /// Products of queries and keys.
    #[inline(always)]
    fn plain<S: Simd>(&self, simd: S, queries: Matrix<'_>, kept: Kept<'a>, scores: &mut [f32]) {
        if queries.rows <= queries::MOST {
            let mut near = self.near(kept);
            let mut met = 0;
            while met < self.all.measures.keys {
                let keys = self.stretch(kept, met, &mut near);
                queries::scores(simd, queries, keys, scores);
                met += keys.rows.rows;
            }
        } else {
            let keys = self.wide(kept);
            let alone = (false, gemm::Parallelism::None);
            multiply(queries, keys.matrix().turned(), scores, alone);
        }
    }

    /// Keys or values of this head from `before` on: all as they lie, or as many as `near` has room for.
    // A closure over each would not be inlined into the code that was compiled for this processor's vectors.
    #[inline(always)]
    fn stretch<'s>(&self, kept: Kept<'a>, before: usize, near: &'s mut [f32]) -> Stretch<'s>
    where
        'a: 's,
    {
        let Measures {
            keys: all, size, ..
        } = self.all.measures;
        let rows = match kept {
            Kept::Whole(heads) => self.matrix(heads, before..all),
            Kept::Halves(heads) => {
                let rows = before..all.min(before + NEAR);
                let measures = (rows.len(), size);
                self.widen(&heads, rows, near);
                Matrix::rows(near, measures, size)
            }
        };
        Stretch { rows, before, all }
    }

    /// Room for what is made wide at a time.
    fn near(&self, kept: Kept<'_>) -> Vec<f32> {
        match kept {
            Kept::Whole(_) => Vec::new(),
            Kept::Halves(_) => vec![0.0; NEAR * self.all.measures.size],
        }
    }

    /// All keys or values of this head in f32.
    #[inline(always)]
    fn wide(&self, kept: Kept<'a>) -> Wide<'a> {
        let Measures { keys, size, .. } = self.all.measures;
        let halves = match kept {
            Kept::Whole(heads) => return Wide::Lying(self.matrix(heads, 0..keys)),
            Kept::Halves(heads) => heads,
        };
        let mut wide = Scratch::of(keys * size);
        self.widen(&halves, 0..keys, &mut wide);
        Wide::Made(wide, (keys, size))
    }

    /// Some rows of this head in f32, one after the other.
    #[inline(always)]
    fn widen(&self, halves: &Heads<'a, f16>, rows: Range<usize>, wide: &mut [f32]) {
        let size = self.all.measures.size;
        for (row, wide) in rows.zip(wide.chunks_exact_mut(size.max(1))) {
            halves.numbers[self.at(halves, row)..][..size].convert_to_f32_slice(wide);
        }
    }

    /// Some rows of this head.
    #[inline(always)]
    fn matrix(&self, heads: Heads<'a>, rows: Range<usize>) -> Matrix<'a> {
        let numbers = heads.numbers.get(self.at(&heads, rows.start)..);
        let measures = (rows.len(), self.all.measures.size);
        Matrix::rows(numbers.unwrap_or_default(), measures, heads.steps[2])
    }
}

/// Keys or values of a head in f32: as they lie, or made so.
enum Wide<'a> {
    Lying(Matrix<'a>),
    Made(Scratch, (usize, usize)),
}

impl Wide<'_> {
    fn matrix(&self) -> Matrix<'_> {
        match self {
            Self::Lying(matrix) => *matrix,
            Self::Made(numbers, measures) => Matrix::rows(numbers, *measures, measures.1),
        }
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
        let mut scores = vec![0.0; count * keys];
        self.score(simd, k, &mut scores);
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
            let mut near = self.near(v);
            let mut met = 0;
            while met < keys {
                let values = self.stretch(v, met, &mut near);
                queries::add(simd, &scores, values, &mut seen);
                met += values.rows.rows;
            }
        } else {
            let scores = Matrix::rows(&scores, (count, keys), keys);
            let values = self.wide(v);
            multiply(scores, values.matrix(), &mut seen, alone);
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
