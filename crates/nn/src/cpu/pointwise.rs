//! Functions of single numbers, and the softmax.

use pulp::Simd;

use super::{
    exp,
    rows::{Row, each, largest, sum},
};

/// A function of one number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Function {
    Silu,
    GeluTanh,
    GeluErf,
}

/// Of each number of `x`.
pub(crate) fn map(function: Function, x: &[f32]) -> Vec<f32> {
    const WIDTH: usize = 1 << 12;
    match function {
        Function::Silu => each(Silu, x, WIDTH),
        Function::GeluTanh => each(GeluTanh, x, WIDTH),
        Function::GeluErf => each(GeluErf, x, WIDTH),
    }
}

/// Of each row of `x`.
pub(crate) fn softmax(x: &[f32], width: usize) -> Vec<f32> {
    each(Softmax, x, width)
}

macro_rules! row_of {
    ($kernel:ident, $function:path) => {
        #[derive(Clone, Copy)]
        struct $kernel;

        impl Row for $kernel {
            #[inline(always)]
            fn row<S: Simd>(self, simd: S, _: usize, x: &[f32], out: &mut [f32]) {
                let (vectors, rest) = S::as_simd_f32s(x);
                let (out, out_rest) = S::as_mut_simd_f32s(out);
                for (out, x) in out.iter_mut().zip(vectors) {
                    *out = $function(simd, *x);
                }
                if !rest.is_empty() {
                    let x = simd.partial_load_f32s(rest);
                    simd.partial_store_f32s(out_rest, $function(simd, x));
                }
            }
        }
    };
}

row_of!(Silu, exp::silu);
row_of!(GeluTanh, exp::gelu_tanh);
row_of!(GeluErf, exp::gelu_erf);

#[derive(Clone, Copy)]
struct Softmax;

impl Row for Softmax {
    #[inline(always)]
    fn row<S: Simd>(self, simd: S, _: usize, x: &[f32], out: &mut [f32]) {
        out.copy_from_slice(x);
        softmax_in_place(simd, out);
    }
}

/// Of one row.
#[inline(always)]
pub(crate) fn softmax_in_place<S: Simd>(simd: S, row: &mut [f32]) {
    let top = largest(row);
    for x in row.iter_mut() {
        *x -= top;
    }
    exp::exp_in_place(simd, row);
    let share = sum::<false>(row, 0.0).recip();
    for x in row {
        *x *= share;
    }
}
