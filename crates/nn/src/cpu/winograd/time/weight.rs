//! Taps, transformed and laid out for tiles of the product.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{FOURS, SIDE, Stretch, transforms::of_weight};
use crate::cpu::{
    product::{LANES, lanes, rows},
    transpose::{self, square},
};

/// Taps of some outputs: point by point, tile by tile, input by input, four by four, the outputs of a tile side
/// by side.
pub(super) struct Weight<'a, 'b> {
    pub(super) conv: Stretch<'a>,
    pub(super) outputs: Range<usize>,
    /// Numbers between two points.
    pub(super) plane: usize,
    pub(super) out: &'b mut [f32],
}

impl WithSimd for Weight<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (tall, lanes) = (rows::<S>(), lanes::<S>());
        let Stretch { inputs, line, .. } = self.conv;
        let fours = self.conv.fours();
        let zero = simd.splat_f32s(0.0);
        // Taps of some inputs, those of all outputs of a tile side by side.
        let mut turned = [0.0; transpose::SIDE * SIDE * FOURS * LANES];
        for (part, first) in self.outputs.clone().step_by(tall).enumerate() {
            let height = tall.min(self.outputs.end - first);
            for input in (0..inputs).step_by(transpose::SIDE) {
                let count = transpose::SIDE.min(inputs - input);
                self.turn::<S>((first, height), (input, count), &mut turned);
                let each = turned.chunks_exact(line.taps * lanes).take(count);
                for (i, taps) in each.enumerate() {
                    let (taps, _) = S::as_simd_f32s(taps);
                    for (four, taps) in taps.chunks(SIDE).enumerate() {
                        let mut four_taps = [zero; SIDE];
                        four_taps[..taps.len()].copy_from_slice(taps);
                        let at = ((part * inputs + input + i) * fours + four) * tall;
                        for (point, number) in of_weight(simd, four_taps).into_iter().enumerate() {
                            // What goes beyond a tile's outputs is written over by what follows, or lies
                            // between two points.
                            let at = at + point * self.plane;
                            let out = &mut self.out[at..at + lanes];
                            S::as_mut_simd_f32s(out).0[0] = number;
                        }
                    }
                }
            }
        }
    }
}

impl Weight<'_, '_> {
    /// Rows of outputs to columns.
    #[inline(always)]
    fn turn<S: Simd>(
        &mut self,
        (first, height): (usize, usize),
        (input, count): (usize, usize),
        turned: &mut [f32],
    ) {
        let (lanes, taps) = (lanes::<S>(), self.conv.line.taps);
        let row = self.conv.inputs * taps;
        let from = &self.conv.weight[first * row + input * taps..];
        if count == transpose::SIDE && first + transpose::SIDE <= self.conv.outputs {
            for step in (0..transpose::SIDE * taps).step_by(transpose::SIDE) {
                square((&from[step..], row), (&mut turned[step * lanes..], lanes));
            }
            return;
        }
        for (r, from) in from.chunks(row).take(height).enumerate() {
            let places = turned.iter_mut().skip(r).step_by(lanes);
            for (place, value) in places.zip(&from[..count * taps]) {
                *place = *value;
            }
        }
    }
}
