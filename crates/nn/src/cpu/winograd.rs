//! Convolutions of 3×3 taps, 4×4 pixels at a time (Winograd 1980; Lavin & Gray 2016): what a tile of pixels sees,
//! 6×6, and the taps are transformed; then 36 products a channel make the tile, where the taps one by one
//! would take 144.
//!
//! The transforms take the polynomials' values at 0, ±√2, ±1/√2 and ∞, which keep numbers of all sizes
//! alike: sums are about as exact as without.

mod blocks;
mod input;
mod output;
pub(crate) mod time;
mod transforms;
mod weight;

use std::{
    ops::Range,
    sync::{Mutex, PoisonError},
};

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use self::blocks::{APART, Blocks, Product, Room};
use super::{
    elements::{Shared, fresh},
    product::{lanes, rows, vectors},
    scratch::Scratch,
};
use crate::stop;

/// Pixels to a side of a tile.
const SIDE: usize = 4;
/// Pixels to a side of what a tile sees, and transformed numbers.
const SEEN: usize = SIDE + 2;
/// Transformed numbers of a tile.
const POINTS: usize = SEEN * SEEN;

/// Transformed numbers of the input that are held at a time; they stay in the last-level cache.
const HELD: usize = 3 << 20;
/// Tiles that are held at least, and at most.
const TILES: (usize, usize) = (64, 1024);
/// Blocks of outputs for each thread, of which fewer are shared out by tiles too.
const EVEN: usize = 4;
/// Panels whose sums one thread holds.
const PANELS: usize = 3;

/// Whether tiles of a picture are the faster way: transforms are shared by channels, and tiles are whole.
pub(crate) fn pays(inputs: usize, outputs: usize, (height, width): (usize, usize)) -> bool {
    inputs.min(outputs) >= 16 && height.min(width) >= SIDE
}

/// A convolution with stride 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Winograd<'a> {
    /// (batch, inputs, height, width).
    pub(crate) x: &'a [f32],
    /// (outputs, inputs, 3, 3).
    pub(crate) weight: &'a [f32],
    /// Of the outputs.
    pub(crate) bias: Option<&'a [f32]>,
    /// Added to the result, and of its shape.
    pub(crate) residual: Option<&'a [f32]>,
    pub(crate) before: Before<'a>,
    /// Whether what is negative in the end becomes zero.
    pub(crate) relu: bool,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) picture: Picture,
}

/// What becomes of the picture before.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Before<'a> {
    Nothing,
    Silu,
    /// SiLU of the numbers times a factor and something added: both for each channel of each row of the batch.
    ScaledSilu(&'a [[f32; 2]]),
}

/// What a convolution looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Picture {
    /// Height and width as it lies in memory.
    pub(crate) size: (usize, usize),
    /// Zeros on every side.
    pub(crate) padding: usize,
    /// 2 where every pixel is seen twice in both directions, else 1.
    pub(crate) times: usize,
}

impl Picture {
    /// Height and width of the result.
    pub(crate) fn outputs(self) -> (usize, usize) {
        let one = |size: usize| (self.times * size + 2 * self.padding).saturating_sub(2);
        (one(self.size.0), one(self.size.1))
    }
}

/// The tiles of a result, batch by batch, line by line.
#[derive(Clone, Copy, Debug)]
struct Tiles {
    down: usize,
    across: usize,
    all: usize,
}

impl Tiles {
    /// Row of the batch, line and column of a tile.
    #[inline(always)]
    fn place(self, tile: usize) -> (usize, usize, usize) {
        let line = tile / self.across;
        (line / self.down, line % self.down, tile % self.across)
    }
}

/// Tiles that are held at a time, transformed, as panels of vectors: point by point, panel by panel, input by
/// input.
#[derive(Clone, Copy, Debug)]
struct Held {
    first: usize,
    /// Of them.
    tiles: usize,
    /// Tiles of a panel.
    width: usize,
    panels: usize,
    inputs: usize,
}

impl Held {
    /// Where a panel's numbers of one input begin.
    #[inline(always)]
    fn at(&self, point: usize, panel: usize, input: usize) -> usize {
        point * self.plane() + (panel * self.inputs + input) * self.width
    }

    #[inline(always)]
    fn plane(&self) -> usize {
        self.panels * self.inputs * self.width + APART
    }
}

/// What depends on the processor: numbers in a vector, rows of a tile of the product, its columns.
struct Widths;

impl WithSimd for Widths {
    type Output = (usize, usize);

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Self::Output {
        (rows::<S>(), vectors::<S>() * lanes::<S>())
    }
}

