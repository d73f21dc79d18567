//! Convolutions over time, four outputs at a time: taps are cut into fours, and 7 products for each make four
//! outputs, where the taps one by one would take 16.
//!
//! The polynomials' values are taken at ±1/4, ±4/5, ±2 and ∞: of points that lie in pairs these were found to
//! keep sums about as exact as without. Outputs of a tile are as far apart as taps, so that tiles of all phases
//! of a dilated convolution lie within one another, and a tile's next four inputs are the next tile's first.

mod input;
mod output;
mod transforms;
mod weight;

use std::sync::{Mutex, PoisonError};

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::blocks::{Blocks, Product, Room};
use crate::{
    cpu::{
        elements::{Shared, fresh},
        places::Line,
        product::{LANES, lanes, rows, vectors},
        scratch::Scratch,
    },
    stop,
};

/// Outputs of a tile, and taps of a part of the weight.
const SIDE: usize = 4;
/// Transformed numbers of a tile.
const POINTS: usize = 7;
/// Steps between two taps at most.
const FARTHEST: usize = 8;
/// Fours of taps at most.
const FOURS: usize = 4;

/// Transformed numbers of the input that are held at a time; they stay in the last-level cache.
const HELD: usize = 1 << 21;
/// Tiles of all phases that are held at most.
const TILES: usize = 1024;
/// Tiles of a phase whose sums one thread holds: whole panels of all kinds.
const COLUMNS: usize = 48;

/// Whether tiles are the faster way.
pub(crate) fn pays((inputs, outputs): (usize, usize), line: Line) -> bool {
    inputs.min(outputs) >= 32
        && (3..=SIDE * FOURS).contains(&line.taps)
        && line.dilation <= FARTHEST
        && line.outputs() >= SIDE * line.dilation * LANES
}

/// A convolution with stride 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch<'a> {
    /// (batch, inputs, time).
    pub(crate) x: &'a [f32],
    /// (outputs, inputs, taps).
    pub(crate) weight: &'a [f32],
    /// Of the outputs.
    pub(crate) bias: Option<&'a [f32]>,
    /// Added to the result, and of its shape.
    pub(crate) residual: Option<&'a [f32]>,
    /// Whether SiLU comes before.
    pub(crate) silu: bool,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) line: Line,
}

/// Tiles of one row of the batch that are held at a time, transformed: point by point, phase by phase, input by
/// input, tile by tile.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// Row of the batch.
    row: usize,
    /// The first of each phase.
    first: usize,
    /// Tiles of each phase.
    tiles: usize,
    /// Numbers of an input.
    step: usize,
    inputs: usize,
    phases: usize,
}

impl Held {
    /// Where an input's tiles begin.
    #[inline(always)]
    fn at(&self, point: usize, phase: usize, input: usize) -> usize {
        ((point * self.phases + phase) * self.inputs + input) * self.step
            + point * super::blocks::APART
    }
}

