//! Outputs, from products at the points.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{COLUMNS, FARTHEST, Held, POINTS, SIDE, Stretch, transforms::to_output};
use crate::cpu::{
    elements::Shared,
    product::lanes,
    transpose::{self, square},
};

/// One phase of some outputs: output by output, place by place within what a block of all phases makes, tile
/// by tile.
pub(super) struct Apart<'b> {
    pub(super) sums: &'b [f32],
    /// Numbers between two points.
    pub(super) plane: usize,
    pub(super) outputs: usize,
    pub(super) tiles: usize,
    /// Which of how many.
    pub(super) phase: (usize, usize),
    pub(super) out: &'b mut [f32],
}

/// Numbers of an output in what [`Apart`] makes.
fn of_output(phases: usize) -> usize {
    (SIDE * phases).next_multiple_of(transpose::SIDE) * COLUMNS
}

impl WithSimd for Apart<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (lanes, (phase, phases)) = (lanes::<S>(), self.phase);
        let zero = simd.splat_f32s(0.0);
        let outputs = self.out.chunks_exact_mut(of_output(phases));
        for (output, out) in outputs.take(self.outputs).enumerate() {
            for tile in (0..self.tiles).step_by(lanes) {
                let mut points = [zero; POINTS];
                for (point, number) in points.iter_mut().enumerate() {
                    let at = point * self.plane + output * COLUMNS + tile;
                    *number = S::as_simd_f32s(&self.sums[at..at + lanes]).0[0];
                }
                for (i, number) in to_output(simd, points).into_iter().enumerate() {
                    let at = (phase + i * phases) * COLUMNS + tile;
                    S::as_mut_simd_f32s(&mut out[at..at + lanes]).0[0] = number;
                }
            }
        }
    }
}

/// All phases of some outputs, side by side.
pub(super) struct Output<'a, 'b> {
    pub(super) conv: Stretch<'a>,
    pub(super) held: Held,
    pub(super) outputs: Range<usize>,
    pub(super) tiles: Range<usize>,
    pub(super) apart: &'b [f32],
    pub(super) out: &'b Shared<'b>,
}

impl WithSimd for Output<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (conv, held) = (self.conv, self.held);
        let block = SIDE * held.phases;
        let length = conv.line.outputs();
        let start = (held.first + self.tiles.start) * block;
        let end = length.min((held.first + self.tiles.end) * block);
        if start >= end {
            return;
        }
        let mut line = [0.0; SIDE * FARTHEST * (COLUMNS + transpose::SIDE)];
        let apart = self.apart.chunks_exact(of_output(held.phases));
        for (output, apart) in self.outputs.clone().zip(apart) {
            for tile in (0..self.tiles.len()).step_by(transpose::SIDE) {
                for place in (0..block).step_by(transpose::SIDE) {
                    let apart = &apart[place * COLUMNS + tile..];
                    let line = &mut line[tile * block + place..];
                    if place + transpose::SIDE <= block {
                        square((apart, COLUMNS), (line, block));
                        continue;
                    }
                    // The last places are only four.
                    let mut turned = [0.0; transpose::SIDE * transpose::SIDE];
                    square((apart, COLUMNS), (&mut turned, transpose::SIDE));
                    for (i, turned) in turned
                        .as_chunks::<{ transpose::SIDE }>()
                        .0
                        .iter()
                        .enumerate()
                    {
                        line[i * block..][..SIDE].copy_from_slice(&turned[..SIDE]);
                    }
                }
            }
            let at = (held.row * conv.outputs + output) * length + start;
            let bias = conv.bias.map_or(0.0, |bias| bias[output]);
            #[allow(unsafe_code, reason = "see SAFETY")]
            // SAFETY: an output's stretch is one task's, and only it writes there.
            let out = unsafe { self.out.part(at, end - start) };
            match conv.residual {
                Some(residual) => {
                    let residual = &residual[at..at + end - start];
                    for ((out, sum), residual) in out.iter_mut().zip(&line).zip(residual) {
                        *out = sum + bias + residual;
                    }
                }
                None => {
                    for (out, sum) in out.iter_mut().zip(&line) {
                        *out = sum + bias;
                    }
                }
            }
        }
    }
}
