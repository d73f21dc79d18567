//! The exponential and what is made of it, a vector at a time.
//!
//! Loops call these as they are, not from closures: a closure is not compiled for the vectors of this machine, and
//! every operation in it becomes a call.

use pulp::Simd;

/// eˣ, to two units in the last place; 0 below −87, and ∞ above 88. What is no number stays none: of two operands
/// the vectors' minimum and maximum give the second where one is none.
#[inline(always)]
pub(crate) fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let (low, high) = (simd.splat_f32s(-87.0), simd.splat_f32s(88.0));
    let above = simd.less_than_f32s(high, x);
    let x = simd.min_f32s(high, x);
    let below = simd.less_than_f32s(x, low);
    let x = simd.max_f32s(low, x);
    // 1.5·2²³ rounds to an integer, which then lies in the lowest bits.
    let round = simd.splat_f32s(12_582_912.0);
    let shifted = simd.mul_add_e_f32s(x, simd.splat_f32s(std::f32::consts::LOG2_E), round);
    let n = simd.sub_f32s(shifted, round);
    // ln 2 in two parts, the first of which times n is exact.
    let r = simd.mul_add_e_f32s(n, simd.splat_f32s(-0.693_359_4), x);
    let r = simd.mul_add_e_f32s(n, simd.splat_f32s(2.121_944_4e-4), r);
    // Cephes' polynomial (Moshier 1992).
    let mut p = simd.splat_f32s(1.987_569_1e-4);
    for c in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        0.166_666_65,
        0.5,
    ] {
        p = simd.mul_add_e_f32s(p, r, simd.splat_f32s(c));
    }
    let p = simd.mul_add_e_f32s(simd.mul_f32s(p, r), r, r);
    let p = simd.add_f32s(p, simd.splat_f32s(1.0));
    let bits = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(23));
    let scaled = simd.transmute_f32s_u32s(simd.add_u32s(simd.transmute_u32s_f32s(p), bits));
    let scaled = simd.select_f32s(below, simd.splat_f32s(0.0), scaled);
    simd.select_f32s(above, simd.splat_f32s(f32::INFINITY), scaled)
}

/// x·σ(x).
#[inline(always)]
pub(crate) fn silu<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let one = simd.splat_f32s(1.0);
    simd.div_f32s(x, simd.add_f32s(one, exp(simd, simd.neg_f32s(x))))
}

/// x·σ(1.702·x).
#[inline(always)]
pub(crate) fn quick_gelu<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let steep = simd.mul_f32s(x, simd.splat_f32s(-1.702));
    let whole = simd.add_f32s(simd.splat_f32s(1.0), exp(simd, steep));
    simd.div_f32s(x, whole)
}

/// x·σ(x) of each.
#[inline(always)]
pub(crate) fn silu_in_place<S: Simd>(simd: S, numbers: &mut [f32]) {
    let (vectors, rest) = S::as_mut_simd_f32s(numbers);
    for x in vectors {
        *x = silu(simd, *x);
    }
    if !rest.is_empty() {
        let x = simd.partial_load_f32s(rest);
        simd.partial_store_f32s(rest, silu(simd, x));
    }
}

/// eˣ of each.
#[inline(always)]
pub(crate) fn exp_in_place<S: Simd>(simd: S, numbers: &mut [f32]) {
    let (vectors, rest) = S::as_mut_simd_f32s(numbers);
    for x in vectors {
        *x = exp(simd, *x);
    }
    if !rest.is_empty() {
        let x = simd.partial_load_f32s(rest);
        simd.partial_store_f32s(rest, exp(simd, x));
    }
}

/// x·½(1 + tanh(√(2/π)·(x + 0.044715·x³))), which is x·σ of twice the argument.
#[inline(always)]
pub(crate) fn gelu_tanh<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let cubed = simd.mul_f32s(simd.mul_f32s(x, x), x);
    let inner = simd.mul_add_e_f32s(cubed, simd.splat_f32s(0.044_715), x);
    let twice = simd.splat_f32s(2.0 * 0.797_884_6);
    let one = simd.splat_f32s(1.0);
    let e = exp(simd, simd.neg_f32s(simd.mul_f32s(inner, twice)));
    simd.div_f32s(x, simd.add_f32s(one, e))
}

/// x·½(1 + erf(x/√2)), the error function to 1.5·10⁻⁷ (Abramowitz & Stegun 1964, 7.1.26).
#[inline(always)]
pub(crate) fn gelu_erf<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let (one, half) = (simd.splat_f32s(1.0), simd.splat_f32s(0.5));
    let z = simd.mul_f32s(
        simd.abs_f32s(x),
        simd.splat_f32s(std::f32::consts::FRAC_1_SQRT_2),
    );
    let t = simd.div_f32s(
        one,
        simd.mul_add_e_f32s(z, simd.splat_f32s(0.327_591_1), one),
    );
    let mut p = simd.splat_f32s(1.061_405_4);
    for c in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
        p = simd.mul_add_e_f32s(p, t, simd.splat_f32s(c));
    }
    // What lies beyond |x|: erfc(|x|/√2)/2.
    let tail = simd.mul_f32s(p, t);
    let tail = simd.mul_f32s(tail, exp(simd, simd.neg_f32s(simd.mul_f32s(z, z))));
    let tail = simd.mul_f32s(tail, half);
    let negative = simd.less_than_f32s(x, simd.splat_f32s(0.0));
    simd.mul_f32s(
        x,
        simd.select_f32s(negative, tail, simd.sub_f32s(one, tail)),
    )
}
