//! Taps, transformed and laid out for tiles of the product.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{SEEN, Winograd, transforms::of_weight};
use crate::cpu::{
    product::{LANES, lanes, rows},
    transpose::{SIDE, square},
};

/// Taps of an input.
const TAPS: usize = 9;

/// Taps of some outputs: point by point, tile by tile, input by input, the outputs of a tile side by side.
pub(super) struct Weight<'a, 'b> {
    pub(super) conv: Winograd<'a>,
    pub(super) outputs: Range<usize>,
    /// Numbers between two points.
    pub(super) plane: usize,
    pub(super) out: &'b mut [f32],
}

impl WithSimd for Weight<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (tall, inputs) = (rows::<S>(), self.conv.inputs);
        // Taps of some inputs, those of all outputs of a tile side by side.
        let mut turned = [0.0; SIDE * TAPS * LANES];
        for (part, first) in self.outputs.clone().step_by(tall).enumerate() {
            let height = tall.min(self.outputs.end - first);
            for input in (0..inputs).step_by(SIDE) {
                let count = SIDE.min(inputs - input);
                self.turn::<S>((first, height), (input, count), &mut turned);
                for (i, taps) in turned
                    .chunks_exact(TAPS * lanes::<S>())
                    .take(count)
                    .enumerate()
                {
                    let at = (part * inputs + input + i) * tall;
                    self.points(simd, taps, at);
                }
            }
        }
    }
}

impl Weight<'_, '_> {
    /// Rows of outputs to columns.
    #[inline(always)]
    fn turn<S: Simd>(
        &self,
        (first, height): (usize, usize),
        (input, count): (usize, usize),
        turned: &mut [f32; SIDE * TAPS * LANES],
    ) {
        let (lanes, row) = (lanes::<S>(), self.conv.inputs * TAPS);
        let from = &self.conv.weight[first * row + input * TAPS..];
        if count == SIDE && first + SIDE <= self.conv.outputs {
            for step in (0..SIDE * TAPS).step_by(SIDE) {
                square((&from[step..], row), (&mut turned[step * lanes..], lanes));
            }
            return;
        }
        for (r, from) in from.chunks(row).take(height).enumerate() {
            let places = turned.iter_mut().skip(r).step_by(lanes);
            for (place, value) in places.zip(&from[..count * TAPS]) {
                *place = *value;
            }
        }
    }

    /// One input's taps at all points. What is written beyond a tile's outputs is written over by the next input,
    /// or lies between two points.
    #[inline(always)]
    fn points<S: Simd>(&mut self, simd: S, taps: &[f32], at: usize) {
        let (taps, _) = S::as_simd_f32s(taps);
        let zero = simd.splat_f32s(0.0);
        let mut down = [[zero; SEEN]; 3];
        for (right, down) in down.iter_mut().enumerate() {
            *down = of_weight(simd, [taps[right], taps[3 + right], taps[6 + right]]);
        }
        for point in 0..SEEN {
            let mut taps = [zero; 3];
            for (taps, down) in taps.iter_mut().zip(&down) {
                *taps = down[point];
            }
            let points = of_weight(simd, taps);
            for (right, number) in points.iter().enumerate() {
                let at = at + (point * SEEN + right) * self.plane;
                let out = &mut self.out[at..at + lanes::<S>()];
                S::as_mut_simd_f32s(out).0[0] = *number;
            }
        }
    }
}
