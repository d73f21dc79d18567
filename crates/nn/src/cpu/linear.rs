//! `x·Wᵀ + b`. The weight lies as its tiles read it, from when it was loaded on; the input, which is small
//! beside it, is laid out in panels of vectors first.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    elements::{Shared, fresh},
    product::{ROWS, SUMS, Spread, Sums, Walk, lanes, rows as tile_rows, tile, vectors},
    scratch::Scratch,
    transpose::{SIDE, square},
    woven::Woven,
};
use crate::stop;

/// Rows of the weight that stay in the second-level cache while panels pass by, at most: whole tiles of all kinds.
const BLOCK: usize = 120;
/// How many more tasks a thread may have than it needs, where that shares out the work more evenly.
const MORE: usize = 4;
/// Inputs of one pass; a panel of them and [`BLOCK`] rows fit into the second-level cache.
const DEPTH: usize = 2560;

/// How samples lie.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Samples {
    /// One after the other, inputs side by side.
    Rows,
    /// Side by side, so many of them for each input, batch by batch.
    Columns(usize),
}

/// A matrix product's operands: `x` is samples × inputs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Linear<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) samples: Samples,
    pub(crate) weight: &'a Woven,
    /// Of the outputs.
    pub(crate) bias: Option<&'a [f32]>,
}

impl Linear<'_> {
    /// Samples × outputs.
    pub(crate) fn run(self) -> Vec<f32> {
        let Woven {
            inputs, outputs, ..
        } = *self.weight;
        let samples = self.x.len() / inputs.max(1);
        let mut out = fresh(samples * outputs);
        if out.is_empty() {
            return out;
        }
        let arch = Arch::new();
        let height = arch.dispatch(Height(outputs));
        let passes = inputs.div_ceil(DEPTH);
        let depth = inputs.div_ceil(passes);
        let shared = Shared::new(&mut out);
        for from in (0..inputs).step_by(depth) {
            let depth = depth.min(inputs - from);
            let panels = arch.dispatch(Pack {
                linear: self,
                samples,
                from,
                depth,
            });
            stop::each(outputs.div_ceil(height), |block| {
                arch.dispatch(Block {
                    linear: self,
                    panels: &panels,
                    out: &shared,
                    rows: block * height..outputs.min((block + 1) * height),
                    from,
                });
            });
        }
        out
    }
}

/// Rows of the weight that a task has, of so many: whole tiles, and as much for one thread as for another.
struct Height(usize);

impl WithSimd for Height {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        height(self.0, tile_rows::<S>(), rayon::current_num_threads())
    }
}

fn height(outputs: usize, tall: usize, threads: usize) -> usize {
    let fewest = outputs.div_ceil(BLOCK).div_ceil(threads);
    let heights = (fewest..fewest + MORE).map(|each| {
        let tiles = outputs.div_ceil(each * threads).div_ceil(tall);
        tiles * tall
    });
    // What the busiest thread has to do.
    let busiest = |height: &usize| outputs.div_ceil(*height).div_ceil(threads) * height;
    heights.min_by_key(busiest).unwrap_or(BLOCK)
}

