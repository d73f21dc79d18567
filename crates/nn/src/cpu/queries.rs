//! Attention of a few queries, as those of a token that is written: every key and every value is read once for all of
//! them, as it lies, where a product of matrices would pack it first.

use pulp::Simd;

use super::{matrices::Matrix, product::lanes};

/// Queries up to which this is the faster way.
pub(crate) const MOST: usize = 8;

/// Sums in registers at a time.
const SIDE_BY_SIDE: usize = 8;

/// Some keys or values of many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch<'a> {
    pub(crate) rows: Matrix<'a>,
    /// How many come before them.
    pub(crate) before: usize,
    /// How many there are in all.
    pub(crate) all: usize,
}

/// Products of each query with each of these keys, to their places in a row of scores that each query has.
///
/// # Panics
/// Where there are other scores than queries times all keys.
#[inline(always)]
pub(crate) fn scores<S: Simd>(simd: S, queries: Matrix<'_>, keys: Stretch<'_>, scores: &mut [f32]) {
    assert_eq!(scores.len(), queries.rows * keys.all, "a score for each");
    for key in 0..keys.rows.rows {
        let numbers = row(keys.rows, key);
        for query in 0..queries.rows {
            scores[query * keys.all + keys.before + key] = dot(simd, row(queries, query), numbers);
        }
    }
}

/// Adds these values by their weights, a row of which each query has for all values, to a row of `sums` that each query
/// has too.
///
/// # Panics
/// Where there are other weights than queries times all values.
#[inline(always)]
pub(crate) fn add<S: Simd>(simd: S, weights: &[f32], values: Stretch<'_>, sums: &mut [f32]) {
    let Stretch {
        rows: values,
        before,
        all,
    } = values;
    let size = values.columns.max(1);
    let queries = sums.len() / size;
    assert_eq!(weights.len(), queries * all, "a weight for each");
    let width = SIDE_BY_SIDE * lanes::<S>();
    let whole = size / width * width;
    for (query, sums) in sums.chunks_exact_mut(size).enumerate() {
        let weights = &weights[query * all + before..][..values.rows];
        let (wide, rest) = sums.split_at_mut(whole);
        for (i, wide) in wide.chunks_exact_mut(width).enumerate() {
            let wide = &mut S::as_mut_simd_f32s(wide)
                .0
                .as_chunks_mut::<SIDE_BY_SIDE>()
                .0[0];
            let mut all = *wide;
            for (value, weight) in weights.iter().enumerate() {
                let numbers = &row(values, value)[i * width..][..width];
                let numbers = &S::as_simd_f32s(numbers).0.as_chunks::<SIDE_BY_SIDE>().0[0];
                let weight = simd.splat_f32s(*weight);
                // Zipped these would be no straight code.
                for v in 0..SIDE_BY_SIDE {
                    all[v] = simd.mul_add_e_f32s(weight, numbers[v], all[v]);
                }
            }
            *wide = all;
        }
        for (feature, sum) in rest.iter_mut().enumerate() {
            for (value, weight) in weights.iter().enumerate() {
                *sum += weight * row(values, value)[whole + feature];
            }
        }
    }
}

#[inline(always)]
fn row<'a>(matrix: Matrix<'a>, row: usize) -> &'a [f32] {
    &matrix.numbers[row * matrix.steps.0..][..matrix.columns]
}

#[inline(always)]
fn dot<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = S::as_simd_f32s(a);
    let (b, b_rest) = S::as_simd_f32s(b);
    // Side by side, so that a sum does not wait for the one before.
    let mut sums = [simd.splat_f32s(0.0); 4];
    let (a_fours, a_last) = a.as_chunks::<4>();
    let (b_fours, b_last) = b.as_chunks::<4>();
    for (a, b) in a_fours.iter().zip(b_fours) {
        for v in 0..4 {
            sums[v] = simd.mul_add_e_f32s(a[v], b[v], sums[v]);
        }
    }
    for (a, b) in a_last.iter().zip(b_last) {
        sums[0] = simd.mul_add_e_f32s(*a, *b, sums[0]);
    }
    let [first, second, third, fourth] = sums;
    let all = simd.add_f32s(simd.add_f32s(first, second), simd.add_f32s(third, fourth));
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    simd.reduce_sum_f32s(all) + rest
}
