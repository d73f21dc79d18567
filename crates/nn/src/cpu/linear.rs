//! `x·Wᵀ + b`. The weight is read where it lies, once for each row of tiles; the input, which is small
//! beside it, is laid out in panels of vectors first.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    elements::{Aligned, Shared},
    product::{ROWS, SUMS, Sums, VECTORS, Walk, lanes, rows, tile},
};

/// Rows of the weight that stay in the second-level cache while panels pass by.
const BLOCK: usize = 128;
/// Inputs of one pass; a panel of them and [`BLOCK`] rows fit into the second-level cache.
const DEPTH: usize = 2560;

/// A matrix product's operands: `x` is samples × inputs, `weight` outputs × inputs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Linear<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) weight: &'a [f32],
    /// Of the outputs.
    pub(crate) bias: Option<&'a [f32]>,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
}

impl Linear<'_> {
    /// Samples × outputs.
    pub(crate) fn run(self) -> Vec<f32> {
        let samples = self.x.len() / self.inputs.max(1);
        let mut out = vec![0.0; samples * self.outputs];
        if out.is_empty() {
            return out;
        }
        let arch = Arch::new();
        let passes = self.inputs.div_ceil(DEPTH).max(1);
        let depth = self.inputs.div_ceil(passes).max(1);
        let shared = Shared::new(&mut out);
        for from in (0..self.inputs).step_by(depth) {
            let depth = depth.min(self.inputs - from);
            let panels = arch.dispatch(Pack {
                linear: self,
                samples,
                from,
                depth,
            });
            (0..self.outputs.div_ceil(BLOCK))
                .into_par_iter()
                .for_each(|block| {
                    arch.dispatch(Block {
                        linear: self,
                        panels: &panels,
                        out: &shared,
                        first: block * BLOCK,
                        from,
                    });
                });
        }
        out
    }
}

/// Samples as vectors: panel by panel, input by input, the samples of a panel side by side.
struct Panels {
    numbers: Aligned,
    samples: usize,
    depth: usize,
    width: usize,
}

impl Panels {
    /// First sample, samples and vectors of each panel, as even as can be.
    fn each(&self, lanes: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        let (samples, width) = (self.samples, self.width);
        (0..samples.div_ceil(width)).map(move |i| {
            let count = width.min(samples - i * width);
            (i * width, count, count.div_ceil(lanes))
        })
    }
}

struct Pack<'a> {
    linear: Linear<'a>,
    samples: usize,
    from: usize,
    depth: usize,
}

impl WithSimd for Pack<'_> {
    type Output = Panels;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Panels {
        let lanes = lanes::<S>();
        let Self {
            linear,
            samples,
            from,
            depth,
        } = self;
        // As few panels as can be, and none much narrower than the others.
        let vectors = samples.div_ceil(lanes);
        let width = vectors.div_ceil(vectors.div_ceil(VECTORS)) * lanes;
        let mut numbers = Aligned::zeros(samples.div_ceil(width) * width * depth);
        numbers
            .par_chunks_mut(width * depth)
            .enumerate()
            .for_each(|(i, panel)| {
                let first = i * width;
                let count = width.min(samples - first);
                for sample in 0..count {
                    let row = &linear.x[(first + sample) * linear.inputs + from..][..depth];
                    let places = panel[sample..].iter_mut().step_by(width);
                    for (place, value) in places.zip(row) {
                        *place = *value;
                    }
                }
            });
        Panels {
            numbers,
            samples,
            depth,
            width,
        }
    }
}

/// Some rows of the weight with all panels.
struct Block<'a, 'b> {
    linear: Linear<'a>,
    panels: &'b Panels,
    out: &'b Shared<'b>,
    first: usize,
    from: usize,
}

impl WithSimd for Block<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            linear,
            panels,
            out,
            first,
            from,
        } = self;
        let last = linear.outputs.min(first + BLOCK);
        let walk = Walk {
            a_row: linear.inputs,
            b_row: panels.width,
            inputs: panels.depth,
            offsets: &[0],
        };
        let mut sums: Sums = [0.0; _];
        for (sample, count, vectors) in panels.each(lanes::<S>()) {
            let panel = &panels.numbers[sample * panels.depth..];
            for row in (first..last).step_by(rows::<S>()) {
                let height = rows::<S>().min(last - row);
                let weight = &linear.weight[row * linear.inputs + from..];
                tile(simd, walk, (weight, panel), (height, vectors), &mut sums);
                let mut bias = [0.0; ROWS];
                if let Some(all) = linear.bias.filter(|_| from == 0) {
                    bias[..height].copy_from_slice(&all[row..row + height]);
                }
                for column in 0..count {
                    let at = (sample + column) * linear.outputs + row;
                    #[allow(unsafe_code, reason = "see SAFETY")]
                    // SAFETY: only this block writes these rows of the weight's outputs.
                    let out = unsafe { out.part(at, height) };
                    let sums = sums[column..].iter().step_by(SUMS).zip(bias);
                    if from == 0 {
                        for (out, (sum, bias)) in out.iter_mut().zip(sums) {
                            *out = sum + bias;
                        }
                    } else {
                        for (out, (sum, _)) in out.iter_mut().zip(sums) {
                            *out += sum;
                        }
                    }
                }
            }
        }
    }
}
