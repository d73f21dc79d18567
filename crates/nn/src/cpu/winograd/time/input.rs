//! What tiles see, transformed.

use pulp::{Simd, WithSimd};

use super::{FARTHEST, Held, POINTS, SIDE, Stretch, transforms::of_input};
use crate::cpu::{
    elements::Shared,
    exp,
    places::stretch,
    product::{LANES, lanes},
    transpose::{self, square},
};

/// Tiles of a phase that are transformed together.
const RUN: usize = 64;
/// Numbers that they see.
const SEEN: usize = FARTHEST * (SIDE * RUN + POINTS) + transpose::SIDE;
/// Numbers of all tiles at one place.
const PLACE: usize = RUN + LANES;

/// One input channel of the tiles that are held.
pub(super) struct Input<'a, 'b> {
    pub(super) conv: Stretch<'a>,
    pub(super) held: Held,
    pub(super) out: &'b Shared<'b>,
    pub(super) input: usize,
}

impl WithSimd for Input<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            conv, held, input, ..
        } = self;
        let (line, lanes) = (conv.line, lanes::<S>());
        let (block, zero) = (SIDE * held.phases, simd.splat_f32s(0.0));
        let start = (held.row * conv.inputs + input) * line.time;
        let plane = &conv.x[start..start + line.time];
        let mut seen = [0.0; SEEN];
        // What all tiles see at each of their places, side by side.
        let mut places = [0.0; FARTHEST * (POINTS + 1) * PLACE];
        // Fours of taps but the first look at the tiles that follow.
        let tiles = held.tiles + conv.fours() - 1;
        for from in (0..tiles).step_by(RUN) {
            let count = RUN.min(tiles - from);
            let width = block * count.next_multiple_of(transpose::SIDE) + POINTS * held.phases;
            let seen = &mut seen[..width + transpose::SIDE];
            stretch(plane, (held.first + from) * block, line.padding, seen);
            if conv.silu {
                exp::silu_in_place(simd, seen);
            }
            for place in (0..POINTS * held.phases).step_by(transpose::SIDE) {
                for tile in (0..count).step_by(transpose::SIDE) {
                    let seen = &seen[tile * block + place..];
                    let places = &mut places[place * PLACE + tile..];
                    square((seen, block), (places, PLACE));
                }
            }
            for phase in 0..held.phases {
                for tile in (0..count).step_by(lanes) {
                    let mut seen = [zero; POINTS];
                    for (i, seen) in seen.iter_mut().enumerate() {
                        let at = (phase + i * held.phases) * PLACE + tile;
                        *seen = S::as_simd_f32s(&places[at..at + lanes]).0[0];
                    }
                    for (point, number) in of_input(simd, seen).into_iter().enumerate() {
                        let at = held.at(point, phase, input) + from + tile;
                        #[allow(unsafe_code, reason = "see SAFETY")]
                        // SAFETY: an input's tiles are this task's.
                        let out = unsafe { self.out.part(at, lanes) };
                        S::as_mut_simd_f32s(out).0[0] = number;
                    }
                }
            }
        }
    }
}
