//! Products at the points: which of them a task takes, and where it keeps them.

use pulp::{Simd, WithSimd};

use crate::cpu::{
    product::{SUMS, Spread, Sums, Walk, lanes, rows, tile, vectors},
    scratch::Scratch,
};

/// Transformed numbers of the weight that one thread holds.
const WEIGHT: usize = 2 << 20;
/// Outputs of a task at most.
const OUTPUTS: usize = 48;
/// Numbers between planes of points, so that they do not share sets of the caches.
pub(super) const APART: usize = 48;

/// Outputs by the tiles of the product, some of them to a task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocks {
    points: usize,
    /// Numbers of an output at a point.
    steps: usize,
    /// Rows of a tile.
    pub(super) tall: usize,
    /// Tiles of all outputs.
    tiles: usize,
    pub(super) count: usize,
}

/// What a task writes: the weight, and sums.
pub(super) struct Room {
    pub(super) weight: Scratch,
    pub(super) sums: Scratch,
}

impl Blocks {
    pub(super) fn of(points: usize, steps: usize, (outputs, tall): (usize, usize)) -> Self {
        let tiles = outputs.div_ceil(tall);
        let most = (WEIGHT / (points * steps * tall)).clamp(1, OUTPUTS / tall);
        let threads = rayon::current_num_threads();
        // No thread waits while another works on the last one.
        let count = tiles.div_ceil(most).next_multiple_of(threads).min(tiles);
        Self {
            points,
            steps,
            tall,
            tiles,
            count,
        }
    }

    /// First tile and tiles of a task.
    #[inline(always)]
    pub(super) fn part(&self, block: usize) -> (usize, usize) {
        let first = block * self.tiles / self.count;
        (first, (block + 1) * self.tiles / self.count - first)
    }

    /// Tiles of the largest task.
    pub(super) fn largest(&self) -> usize {
        self.tiles.div_ceil(self.count)
    }

    /// Numbers of a point of the weight.
    #[inline(always)]
    pub(super) fn plane(&self) -> usize {
        self.largest() * self.steps * self.tall + APART
    }

    /// Room for sums of so many columns.
    pub(super) fn room(&self, columns: usize) -> Room {
        Room {
            weight: Scratch::of(self.points * self.plane()),
            sums: Scratch::of(self.points * self.sums(columns)),
        }
    }

    /// Numbers of a point of the sums.
    #[inline(always)]
    pub(super) fn sums(&self, columns: usize) -> usize {
        self.largest() * self.tall * columns + APART
    }
}

/// Some outputs' products with some columns, at one point.
pub(super) struct Product<'a, 'b> {
    /// Tile by tile of the outputs.
    pub(super) weight: &'a [f32],
    pub(super) seen: &'a [f32],
    /// Numbers of `seen` between two inputs, and between two panels of columns.
    pub(super) apart: (usize, usize),
    pub(super) inputs: usize,
    /// Where each tap begins within an input.
    pub(super) offsets: &'a [usize],
    /// Outputs, and columns: a multiple of a vector.
    pub(super) measures: (usize, usize),
    /// Output by output, so many numbers apart.
    pub(super) sums: (&'b mut [f32], usize),
}

impl WithSimd for Product<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            weight,
            seen,
            apart,
            inputs,
            offsets,
            measures: (outputs, columns),
            sums: (out, row),
        } = self;
        let (tall, lanes) = (rows::<S>(), lanes::<S>());
        let wide = vectors::<S>() * lanes;
        let walk = Walk {
            a: Spread::Woven,
            b_row: apart.0,
            inputs,
            offsets,
        };
        let mut sums: Sums = [0.0; _];
        for (panel, column) in (0..columns).step_by(wide).enumerate() {
            let seen = &seen[panel * apart.1..];
            let width = wide.min(columns - column);
            let parts = weight.chunks_exact(inputs * offsets.len() * tall);
            for (part, weight) in parts.enumerate() {
                let height = tall.min(outputs - part * tall);
                let measures = (height, width / lanes);
                tile(simd, walk, (weight, seen), measures, &mut sums);
                for r in 0..height {
                    let at = (part * tall + r) * row + column;
                    let (out, _) = S::as_mut_simd_f32s(&mut out[at..at + width]);
                    let (sums, _) = S::as_simd_f32s(&sums[r * SUMS..]);
                    for (out, sum) in out.iter_mut().zip(sums) {
                        *out = *sum;
                    }
                }
            }
        }
    }
}
