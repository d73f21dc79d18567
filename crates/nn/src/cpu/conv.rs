//! Convolutions: what a run of outputs looks at is laid out once, padded and perhaps activated, and every
//! tap is a shift within it, so that no tap goes through memory on its own.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    elements::{Shared, fresh},
    exp,
    matrices::{Matrix, all_threads, multiply},
    places::{Block, Places},
    product::{SUMS, Spread, Sums, Walk, lanes, rows, tile, vectors},
    scratch::Scratch,
    woven::weave,
};
use crate::stop;

/// Numbers of a run's input that are laid out at a time; they stay in the second-level cache.
const WINDOW: usize = 1 << 17;
/// The same over pixels and of matrices, where a small block would see more of its surroundings than of itself.
const PICTURE: usize = 1 << 18;

/// Steps of a pass, an input channel being as many as there are taps: with more the windows would be too
/// narrow for the weight that they need.
const DEPTH: usize = 2304;
/// Numbers of an input from which on `gemm` is the faster one for a matrix over channels.
const LARGE: usize = 1 << 20;
/// Outputs from which on laying out the weight too costs less than it saves.
const MANY: usize = 1024;

/// A convolution's weight.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Weight<'a> {
    /// (outputs, inputs/groups, taps).
    Plain(&'a [f32]),
    /// As [`weave`] lays it out.
    Woven(&'a [f32]),
}

/// A convolution's numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conv<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) weight: Weight<'a>,
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

    /// By the `gemm` crate, where this is a matrix over channels, and large.
    fn large_matrix(&self) -> Option<Vec<f32>> {
        let Measures {
            inputs,
            outputs,
            groups,
            ..
        } = self.measures;
        let places = self.places.outputs();
        let plain =
            matches!(self.places, Places::Time(line) if (line.taps, line.padding) == (1, 0));
        let Weight::Plain(weight) = self.weight else {
            return None;
        };
        if !plain || groups > 1 || self.silu || inputs * places < LARGE {
            return None;
        }
        let mut out = match self.residual {
            Some(residual) => residual.to_vec(),
            None => fresh(self.len()),
        };
        if let Some(bias) = self.bias {
            out.par_chunks_mut(places)
                .enumerate()
                .for_each(|(row, out)| {
                    let bias = bias[row % outputs];
                    out.iter_mut().for_each(|out| *out += bias);
                });
        }
        let weight = Matrix::rows(weight, (outputs, inputs), inputs);
        let add = self.residual.is_some() || self.bias.is_some();
        let planes = self.x.chunks_exact(inputs * places);
        for (x, out) in planes.zip(out.chunks_exact_mut(outputs * places)) {
            let x = Matrix::rows(x, (inputs, places), places);
            multiply(weight, x, out, (add, all_threads()));
        }
        Some(out)
    }

    /// Input channels of a pass.
    fn depth(&self) -> usize {
        let Measures {
            inputs,
            groups,
            taps,
            ..
        } = self.measures;
        (inputs / groups).clamp(1, DEPTH.div_ceil(taps.max(1)))
    }

    /// (batch, outputs, places), or with turns (batch, outputs/stride, length).
    pub(crate) fn run(self) -> Vec<f32> {
        let Measures {
            batch,
            groups,
            taps,
            ..
        } = self.measures;
        if let Some(out) = self.large_matrix() {
            return out;
        }
        let mut out = fresh(self.len());
        let inputs = self.depth();
        let room = match (self.places, taps) {
            (Places::Time(_), 2..) => WINDOW / inputs,
            _ => PICTURE / inputs,
        };
        let parts = (2 * rayon::current_num_threads()).div_ceil((batch * groups).max(1));
        let blocks = self.places.blocks(room, parts);
        let (runs, shared, arch) = (blocks.len(), Shared::new(&mut out), Arch::new());
        let many = batch * self.places.outputs() >= MANY;
        let made = match self.weight {
            Weight::Plain(weight) if many => {
                let Measures {
                    inputs, outputs, ..
                } = self.measures;
                Some(weave(
                    weight,
                    groups,
                    (outputs / groups, inputs / groups * taps),
                ))
            }
            _ => None,
        };
        let weight = made.as_deref().map_or(self.weight, Weight::Woven);
        stop::each(batch * groups * runs, |task| {
            arch.dispatch(Run {
                conv: self,
                out: &shared,
                row: task / runs / groups,
                group: task / runs % groups,
                block: blocks[task % runs],
                weight,
            });
        });
        out
    }
}

