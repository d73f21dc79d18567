use std::f32::consts::{FRAC_1_SQRT_2, SQRT_2};

use pulp::Simd;

use super::{SEEN, SIDE};

/// `factor·a + b`.
#[inline(always)]
pub(super) fn fma<S: Simd>(simd: S, factor: f32, a: S::f32s, b: S::f32s) -> S::f32s {
    simd.mul_add_e_f32s(simd.splat_f32s(factor), a, b)
}

/// `factor·a`.
#[inline(always)]
pub(super) fn times<S: Simd>(simd: S, factor: f32, a: S::f32s) -> S::f32s {
    simd.mul_f32s(simd.splat_f32s(factor), a)
}

/// Numbers seen along one direction, at the points.
#[inline(always)]
pub(super) fn of_input<S: Simd>(simd: S, d: [S::f32s; SEEN]) -> [S::f32s; SEEN] {
    let (near_even, near_odd) = (fma(simd, -0.5, d[2], d[4]), fma(simd, -0.5, d[1], d[3]));
    let (far_even, far_odd) = (fma(simd, -2.0, d[2], d[4]), fma(simd, -2.0, d[1], d[3]));
    [
        fma(simd, -2.5, d[2], simd.add_f32s(d[0], d[4])),
        fma(simd, SQRT_2, near_odd, near_even),
        fma(simd, -SQRT_2, near_odd, near_even),
        fma(simd, FRAC_1_SQRT_2, far_odd, far_even),
        fma(simd, -FRAC_1_SQRT_2, far_odd, far_even),
        fma(simd, -2.5, d[3], simd.add_f32s(d[1], d[5])),
    ]
}

/// Taps along one direction, at the points.
#[inline(always)]
pub(super) fn of_weight<S: Simd>(simd: S, g: [S::f32s; 3]) -> [S::f32s; SEEN] {
    let near = times(simd, 1.0 / 6.0, fma(simd, 2.0, g[2], g[0]));
    let far = times(simd, -2.0 / 3.0, fma(simd, 0.5, g[2], g[0]));
    [
        g[0],
        fma(simd, SQRT_2 / 6.0, g[1], near),
        fma(simd, -SQRT_2 / 6.0, g[1], near),
        fma(simd, FRAC_1_SQRT_2 / -1.5, g[1], far),
        fma(simd, FRAC_1_SQRT_2 / 1.5, g[1], far),
        g[2],
    ]
}

/// Pixels along one direction, from products at the points.
#[inline(always)]
pub(super) fn to_output<S: Simd>(simd: S, m: [S::f32s; SEEN]) -> [S::f32s; SIDE] {
    let (near, near_apart) = (simd.add_f32s(m[1], m[2]), simd.sub_f32s(m[1], m[2]));
    let (far, far_apart) = (simd.add_f32s(m[3], m[4]), simd.sub_f32s(m[3], m[4]));
    [
        simd.add_f32s(simd.add_f32s(m[0], near), far),
        fma(
            simd,
            FRAC_1_SQRT_2,
            far_apart,
            times(simd, SQRT_2, near_apart),
        ),
        fma(simd, 2.0, near, times(simd, 0.5, far)),
        fma(
            simd,
            2.0 * SQRT_2,
            near_apart,
            fma(simd, 0.5 * FRAC_1_SQRT_2, far_apart, m[5]),
        ),
    ]
}
