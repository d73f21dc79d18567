//! Attention of a few queries, as those of a token that is written: every key and every value is read once for all of
//! them, as it lies, where a product of matrices would pack it first.

use pulp::Simd;

use super::{matrices::Matrix, product::lanes};

/// Queries up to which this is the faster way.
pub(crate) const MOST: usize = 8;

/// Sums in registers at a time.
const SIDE_BY_SIDE: usize = 8;

/// Products of each query with each key: a row of scores for each query.
///
/// # Panics
/// Where there are other scores than queries times keys.
#[inline(always)]
pub(crate) fn scores<S: Simd>(simd: S, queries: Matrix<'_>, keys: Matrix<'_>, scores: &mut [f32]) {
    assert_eq!(scores.len(), queries.rows * keys.rows, "a score for each");
    for key in 0..keys.rows {
        let numbers = row(keys, key);
        for query in 0..queries.rows {
            scores[query * keys.rows + key] = dot(simd, row(queries, query), numbers);
        }
    }
}

/// Sums of values by weights, a row of which each query has: a row of `sums` for each query too.
///
/// # Panics
/// Where there are other weights than queries times values.
#[inline(always)]
pub(crate) fn sums<S: Simd>(simd: S, weights: &[f32], values: Matrix<'_>, sums: &mut [f32]) {
    let size = values.columns.max(1);
    let queries = sums.len() / size;
    assert_eq!(weights.len(), queries * values.rows, "a weight for each");
    let width = SIDE_BY_SIDE * lanes::<S>();
    let whole = size / width * width;
    for (query, sums) in sums.chunks_exact_mut(size).enumerate() {
        let weights = &weights[query * values.rows..][..values.rows];
        let (wide, rest) = sums.split_at_mut(whole);
        for (i, wide) in wide.chunks_exact_mut(width).enumerate() {
            let mut all = [simd.splat_f32s(0.0); SIDE_BY_SIDE];
            for (value, weight) in weights.iter().enumerate() {
                let numbers = &row(values, value)[i * width..][..width];
                let numbers = &S::as_simd_f32s(numbers).0.as_chunks::<SIDE_BY_SIDE>().0[0];
                let weight = simd.splat_f32s(*weight);
                // Zipped these would be no straight code.
                for v in 0..SIDE_BY_SIDE {
                    all[v] = simd.mul_add_e_f32s(weight, numbers[v], all[v]);
                }
            }
            for (sum, all) in S::as_mut_simd_f32s(wide).0.iter_mut().zip(all) {
                *sum = all;
            }
        }
        for (feature, sum) in rest.iter_mut().enumerate() {
            *sum = 0.0;
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