impl Stretch<'_> {
    /// Fours of taps.
    fn fours(&self) -> usize {
        self.line.taps.div_ceil(SIDE)
    }

    /// (batch, outputs, time').
    pub(crate) fn run(self) -> Vec<f32> {
        let length = self.line.outputs();
        let batch = self.x.len() / (self.inputs * self.line.time).max(1);
        let mut out = fresh(batch * self.outputs * length);
        if out.is_empty() {
            return out;
        }
        let arch = Arch::new();
        let (phases, fours) = (self.line.dilation, self.fours());
        let all = length.div_ceil(SIDE * phases);
        let most = (HELD / (POINTS * self.inputs)).min(TILES) / phases / COLUMNS * COLUMNS;
        let most = most.max(COLUMNS);
        // As even as can be.
        let tiles = all.div_ceil(all.div_ceil(most)).next_multiple_of(LANES);
        let mut held = Held {
            row: 0,
            first: 0,
            tiles,
            // An odd number of lines of the caches, and room for what the last tiles see.
            step: (tiles / LANES).next_multiple_of(2) * LANES + LANES,
            inputs: self.inputs,
            phases,
        };
        let mut numbers = Scratch::of(held.at(POINTS, 0, 0));
        let tall = arch.dispatch(Tall);
        let blocks = Blocks::of(POINTS, self.inputs * fours, (self.outputs, tall));
        let threads = rayon::current_num_threads();
        let slots: Vec<_> = (0..threads).map(|_| Mutex::new(None)).collect();
        let shared = Shared::new(&mut out);
        for task in 0..batch * all.div_ceil(tiles) {
            if !stop::goes_on() {
                break;
            }
            let (row, part) = (task / all.div_ceil(tiles), task % all.div_ceil(tiles));
            (held.row, held.first) = (row, part * tiles);
            held.tiles = tiles.min(all - held.first);
            let seen = Shared::new(&mut numbers);
            (0..self.inputs).into_par_iter().for_each(|input| {
                arch.dispatch(input::Input {
                    conv: self,
                    held,
                    out: &seen,
                    input,
                });
            });
            (0..blocks.count).into_par_iter().for_each(|block| {
                let slot = &slots[rayon::current_thread_index().unwrap_or_default() % threads];
                let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
                let room = slot.get_or_insert_with(|| {
                    let lines = (SIDE * phases).next_multiple_of(2 * SIDE);
                    let room = blocks.room(COLUMNS);
                    let apart = blocks.largest() * tall * lines * COLUMNS;
                    (room, Scratch::of(apart))
                });
                arch.dispatch(Block {
                    conv: self,
                    held,
                    numbers: &numbers,
                    out: &shared,
                    blocks,
                    block,
                    room: &mut room.0,
                    apart: &mut room.1,
                });
            });
        }
        out
    }
}

/// Rows of a tile of the product.
struct Tall;

impl WithSimd for Tall {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        rows::<S>()
    }
}

/// Some outputs of all tiles that are held.
struct Block<'a, 'b> {
    conv: Stretch<'a>,
    held: Held,
    numbers: &'b [f32],
    out: &'b Shared<'b>,
    blocks: Blocks,
    block: usize,
    room: &'b mut Room,
    /// Outputs before they are side by side.
    apart: &'b mut [f32],
}

impl WithSimd for Block<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            conv,
            held,
            numbers,
            out,
            blocks,
            block,
            room,
            apart,
        } = self;
        let (first, count) = blocks.part(block);
        let tall = blocks.tall;
        let outputs = first * tall..conv.outputs.min((first + count) * tall);
        let plane = blocks.plane();
        simd.vectorize(weight::Weight {
            conv,
            outputs: outputs.clone(),
            plane,
            out: &mut room.weight,
        });
        let offsets = [0, 1, 2, 3];
        let offsets = &offsets[..conv.fours()];
        let sums = blocks.sums(COLUMNS);
        for from in (0..held.tiles).step_by(COLUMNS) {
            let tiles = COLUMNS.min(held.tiles - from);
            for phase in 0..held.phases {
                for point in 0..POINTS {
                    let steps = count * held.inputs * offsets.len() * tall;
                    let seen = held.at(point, phase, 0) + from;
                    let end = held.at(point, phase, held.inputs);
                    simd.vectorize(Product {
                        weight: &room.weight[point * plane..][..steps],
                        seen: &numbers[seen..end],
                        apart: (held.step, vectors::<S>() * lanes::<S>()),
                        inputs: held.inputs,
                        offsets,
                        measures: (outputs.len(), tiles.next_multiple_of(lanes::<S>())),
                        sums: (&mut room.sums[point * sums..], COLUMNS),
                    });
                }
                simd.vectorize(output::Apart {
                    sums: &room.sums,
                    plane: sums,
                    outputs: outputs.len(),
                    tiles,
                    phase: (phase, held.phases),
                    out: apart,
                });
            }
            simd.vectorize(output::Output {
                conv,
                held,
                outputs: outputs.clone(),
                tiles: from..from + tiles,
                apart,
                out,
            });
        }
    }
}
