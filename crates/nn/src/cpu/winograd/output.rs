//! Pixels, from products at the points.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{SEEN, SIDE, Tiles, Winograd, transforms::to_output};
use crate::cpu::{
    elements::Shared,
    pointwise::positive,
    product::{LANES, lanes},
    transpose::{self, square},
};

/// Some outputs of some tiles.
pub(super) struct Output<'a, 'b> {
    pub(super) conv: Winograd<'a>,
    pub(super) tiles: Tiles,
    pub(super) outputs: Range<usize>,
    /// The tiles.
    pub(super) held: Range<usize>,
    pub(super) sums: &'b [f32],
    /// Numbers between two outputs.
    pub(super) row: usize,
    /// Numbers between two points.
    pub(super) plane: usize,
    pub(super) out: &'b Shared<'b>,
}

/// Pixels of some tiles: line by line in pairs, tile by tile, those of both lines side by side.
type Pixels = [f32; SIDE * SIDE * LANES];

impl WithSimd for Output<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let lanes = lanes::<S>();
        let mut pixels: Pixels = [0.0; _];
        for (i, output) in self.outputs.clone().enumerate() {
            for tile in self.held.clone().step_by(lanes) {
                let sums = &self.sums[i * self.row + tile - self.held.start..];
                self.pixels(simd, sums, &mut pixels);
                let (row, down, right) = self.tiles.place(tile);
                let width = self.conv.picture.outputs().1;
                if tile + lanes <= self.held.end && SIDE * (right + lanes) <= width {
                    for line in 0..SIDE {
                        let pair = &pixels[line / 2 * 2 * SIDE * lanes..][..2 * SIDE * lanes];
                        let place = (SIDE * down + line, SIDE * right);
                        self.keep_all((row, output), place, (pair, line % 2));
                    }
                    continue;
                }
                for (lane, tile) in (tile..self.held.end.min(tile + lanes)).enumerate() {
                    let (row, down, right) = self.tiles.place(tile);
                    for line in 0..SIDE {
                        let at = line / 2 * 2 * SIDE * lanes + lane * 2 * SIDE + line % 2 * SIDE;
                        let place = (SIDE * down + line, SIDE * right);
                        self.keep((row, output), place, &pixels[at..at + SIDE]);
                    }
                }
            }
        }
    }
}

impl Output<'_, '_> {
    #[inline(always)]
    fn pixels<S: Simd>(&self, simd: S, sums: &[f32], pixels: &mut Pixels) {
        let lanes = lanes::<S>();
        let zero = simd.splat_f32s(0.0);
        let mut down = [[zero; SIDE]; SEEN];
        for (right, down) in down.iter_mut().enumerate() {
            let mut points = [zero; SEEN];
            for (i, point) in points.iter_mut().enumerate() {
                let at = (i * SEEN + right) * self.plane;
                *point = S::as_simd_f32s(&sums[at..at + lanes]).0[0];
            }
            *down = to_output(simd, points);
        }
        let mut apart = [0.0; SIDE * SIDE * LANES];
        let (places, _) = S::as_mut_simd_f32s(&mut apart);
        for (line, places) in places.chunks_exact_mut(SIDE).take(SIDE).enumerate() {
            let mut points = [zero; SEEN];
            for (point, down) in points.iter_mut().zip(&down) {
                *point = down[line];
            }
            places.copy_from_slice(&to_output(simd, points));
        }
        let pair = 2 * SIDE * lanes;
        for (apart, pixels) in apart.chunks_exact(pair).zip(pixels.chunks_exact_mut(pair)) {
            for lane in (0..lanes).step_by(transpose::SIDE) {
                let to = &mut pixels[lane * 2 * SIDE..];
                square((&apart[lane..], lanes), (to, 2 * SIDE));
            }
        }
    }

    /// Writes a line of whole tiles, the first or second of a pair.
    #[inline(always)]
    fn keep_all(
        &self,
        (row, output): (usize, usize),
        (line, column): (usize, usize),
        (pair, second): (&[f32], usize),
    ) {
        let (height, width) = self.conv.picture.outputs();
        if line >= height {
            return;
        }
        let at = ((row * self.conv.outputs + output) * height + line) * width + column;
        let bias = self.conv.bias.map_or(0.0, |bias| bias[output]);
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: an output's tile is one task's, and only it writes there.
        let out = unsafe { self.out.part(at, pair.len() / 2) };
        let (out, pixels) = (out.as_chunks_mut::<SIDE>().0, pair.as_chunks::<SIDE>().0);
        let residual = self.conv.residual.map(|residual| {
            let residual = &residual[at..at + pair.len() / 2];
            residual.as_chunks::<SIDE>().0
        });
        for tile in 0..out.len() {
            let mut four = pixels[2 * tile + second];
            for x in &mut four {
                *x += bias;
            }
            if let Some(residual) = residual {
                let residual = residual[tile];
                for i in 0..SIDE {
                    four[i] += residual[i];
                }
            }
            if self.conv.relu {
                for x in &mut four {
                    *x = positive(*x);
                }
            }
            out[tile] = four;
        }
    }

    /// Writes part of a line, as far as the picture goes.
    #[inline(always)]
    fn keep(&self, (row, output): (usize, usize), (line, column): (usize, usize), sums: &[f32]) {
        let (height, width) = self.conv.picture.outputs();
        if line >= height || column >= width {
            return;
        }
        let count = sums.len().min(width - column);
        let at = ((row * self.conv.outputs + output) * height + line) * width + column;
        let bias = self.conv.bias.map_or(0.0, |bias| bias[output]);
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: an output's tile is one task's, and only it writes there.
        let out = unsafe { self.out.part(at, count) };
        match self.conv.residual {
            Some(residual) => {
                let residual = &residual[at..at + count];
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
        if self.conv.relu {
            for out in out {
                *out = positive(*out);
            }
        }
    }
}
