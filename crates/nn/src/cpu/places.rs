//! What outputs of a convolution look at.

use super::product::SUMS;

/// The geometry of a convolution.
#[derive(Clone, Debug)]
pub(crate) enum Places {
    /// Over time with stride 1: a run and its surroundings are one stretch of the input.
    Time(Line),
    /// Over pixels with stride 1: a block and its surroundings, line by line.
    Pixels(Grid),
    /// Over pixels with any stride, time being one line: every tap has its own stretch.
    Strided(Grid),
}

/// Outputs that are computed together: a stretch, or a block of pixels. They are computed slot by slot; a
/// slot is an output, or lies between two lines of a block, where a line sees the next one, and is thrown
/// away.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    /// The first line and how many there are.
    pub(crate) lines: (usize, usize),
    /// The first column and how many there are.
    pub(crate) columns: (usize, usize),
}

/// Over time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) time: usize,
    pub(crate) taps: usize,
    pub(crate) padding: usize,
    pub(crate) dilation: usize,
}

/// Over pixels; measures are (vertical, horizontal).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    pub(crate) size: (usize, usize),
    pub(crate) taps: (usize, usize),
    pub(crate) padding: (usize, usize),
    pub(crate) dilation: usize,
    pub(crate) stride: (usize, usize),
}

impl Line {
    pub(crate) fn outputs(self) -> usize {
        (self.time + 2 * self.padding).saturating_sub(self.dilation * (self.taps - 1))
    }
}

impl Grid {
    /// Lines and columns that come out.
    pub(crate) fn outputs(self) -> (usize, usize) {
        let one = |size: usize, taps: usize, padding: usize, stride: usize| {
            let reach = self.dilation * (taps - 1) + 1;
            let all = size + 2 * padding;
            if all < reach {
                0
            } else {
                (all - reach) / stride + 1
            }
        };
        (
            one(self.size.0, self.taps.0, self.padding.0, self.stride.0),
            one(self.size.1, self.taps.1, self.padding.1, self.stride.1),
        )
    }

    /// Columns that those of a block see.
    fn seen(self, block: Block) -> usize {
        block.columns.1 + (self.taps.1 - 1) * self.dilation
    }
}

impl Places {
    /// Numbers of an input channel.
    pub(crate) fn inputs(&self) -> usize {
        match self {
            Self::Time(line) => line.time,
            Self::Pixels(grid) | Self::Strided(grid) => grid.size.0 * grid.size.1,
        }
    }

    /// Numbers of an output channel.
    pub(crate) fn outputs(&self) -> usize {
        match self {
            Self::Time(line) => line.outputs(),
            Self::Pixels(grid) | Self::Strided(grid) => {
                let (height, width) = grid.outputs();
                height * width
            }
        }
    }

    /// All outputs, in blocks whose windows are about `room` numbers, and at least `parts` of them where
    /// there are so many to be had.
    pub(crate) fn blocks(&self, room: usize, parts: usize) -> Vec<Block> {
        let (grid, room) = match self {
            Self::Pixels(grid) => (*grid, room),
            Self::Time(line) => {
                let beyond = (line.taps - 1) * line.dilation;
                return stretches(self.outputs(), room.saturating_sub(beyond), parts);
            }
            Self::Strided(grid) => {
                return stretches(self.outputs(), room / (grid.taps.0 * grid.taps.1), parts);
            }
        };
        let (height, width) = grid.outputs();
        if height * width == 0 {
            return Vec::new();
        }
        let across = width.div_ceil(WIDEST);
        let columns = width.div_ceil(across);
        let beyond = (grid.taps.0 - 1) * grid.dilation;
        let seen = columns + (grid.taps.1 - 1) * grid.dilation;
        let lines = (room / seen).saturating_sub(beyond);
        let lines = lines.min(height.div_ceil(parts.div_ceil(across))).max(1);
        let mut blocks = Vec::new();
        for line in (0..height).step_by(lines) {
            for column in (0..width).step_by(columns) {
                blocks.push(Block {
                    lines: (line, lines.min(height - line)),
                    columns: (column, columns.min(width - column)),
                });
            }
        }
        blocks
    }

    /// Slots of a block.
    pub(crate) fn slots(&self, block: Block) -> usize {
        match self {
            Self::Pixels(grid) => (block.lines.1 - 1) * grid.seen(block) + block.columns.1,
            _ => block.columns.1,
        }
    }