/// One run of outputs of one group of one row of the batch.
struct Run<'a, 'b> {
    conv: Conv<'a>,
    out: &'b Shared<'b>,
    row: usize,
    group: usize,
    block: Block,
    weight: Weight<'b>,
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
        let (places, block, lanes) = (self.conv.places, self.block, lanes::<S>());
        let slots = places.slots(block);
        let width = slots.div_ceil(lanes) * lanes;
        let offsets = places.offsets(block, width);
        let b_row = offsets.last().copied().unwrap_or_default() + width;
        let all = self.conv.depth();
        let mut window = Scratch::of(all * b_row);
        let (a_row, tall) = (inputs_here * taps, rows::<S>());
        let mut sums: Sums = [0.0; _];
        let channels = self.group * outputs_here;
        let tiles = outputs_here.div_ceil(tall);
        for from in (0..inputs_here).step_by(all) {
            let depth = all.min(inputs_here - from);
            let first = self.row * inputs + self.group * inputs_here + from;
            let planes = self.conv.x.chunks_exact(places.inputs()).skip(first);
            for (plane, seen) in planes.zip(window.chunks_exact_mut(b_row)).take(depth) {
                places.fill(plane, block, width, seen);
                if self.conv.silu {
                    exp::silu_in_place(simd, seen);
                }
            }
            let walk = Walk {
                a: match self.weight {
                    Weight::Woven(_) => Spread::Woven,
                    Weight::Plain(_) => Spread::Rows(a_row),
                },
                b_row,
                inputs: depth,
                offsets: &offsets,
            };
            for part in 0..tiles {
                let output = channels + part * tall;
                let height = tall.min(channels + outputs_here - output);
                let weight = match self.weight {
                    Weight::Woven(woven) => {
                        let tile = self.group * tiles + part;
                        &woven[(tile * a_row + from * taps) * tall..][..depth * taps * tall]
                    }
                    Weight::Plain(weight) => &weight[output * a_row + from * taps..],
                };
                let mut column = 0;
                while column < width {
                    let vectors = share::<S>((width - column) / lanes);
                    tile(
                        simd,
                        walk,
                        (weight, &window[column..]),
                        (height, vectors),
                        &mut sums,
                    );
                    let slots = (column, slots.min(column + vectors * lanes));
                    for (r, sums) in sums.chunks_exact(SUMS).take(height).enumerate() {
                        match self.conv.turns {
                            Some(turns) => {
                                self.take_turns(turns, (output + r, from > 0), slots, sums);
                            }
                            None => self.keep((output + r, from > 0), slots, sums),
                        }
                    }
                    column += vectors * lanes;
                }
            }
        }
    }
}

/// Vectors of the next tile: one alone at the end would be slow, so the last ones are shared out evenly.
#[inline(always)]
fn share<S: Simd>(left: usize) -> usize {
    if left == vectors::<S>() + 1 {
        left.div_ceil(2)
    } else {
        left.min(vectors::<S>())
    }
}

impl Run<'_, '_> {
    /// Writes an output channel's sums where they belong, or `more` of them on top.
    #[inline(always)]
    fn keep(&self, (output, more): (usize, bool), (from, to): (usize, usize), sums: &[f32]) {
        let outputs = self.conv.places.outputs();
        let start = (self.row * self.conv.measures.outputs + output) * outputs;
        let bias = self.conv.bias.map_or(0.0, |bias| bias[output]);
        self.conv
            .places
            .kept(self.block, (from, to), |slot, place, count| {
                #[allow(unsafe_code, reason = "see SAFETY")]
                // SAFETY: a place is one run's, and only it writes there.
                let out = unsafe { self.out.part(start + place, count) };
                let sums = &sums[slot - from..][..count];
                if more {
                    for (out, sum) in out.iter_mut().zip(sums) {
                        *out += sum;
                    }
                    return;
                }
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
    fn take_turns(
        &self,
        turns: Turns,
        (output, more): (usize, bool),
        (from, to): (usize, usize),
        sums: &[f32],
    ) {
        let Turns {
            stride,
            cut,
            length,
        } = turns;
        let (channel, phase) = (output / stride, output % stride);
        let start = (self.row * self.conv.measures.outputs / stride + channel) * length;
        let bias = self.conv.bias.map_or(0.0, |bias| bias[channel]);
        let before = self.block.columns.0;
        let first = cut
            .saturating_sub(phase)
            .div_ceil(stride)
            .saturating_sub(before);
        for slot in first.max(from)..to {
            let place = (before + slot) * stride + phase - cut;
            if place >= length {
                break;
            }
            #[allow(unsafe_code, reason = "see SAFETY")]
            // SAFETY: a place is one channel's and one run's, and only it writes there.
            let out = unsafe { self.out.part(start + place, 1) };
            out[0] = sums[slot - from] + if more { out[0] } else { bias };
        }
    }
}
