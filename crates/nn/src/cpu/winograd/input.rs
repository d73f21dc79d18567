//! What tiles see, transformed.

use pulp::{Simd, WithSimd};

use super::{Before, Held, SEEN, SIDE, Tiles, Winograd, transforms::of_input};
use crate::cpu::{
    elements::Shared,
    exp,
    product::{LANES, lanes},
    transpose::{self, square},
};

/// Tiles whose lines are laid out at a time.
const RUN: usize = 64;
/// Numbers of a line of them, and what the last squares look at beyond.
const LINE: usize = SIDE * (RUN + 1) + transpose::SIDE;

/// One input channel of the tiles that are held.
pub(super) struct Input<'a, 'b> {
    pub(super) conv: Winograd<'a>,
    pub(super) tiles: Tiles,
    pub(super) held: Held,
    pub(super) out: &'b Shared<'b>,
    pub(super) input: usize,
}

/// The lines that a run of tiles sees.
struct Lines {
    numbers: [[f32; LINE]; SEEN],
    /// Tiles whose lines they are.
    tiles: std::ops::Range<usize>,
}

impl WithSimd for Input<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (lanes, held, across) = (lanes::<S>(), self.held, self.tiles.across);
        let mut lines = Lines {
            numbers: [[0.0; LINE]; SEEN],
            tiles: 0..0,
        };
        // The columns of a line, all tiles of a vector side by side.
        let mut columns = [0.0; transpose::SIDE * LANES];
        let end = held.first + held.tiles;
        for tile in (held.first..end).step_by(lanes) {
            let (row, down, right) = self.tiles.place(tile);
            let (step, start) = if right + lanes <= across {
                if !(lines.tiles.start <= tile && tile + lanes <= lines.tiles.end) {
                    let count = RUN.min(across - right);
                    lines.tiles = tile..tile + count;
                    for (i, line) in lines.numbers.iter_mut().enumerate() {
                        let width = SIDE * count + 2;
                        self.line(
                            simd,
                            row,
                            (SIDE * down + i, SIDE * right),
                            &mut line[..width],
                        );
                    }
                }
                (SIDE, SIDE * (tile - lines.tiles.start))
            } else {
                // They lie in several lines of tiles.
                lines.tiles = 0..0;
                for (lane, tile) in (tile..end.min(tile + lanes)).enumerate() {
                    let (row, down, right) = self.tiles.place(tile);
                    for (i, line) in lines.numbers.iter_mut().enumerate() {
                        let seen = &mut line[lane * transpose::SIDE..][..SEEN];
                        self.line(simd, row, (SIDE * down + i, SIDE * right), seen);
                    }
                }
                (transpose::SIDE, 0)
            };
            let zero = simd.splat_f32s(0.0);
            let mut across = [[zero; SEEN]; SEEN];
            for (across, line) in across.iter_mut().zip(&lines.numbers) {
                for lane in (0..lanes).step_by(transpose::SIDE) {
                    let from = &line[start + lane * step..];
                    square((from, step), (&mut columns[lane..], lanes));
                }
                let (columns, _) = S::as_simd_f32s(&columns);
                let mut seen = [zero; SEEN];
                seen.copy_from_slice(&columns[..SEEN]);
                *across = of_input(simd, seen);
            }
            let column = (tile - held.first) / held.width;
            let shift = (tile - held.first) % held.width;
            for right in 0..SEEN {
                let mut seen = [zero; SEEN];
                for (seen, across) in seen.iter_mut().zip(&across) {
                    *seen = across[right];
                }
                let points = of_input(simd, seen);
                for (down, number) in points.iter().enumerate() {
                    let at = held.at(down * SEEN + right, column, self.input) + shift;
                    #[allow(unsafe_code, reason = "see SAFETY")]
                    // SAFETY: an input's numbers of every panel are this task's.
                    let out = unsafe { self.out.part(at, lanes) };
                    S::as_mut_simd_f32s(out).0[0] = *number;
                }
            }
        }
    }
}

impl Input<'_, '_> {
    /// Part of a padded line of the picture, from a column on.
    #[inline(always)]
    fn line<S: Simd>(&self, simd: S, row: usize, (line, column): (usize, usize), out: &mut [f32]) {
        let picture = self.conv.picture;
        let ((height, width), times) = (picture.size, picture.times);
        let inside = line.checked_sub(picture.padding);
        let Some(line) = inside.filter(|line| *line < times * height) else {
            out.fill(0.0);
            return;
        };
        let start = ((row * self.conv.inputs + self.input) * height + line / times) * width;
        let plane = &self.conv.x[start..start + width];
        let before = picture.padding.saturating_sub(column).min(out.len());
        let from = (column + before)
            .saturating_sub(picture.padding)
            .min(times * width);
        let count = (times * width - from).min(out.len() - before);
        out[..before].fill(0.0);
        out[before + count..].fill(0.0);
        let out = &mut out[before..before + count];
        if times == 1 {
            out.copy_from_slice(&plane[from..from + count]);
        } else {
            doubled(plane, from, out);
        }
        match self.conv.before {
            Before::Nothing => {}
            Before::Silu => exp::silu_in_place(simd, out),
            Before::ScaledSilu(scales) => {
                let [factor, added] = scales[row * self.conv.inputs + self.input];
                for x in out.iter_mut() {
                    *x = *x * factor + added;
                }
                exp::silu_in_place(simd, out);
            }
        }
    }
}

/// Every number twice, from a place on.
#[inline(always)]
fn doubled(plane: &[f32], from: usize, out: &mut [f32]) {
    let odd = (from % 2).min(out.len());
    let (first, out) = out.split_at_mut(odd);
    if let Some(first) = first.first_mut() {
        *first = plane[from / 2];
    }
    let plane = &plane[from.div_ceil(2)..];
    let (pairs, rest) = out.as_chunks_mut::<2>();
    for (pair, value) in pairs.iter_mut().zip(plane) {
        *pair = [*value; 2];
    }
    if let Some(rest) = rest.first_mut() {
        *rest = plane[pairs.len()];
    }
}