    /// Where each tap begins in the window of a block of `width` slots.
    pub(crate) fn offsets(&self, block: Block, width: usize) -> Vec<usize> {
        match self {
            Self::Time(line) => (0..line.taps).map(|tap| tap * line.dilation).collect(),
            Self::Pixels(grid) => (0..grid.taps.0 * grid.taps.1)
                .map(|tap| {
                    let (down, right) = (tap / grid.taps.1, tap % grid.taps.1);
                    (down * grid.seen(block) + right) * grid.dilation
                })
                .collect(),
            Self::Strided(grid) => (0..grid.taps.0 * grid.taps.1)
                .map(|tap| tap * width)
                .collect(),
        }
    }

    /// Lays out what a block sees of one input channel. The window is as long as the last tap's offset
    /// and `width` slots.
    #[inline(always)]
    pub(crate) fn fill(&self, plane: &[f32], block: Block, width: usize, window: &mut [f32]) {
        match self {
            Self::Time(line) => stretch(plane, block.columns.0, line.padding, window),
            Self::Pixels(grid) => {
                let lines = block.lines.1 + (grid.taps.0 - 1) * grid.dilation;
                let parts = window.chunks_mut(grid.seen(block)).take(lines);
                for (line, part) in parts.enumerate() {
                    let line = (block.lines.0 + line).checked_sub(grid.padding.0);
                    match line.filter(|line| *line < grid.size.0) {
                        Some(line) => {
                            let plane = &plane[line * grid.size.1..][..grid.size.1];
                            stretch(plane, block.columns.0, grid.padding.1, part);
                        }
                        None => part.fill(0.0),
                    }
                }
            }
            Self::Strided(grid) => {
                for (tap, window) in window.chunks_exact_mut(width).enumerate() {
                    let tap = (tap / grid.taps.1, tap % grid.taps.1);
                    strided(*grid, plane, block.columns.0, tap, window);
                }
            }
        }
    }

    /// Calls `keep` for every stretch of a block's slots `from..to` that are outputs: the first slot,
    /// its place among the outputs, and how many there are.
    #[inline(always)]
    pub(crate) fn kept(
        &self,
        block: Block,
        (from, to): (usize, usize),
        mut keep: impl FnMut(usize, usize, usize),
    ) {
        let Self::Pixels(grid) = self else {
            keep(from, block.columns.0 + from, to - from);
            return;
        };
        let ((_, width), seen) = (grid.outputs(), grid.seen(block));
        let mut slot = from;
        while slot < to {
            let (line, column) = (slot / seen, slot % seen);
            if column < block.columns.1 {
                let count = (block.columns.1 - column).min(to - slot);
                let place = (block.lines.0 + line) * width + block.columns.0 + column;
                keep(slot, place, count);
            }
            slot = (line + 1) * seen;
        }
    }
}

/// Columns of the widest block of pixels.
const WIDEST: usize = 96;
/// Outputs of the longest stretch.
const LONGEST: usize = 4096;

/// `outputs` in stretches of a multiple of the widest tile.
fn stretches(outputs: usize, room: usize, parts: usize) -> Vec<Block> {
    let length = room.min(outputs.div_ceil(parts)).clamp(1, LONGEST);
    let length = length.div_ceil(SUMS) * SUMS;
    let block = |from| Block {
        lines: (0, 1),
        columns: (from, length.min(outputs - from)),
    };
    (0..outputs).step_by(length).map(block).collect()
}

/// `plane` from `from − padding` on, zeros where there is none of it.
#[inline(always)]
pub(crate) fn stretch(plane: &[f32], from: usize, padding: usize, window: &mut [f32]) {
    let before = padding.saturating_sub(from).min(window.len());
    let start = (from + before).saturating_sub(padding).min(plane.len());
    let count = (plane.len() - start).min(window.len() - before);
    window[..before].fill(0.0);
    window[before..before + count].copy_from_slice(&plane[start..start + count]);
    window[before + count..].fill(0.0);
}

/// What one tap of outputs from `from` on sees.
#[inline(always)]
fn strided(grid: Grid, plane: &[f32], from: usize, tap: (usize, usize), window: &mut [f32]) {
    let (_, width) = grid.outputs();
    for (i, place) in window.iter_mut().enumerate() {
        let (line, column) = ((from + i) / width, (from + i) % width);
        let line = (line * grid.stride.0 + tap.0 * grid.dilation).checked_sub(grid.padding.0);
        let column = (column * grid.stride.1 + tap.1 * grid.dilation).checked_sub(grid.padding.1);
        *place = match (line, column) {
            (Some(line), Some(column)) if line < grid.size.0 && column < grid.size.1 => {
                plane[line * grid.size.1 + column]
            }
            _ => 0.0,
        };
    }
}
