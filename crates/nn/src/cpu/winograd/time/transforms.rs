use pulp::Simd;

use super::{POINTS, SIDE};
use crate::cpu::winograd::transforms;

/// The points, each with its negative; the last one is ∞.
const PAIRS: [f64; 3] = [0.25, 0.8, 2.0];

/// Squares of the points.
const SQUARES: [f64; 3] = [
    PAIRS[0] * PAIRS[0],
    PAIRS[1] * PAIRS[1],
    PAIRS[2] * PAIRS[2],
];

/// The squares of the other two pairs.
const fn others(pair: usize) -> (f64, f64) {
    (SQUARES[(pair + 1) % 3], SQUARES[(pair + 2) % 3])
}

#[expect(clippy::cast_possible_truncation, reason = "computed in f32")]
const fn narrow(x: f64) -> f32 {
    x as f32
}

/// `factor·a + b`.
#[inline(always)]
fn fma<S: Simd>(simd: S, factor: f64, a: S::f32s, b: S::f32s) -> S::f32s {
    transforms::fma(simd, narrow(factor), a, b)
}

/// What a row of seven tells at the points.
#[inline(always)]
pub(super) fn of_input<S: Simd>(simd: S, d: [S::f32s; POINTS]) -> [S::f32s; POINTS] {
    let mut out = [d[0]; POINTS];
    for pair in 0..3 {
        let (one, other) = others(pair);
        let odd = fma(
            simd,
            one * other,
            d[1],
            fma(simd, -(one + other), d[3], d[5]),
        );
        let even = fma(
            simd,
            one * other,
            d[0],
            fma(simd, -(one + other), d[2], d[4]),
        );
        out[2 * pair] = fma(simd, PAIRS[pair], even, odd);
        out[2 * pair + 1] = fma(simd, -PAIRS[pair], even, odd);
    }
    let [a, b, c] = SQUARES;
    let last = fma(
        simd,
        a * b + b * c + c * a,
        d[2],
        fma(simd, -(a + b + c), d[4], d[6]),
    );
    out[POINTS - 1] = fma(simd, -(a * b * c), d[0], last);
    out
}

/// Four taps at the points.
#[inline(always)]
pub(super) fn of_weight<S: Simd>(simd: S, g: [S::f32s; SIDE]) -> [S::f32s; POINTS] {
    let mut out = [g[SIDE - 1]; POINTS];
    for pair in 0..3 {
        let (point, square) = (PAIRS[pair], SQUARES[pair]);
        let (one, other) = others(pair);
        let share = 1.0 / (2.0 * point * (square - one) * (square - other));
        let (even, odd) = (fma(simd, square, g[2], g[0]), fma(simd, square, g[3], g[1]));
        let even = transforms::times(simd, narrow(share), even);
        out[2 * pair] = fma(simd, point * share, odd, even);
        out[2 * pair + 1] = fma(simd, point * share, odd, simd.neg_f32s(even));
    }
    out
}

/// Four outputs from products at the points.
#[inline(always)]
pub(super) fn to_output<S: Simd>(simd: S, m: [S::f32s; POINTS]) -> [S::f32s; SIDE] {
    let zero = simd.splat_f32s(0.0);
    let mut out = [zero, zero, zero, m[POINTS - 1]];
    for pair in 0..3 {
        let (point, square) = (PAIRS[pair], SQUARES[pair]);
        let both = simd.add_f32s(m[2 * pair], m[2 * pair + 1]);
        let apart = simd.sub_f32s(m[2 * pair], m[2 * pair + 1]);
        out[0] = simd.add_f32s(out[0], both);
        out[1] = fma(simd, point, apart, out[1]);
        out[2] = fma(simd, square, both, out[2]);
        out[3] = fma(simd, point * square, apart, out[3]);
    }
    out
}