impl Winograd<'_> {
    /// (batch, outputs, height', width'), written over as many numbers that nobody needs any more, where there are such.
    pub(crate) fn run(self, over: Option<Vec<f32>>) -> Vec<f32> {
        let len = self.len();
        let over = over.filter(|over| over.len() == len);
        let mut out = over.unwrap_or_else(|| fresh(len));
        self.write(&mut out);
        out
    }

    /// Numbers of the result.
    fn len(&self) -> usize {
        let (height, width) = self.picture.outputs();
        self.batch() * self.outputs * height * width
    }

    fn batch(&self) -> usize {
        let plane = self.inputs * self.picture.size.0 * self.picture.size.1;
        self.x.len() / plane.max(1)
    }

    fn write(self, out: &mut [f32]) {
        let (height, width) = self.picture.outputs();
        let batch = self.batch();
        if out.is_empty() {
            return;
        }
        let tiles = Tiles {
            down: height.div_ceil(SIDE),
            across: width.div_ceil(SIDE),
            all: batch * height.div_ceil(SIDE) * width.div_ceil(SIDE),
        };
        let arch = Arch::new();
        let (tall, width) = arch.dispatch(Widths);
        let most = (HELD / POINTS / self.inputs).clamp(TILES.0, TILES.1) / width * width;
        // As even as can be.
        let held = tiles.all.div_ceil(tiles.all.div_ceil(most));
        let panels = held.div_ceil(width);
        let mut held = Held {
            first: 0,
            tiles: 0,
            width,
            panels,
            inputs: self.inputs,
        };
        let mut numbers = Scratch::of(POINTS * held.plane());
        let blocks = Blocks::of(POINTS, self.inputs, (self.outputs, tall));
        let threads = rayon::current_num_threads();
        // A few blocks are not of one size, and threads would wait for the largest.
        let parts = if blocks.count < EVEN * threads {
            threads
        } else {
            1
        };
        let slots: Vec<_> = (0..threads).map(|_| Mutex::new(None)).collect();
        let shared = Shared::new(out);
        while held.first < tiles.all && stop::goes_on() {
            held.tiles = (panels * width).min(tiles.all - held.first);
            let seen = Shared::new(&mut numbers);
            (0..self.inputs).into_par_iter().for_each(|input| {
                arch.dispatch(input::Input {
                    conv: self,
                    tiles,
                    held,
                    out: &seen,
                    input,
                });
            });
            let used = held.tiles.div_ceil(held.width);
            (0..blocks.count * parts).into_par_iter().for_each(|task| {
                let part = task / blocks.count;
                let slot = &slots[rayon::current_thread_index().unwrap_or_default() % threads];
                let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
                let room = slot.get_or_insert_with(|| blocks.room(PANELS * width));
                arch.dispatch(Block {
                    conv: self,
                    tiles,
                    held,
                    numbers: &numbers,
                    out: &shared,
                    blocks,
                    block: task % blocks.count,
                    panels: part * used / parts..(part + 1) * used / parts,
                    room,
                });
            });
            held.first += held.tiles;
        }
    }
}

/// Some outputs of all tiles that are held.
struct Block<'a, 'b> {
    conv: Winograd<'a>,
    tiles: Tiles,
    held: Held,
    numbers: &'b [f32],
    out: &'b Shared<'b>,
    blocks: Blocks,
    block: usize,
    /// Panels of the tiles that are held.
    panels: Range<usize>,
    room: &'b mut Room,
}

impl WithSimd for Block<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            conv,
            tiles,
            held,
            numbers,
            out,
            blocks,
            block,
            panels: all,
            room,
        } = self;
        let (first, count) = blocks.part(block);
        let tall = blocks.tall;
        let outputs = first * tall..conv.outputs.min((first + count) * tall);
        let plane = blocks.plane();
        // Functions of their own: in one with the product, the compiler would leave loops unfolded.
        simd.vectorize(weight::Weight {
            conv,
            outputs: outputs.clone(),
            plane,
            out: &mut room.weight,
        });
        let (row, apart) = (PANELS * held.width, blocks.sums(PANELS * held.width));
        for from in all.clone().step_by(PANELS) {
            let panels = from..all.end.min(from + PANELS);
            for point in 0..POINTS {
                simd.vectorize(Product {
                    weight: &room.weight[point * plane..][..count * held.inputs * tall],
                    seen: &numbers[held.at(point, from, 0)..held.at(point, panels.end, 0)],
                    apart: (held.width, held.inputs * held.width),
                    inputs: held.inputs,
                    offsets: &[0],
                    measures: (outputs.len(), panels.len() * held.width),
                    sums: (&mut room.sums[point * apart..][..count * tall * row], row),
                });
            }
            let tile = held.first + from * held.width;
            let last = (held.first + held.tiles).min(held.first + panels.end * held.width);
            simd.vectorize(output::Output {
                conv,
                tiles,
                outputs: outputs.clone(),
                held: tile..last,
                sums: &room.sums,
                row,
                plane: apart,
                out,
            });
        }
    }
}
