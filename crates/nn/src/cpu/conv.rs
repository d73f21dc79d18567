//! Convolutions: what a run of outputs looks at is laid out once, padded and perhaps activated, and every
//! tap is a shift within it, so that no tap goes through memory on its own.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    elements::{Aligned, Shared},
    exp,
    places::Places,
    product::{SUMS, Sums, VECTORS, Walk, lanes, rows, tile},
};

/// Numbers of a run's input that are laid out at a time; they stay in the second-level cache.
const WINDOW: usize = 1 << 17;
/// Outputs of the longest run.
const LONGEST: usize = 4096;

/// A convolution's numbers. The weight is (outputs, inputs/groups, taps).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conv<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) weight: &'a [f32],
    /// Of the outputs.
    pub(crate) bias: Option<&'a [f32]>,
    /// Added to the result, and of its shape.
    pub(crate) residual: Option<&'a [f32]>,
    /// Whether SiLU comes before.
    pub(crate) silu: bool,
    pub(crate) measures: Measures,
    pub(crate) places: &'a Places,
    /// Where several channels of the result are one, taking turns.
    pub(crate) turns: Option<Turns>,
}

/// `stride` consecutive channels take turns in time, and the first `cut` places are dropped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turns {
    pub(crate) stride: usize,
    pub(crate) cut: usize,
    /// Places that are kept.
    pub(crate) length: usize,
}

/// How many of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measures {
    pub(crate) batch: usize,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) groups: usize,
    pub(crate) taps: usize,
}

impl Conv<'_> {
    /// Numbers of the result.
    pub(crate) fn len(&self) -> usize {
        let Measures { batch, outputs, .. } = self.measures;
        batch
            * match self.turns {
                Some(turns) => outputs / turns.stride * turns.length,
                None => outputs * self.places.outputs(),
            }
    }

    /// (batch, outputs, places), or with turns (batch, outputs/stride, length).
    pub(crate) fn run(self) -> Vec<f32> {
        let Measures {
            batch,
            groups,
            inputs,
            ..
        } = self.measures;
        let mut out = vec![0.0; self.len()];
        let slots = self.places.slots();
        if out.is_empty() || slots == 0 {
            return out;
        }
        let run = self.run_length(inputs / groups);
        let runs = slots.div_ceil(run);
        let shared = Shared::new(&mut out);
        let arch = Arch::new();
        (0..batch * groups * runs).into_par_iter().for_each(|task| {
            arch.dispatch(Run {
                conv: self,
                out: &shared,
                row: task / runs / groups,
                group: task / runs % groups,
                slots: (task % runs * run, slots.min((task % runs + 1) * run)),
            });
        });
        out
    }

    /// A multiple of the widest tile: what fits, and less where threads would have nothing to do.
    fn run_length(&self, inputs: usize) -> usize {
        let fits = (WINDOW / inputs.max(1)).saturating_sub(self.places.beyond()) / self.places.views();
        let Measures { batch, groups, .. } = self.measures;
        let parts = (2 * rayon::current_num_threads()).div_ceil((batch * groups).max(1));
        let shared = self.places.slots().div_ceil(parts);
        fits.min(shared).clamp(1, LONGEST).div_ceil(SUMS) * SUMS
    }
}

/// One run of outputs of one group of one row of the batch.
struct Run<'a, 'b> {
    conv: Conv<'a>,
    out: &'b Shared<'b>,
    row: usize,
    group: usize,
    slots: (usize, usize),
}

impl WithSimd for Run<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Measures {
            inputs,
            outputs,
            groups,
            taps,
            ..
        } = self.conv.measures;
        let (inputs_here, outputs_here) = (inputs / groups, outputs / groups);
        let (places, (from, to)) = (self.conv.places, self.slots);
        let lanes = lanes::<S>();
        let width = (to - from).div_ceil(lanes) * lanes;
        let b_row = places.window(width);
        let mut window = Aligned::zeros(inputs_here * b_row);
        let planes = self.conv.x.chunks_exact(places.inputs());
        let first = self.row * inputs + self.group * inputs_here;
        for (plane, seen) in planes.skip(first).zip(window.chunks_exact_mut(b_row)) {
            places.fill(plane, from, width, seen);
            if self.conv.silu {
                exp::silu_in_place(simd, seen);
            }
        }
        let offsets = places.offsets(width);
        let a_row = inputs_here * taps;
        let walk = Walk {
            a_row,
            b_row,
            inputs: inputs_here,
            offsets: &offsets,
        };
        let mut sums: Sums = [0.0; _];
        let channels = self.group * outputs_here;
        for output in (0..outputs_here).step_by(rows::<S>()) {
            let output = channels + output;
            let height = rows::<S>().min(channels + outputs_here - output);
            let weight = &self.conv.weight[output * a_row..][..height * a_row];
            let mut column = 0;
            while column < width {
                let vectors = share((width - column) / lanes);
                tile(simd, walk, (weight, &window[column..]), (height, vectors), &mut sums);
                let slots = (from + column, to.min(from + column + vectors * lanes));
                for (r, sums) in sums.chunks_exact(SUMS).take(height).enumerate() {
                    match self.conv.turns {
                        Some(turns) => self.take_turns(turns, output + r, slots, sums),
                        None => self.keep(output + r, slots, sums),
                    }
                }
                column += vectors * lanes;
            }
        }
    }
}

/// Vectors of the next tile: one alone at the end would be slow, so the last four are two and two.
#[inline(always)]
fn share(left: usize) -> usize {
    if left == VECTORS + 1 { 2 } else { left.min(VECTORS) }
}

impl Run<'_, '_> {
    /// Writes an output channel's sums where they belong.
    #[inline(always)]
    fn keep(&self, output: usize, (from, to): (usize, usize), sums: &[f32]) {
        let outputs = self.conv.places.outputs();
        let start = (self.row * self.conv.measures.outputs + output) * outputs;
        let bias = self.conv.bias.map_or(0.0, |bias| bias[output]);
        self.conv.places.kept(from, to, |slot, place, count| {
            #[allow(unsafe_code, reason = "see SAFETY")]
            // SAFETY: a place is one run's, and only it writes there.
            let out = unsafe { self.out.part(start + place, count) };
            let sums = &sums[slot - from..][..count];
            match self.conv.residual {
                Some(residual) => {
                    let residual = &residual[start + place..][..count];
                    for ((out, sum), residual) in out.iter_mut().zip(sums).zip(residual) {
                        *out = sum + bias + residual;
                    }
                }
                None => {
                    for (out, sum) in out.iter_mut().zip(sums) {
                        *out = sum + bias;
                    }
                }
            }
        });
    }

    /// The same where channels take turns.
    #[inline(always)]
    fn take_turns(&self, turns: Turns, output: usize, (from, to): (usize, usize), sums: &[f32]) {
        let Turns {
            stride,
            cut,
            length,
        } = turns;
        let (channel, phase) = (output / stride, output % stride);
        let start = (self.row * self.conv.measures.outputs / stride + channel) * length;
        let bias = self.conv.bias.map_or(0.0, |bias| bias[channel]);
        let first = cut.saturating_sub(phase).div_ceil(stride).max(from);
        for slot in first..to {
            let place = slot * stride + phase - cut;
            if place >= length {
                break;
            }
            #[allow(unsafe_code, reason = "see SAFETY")]
            // SAFETY: a place is one channel's and one run's, and only it writes there.
            let out = unsafe { self.out.part(start + place, 1) };
            out[0] = sums[slot - from] + bias;
        }
    }
}