/// Samples as vectors: panel by panel, input by input, the samples of a panel side by side.
struct Panels {
    numbers: Scratch,
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
        let inputs = linear.weight.inputs;
        // As few panels as can be, and none much narrower than the others.
        let all = samples.div_ceil(lanes);
        let width = all.div_ceil(all.div_ceil(vectors::<S>())) * lanes;
        let mut numbers = Scratch::of(samples.div_ceil(width) * width * depth);
        numbers
            .par_chunks_mut(width * depth)
            .enumerate()
            .for_each(|(i, panel)| {
                let first = i * width;
                let count = width.min(samples - first);
                match linear.samples {
                    Samples::Rows => {
                        let rows = &linear.x[first * inputs + from..];
                        turn((rows, inputs), (count, depth), (panel, width));
                    }
                    Samples::Columns(places) => {
                        for sample in first..first + count {
                            // Most panels lie within one row of the batch.
                            let (row, place) = (sample / places, sample % places);
                            if sample > first && place > 0 {
                                continue;
                            }
                            let count = (first + count - sample).min(places - place);
                            let start = (row * inputs + from) * places + place;
                            let columns = linear.x[start..].chunks(places);
                            let panel = panel.chunks_exact_mut(width);
                            for (column, panel) in columns.zip(panel).take(depth) {
                                panel[sample - first..][..count].copy_from_slice(&column[..count]);
                            }
                        }
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

/// Rows of `count` × `depth` become columns.
#[inline(always)]
fn turn(
    (rows, inputs): (&[f32], usize),
    (count, depth): (usize, usize),
    (panel, width): (&mut [f32], usize),
) {
    let whole = (count / SIDE * SIDE, depth / SIDE * SIDE);
    for input in (0..whole.1).step_by(SIDE) {
        for sample in (0..whole.0).step_by(SIDE) {
            square(
                (&rows[sample * inputs + input..], inputs),
                (&mut panel[input * width + sample..], width),
            );
        }
    }
    for sample in 0..count {
        let row = &rows[sample * inputs..][..depth];
        let rest = if sample < whole.0 { whole.1 } else { 0 };
        for (input, value) in row.iter().enumerate().skip(rest) {
            panel[input * width + sample] = *value;
        }
    }
}

/// Some rows of the weight with all panels.
struct Block<'a, 'b> {
    linear: Linear<'a>,
    panels: &'b Panels,
    out: &'b Shared<'b>,
    rows: Range<usize>,
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
            rows,
            from,
        } = self;
        let Woven {
            inputs, outputs, ..
        } = *linear.weight;
        let (woven, tall) = (linear.weight.all(), tile_rows::<S>());
        let walk = Walk {
            a: Spread::Woven,
            b_row: panels.width,
            inputs: panels.depth,
            offsets: &[0],
        };
        let mut sums: Sums = [0.0; _];
        for (sample, count, vectors) in panels.each(lanes::<S>()) {
            let panel = &panels.numbers[sample * panels.depth..];
            for row in rows.clone().step_by(tall) {
                let height = tall.min(rows.end - row);
                let weight = &woven[row * inputs + from * tall..][..panels.depth * tall];
                tile(simd, walk, (weight, panel), (height, vectors), &mut sums);
                let bias = linear
                    .bias
                    .filter(|_| from == 0)
                    .map(|bias| &bias[row..row + height]);
                for (r, sums) in sums.chunks_exact_mut(SUMS).take(height).enumerate() {
                    if let Some(bias) = bias {
                        for sum in sums {
                            *sum += bias[r];
                        }
                    }
                }
                for column in (0..count).step_by(SIDE) {
                    let mut turned = [0.0; SIDE * ROWS];
                    square((&sums[column..], SUMS), (&mut turned, ROWS));
                    for (c, turned) in turned.chunks_exact(ROWS).take(count - column).enumerate() {
                        let at = (sample + column + c) * outputs + row;
                        #[allow(unsafe_code, reason = "see SAFETY")]
                        // SAFETY: only this block writes these rows of the weight's outputs.
                        let out = unsafe { out.part(at, height) };
                        if from == 0 {
                            if let Ok(out) = <&mut [f32; ROWS]>::try_from(&mut *out) {
                                out.copy_from_slice(turned);
                            } else {
                                out.copy_from_slice(&turned[..height]);
                            }
                        } else {
                            for (out, turned) in out.iter_mut().zip(turned) {
                                *out += turned;
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, height};

    #[test]
    fn threads_have_as_much_to_do_as_others() {
        for threads in [1, 2, 3, 16] {
            for outputs in [1, 6, 64, 120, 121, 1024, 2560, 7000] {
                for tall in [6, 8] {
                    let height = height(outputs, tall, threads);
                    assert!(height > 0 && height <= BLOCK && height.is_multiple_of(tall));
                    let busiest = outputs.div_ceil(height).div_ceil(threads) * height;
                    let fair = outputs.div_ceil(threads);
                    assert!(
                        busiest <= fair + fair / 20 + tall,
                        "{outputs} in {height} for {threads}"
                    );
                }
            }
        }
    }
}
