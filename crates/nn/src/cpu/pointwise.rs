//! Functions of single numbers, and the softmax.

use pulp::Simd;
use rayon::prelude::*;

use super::{
    exp,
    rows::{Row, each, largest, sum},
};

/// Numbers of a row, where rows mean nothing.
const WIDTH: usize = 1 << 12;

/// Numbers of a task of [`relu_in_place`].
const TASK: usize = 1 << 16;

/// A function of one number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Function {
    Relu,
    Silu,
    GeluTanh,
    GeluErf,
}

/// Of each number of `x`.
pub(crate) fn map(function: Function, x: &[f32]) -> Vec<f32> {
    match function {
        Function::Relu => each(Relu, x, WIDTH),
        Function::Silu => each(Silu, x, WIDTH),
        Function::GeluTanh => each(GeluTanh, x, WIDTH),
        Function::GeluErf => each(GeluErf, x, WIDTH),
    }
}

/// What is negative becomes zero; what is no number stays.
#[inline(always)]
pub(crate) fn positive(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

/// The same of each.
pub(crate) fn relu_in_place(numbers: &mut [f32]) {
    numbers
        .par_chunks_mut(TASK)
        .for_each(|numbers| numbers.iter_mut().for_each(|x| *x = positive(*x)));
}

#[derive(Clone, Copy)]
struct Relu;

impl Row for Relu {
    #[inline(always)]
    fn row<S: Simd>(self, _: S, _: usize, x: &[f32], out: &mut [f32]) {
        for (out, x) in out.iter_mut().zip(x) {
            *out = positive(*x);
        }
    }
}

/// The first half of each of `batch` parts, times SiLU of its second half.
pub(crate) fn gated(x: &[f32], batch: usize) -> Vec<f32> {
    let half = x.len() / batch / 2;
    let mut out = Vec::with_capacity(x.len() / 2);
    for part in x.chunks_exact((2 * half).max(1)) {
        let (values, gates) = part.split_at(half);
        let gated = each(Gate { values }, gates, WIDTH);
        if batch == 1 {
            return gated;
        }
        out.extend(gated);
    }
    out
}

#[derive(Clone, Copy)]
struct Gate<'a> {
    values: &'a [f32],
}

impl Row for Gate<'_> {
    #[inline(always)]
    fn row<S: Simd>(self, simd: S, index: usize, x: &[f32], out: &mut [f32]) {
        Silu.row(simd, index, x, out);
        for (out, value) in out.iter_mut().zip(&self.values[index * WIDTH..]) {
            *out *= value;
        }
    }
}

/// Adds rows times a gate, one for all or one for each `time` rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GatedSum<'a> {
    pub(crate) added: &'a [f32],
    pub(crate) gate: &'a [f32],
    pub(crate) time: usize,
}

impl Row for GatedSum<'_> {
    #[inline(always)]
    fn row<S: Simd>(self, _: S, index: usize, x: &[f32], out: &mut [f32]) {
        let from = if self.gate.len() == x.len() {
            0
        } else {
            index / self.time * x.len()
        };
        let gate = &self.gate[from..][..x.len()];
        let added = &self.added[index * x.len()..][..x.len()];
        for ((out, x), (added, gate)) in out.iter_mut().zip(x).zip(added.iter().zip(gate)) {
            *out = x + added * gate;
        }
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
