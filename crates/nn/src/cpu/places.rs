//! What outputs of a convolution look at.

/// The geometry of a convolution. Outputs are computed slot by slot; a slot is an output, or lies in the
/// padding between two lines of pixels and is thrown away.
#[derive(Clone, Debug)]
pub(crate) enum Places {
    /// Over time with stride 1: a run and its surroundings are one stretch of the input.
    Time(Line),
    /// Over pixels with stride 1: lines, padded, one after the other; a row of taps sees a stretch.
    Pixels(Grid),
    /// Over pixels with any stride, time being one line: every tap has its own stretch.
    Strided(Grid),
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
    fn outputs(self) -> usize {
        (self.time + 2 * self.padding).saturating_sub(self.dilation * (self.taps - 1))
    }
}

impl Grid {
    /// Lines and columns that come out.
    pub(crate) fn outputs(self) -> (usize, usize) {
        let one = |size: usize, taps: usize, padding: usize, stride: usize| {
            let reach = self.dilation * (taps - 1) + 1;
            let all = size + 2 * padding;
            if all < reach { 0 } else { (all - reach) / stride + 1 }
        };
        (
            one(self.size.0, self.taps.0, self.padding.0, self.stride.0),
            one(self.size.1, self.taps.1, self.padding.1, self.stride.1),
        )
    }

    /// Columns with their padding.
    fn wide(self) -> usize {
        self.size.1 + 2 * self.padding.1
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

    /// Slots, which are no fewer than the outputs.
    pub(crate) fn slots(&self) -> usize {
        match self {
            Self::Pixels(grid) => {
                let (height, width) = grid.outputs();
                if width == 0 { 0 } else { height * grid.wide() }
            }
            _ => self.outputs(),
        }
    }

    /// Stretches of the input that a run sees.
    pub(crate) fn views(&self) -> usize {
        match self {
            Self::Time(_) => 1,
            Self::Pixels(grid) => grid.taps.0,
            Self::Strided(grid) => grid.taps.0 * grid.taps.1,
        }
    }

    /// What lies in the window of an input beyond `width` slots for each view.
    pub(crate) fn beyond(&self) -> usize {
        match self {
            Self::Time(line) => (line.taps - 1) * line.dilation,
            Self::Pixels(grid) => grid.taps.0 * (grid.taps.1 - 1) * grid.dilation,
            Self::Strided(_) => 0,
        }
    }

    /// Numbers of an input's window for `width` slots.
    pub(crate) fn window(&self, width: usize) -> usize {
        self.views() * width + self.beyond()
    }

    /// Where each tap begins in a window of `width` slots.
    pub(crate) fn offsets(&self, width: usize) -> Vec<usize> {
        match self {
            Self::Time(line) => (0..line.taps).map(|tap| tap * line.dilation).collect(),
            Self::Pixels(grid) => {
                let view = width + (grid.taps.1 - 1) * grid.dilation;
                (0..grid.taps.0 * grid.taps.1)
                    .map(|tap| tap / grid.taps.1 * view + tap % grid.taps.1 * grid.dilation)
                    .collect()
            }
            Self::Strided(_) => (0..self.views()).map(|tap| tap * width).collect(),
        }
    }

    /// Lays out what `width` slots from `from` on see of one input channel.
    #[inline(always)]
    pub(crate) fn fill(&self, plane: &[f32], from: usize, width: usize, window: &mut [f32]) {
        match self {
            Self::Time(line) => stretch(plane, from, line.padding, window),
            Self::Pixels(grid) => {
                let view = width + (grid.taps.1 - 1) * grid.dilation;
                for (tap, window) in window.chunks_exact_mut(view).enumerate() {
                    lines(*grid, plane, from + tap * grid.dilation * grid.wide(), window);
                }
            }
            Self::Strided(grid) => {
                for (tap, window) in window.chunks_exact_mut(width).enumerate() {
                    let tap = (tap / grid.taps.1, tap % grid.taps.1);
                    strided(*grid, plane, from, tap, window);
                }
            }
        }
    }

    /// Calls `keep` for every stretch of slots of `from..to` that are outputs: the first slot, its
    /// place among the outputs, and how many there are.
    #[inline(always)]
    pub(crate) fn kept(&self, from: usize, to: usize, mut keep: impl FnMut(usize, usize, usize)) {
        let Self::Pixels(grid) = self else {
            keep(from, from, to - from);
            return;
        };
        let ((_, width), wide) = (grid.outputs(), grid.wide());
        let mut slot = from;
        while slot < to {
            let (line, column) = (slot / wide, slot % wide);
            if column < width {
                let count = (width - column).min(to - slot);
                keep(slot, line * width + column, count);
            }
            slot = (line + 1) * wide;
        }
    }
}

/// `plane` from `from − padding` on, zeros where there is none of it.
#[inline(always)]
fn stretch(plane: &[f32], from: usize, padding: usize, window: &mut [f32]) {
    let before = padding.saturating_sub(from).min(window.len());
    let start = (from + before).saturating_sub(padding).min(plane.len());
    let count = (plane.len() - start).min(window.len() - before);
    window[..before].fill(0.0);
    window[before..before + count].copy_from_slice(&plane[start..start + count]);
    window[before + count..].fill(0.0);
}

/// The padded lines of `plane`, one after the other, from the number `from` on.
#[inline(always)]
fn lines(grid: Grid, plane: &[f32], from: usize, window: &mut [f32]) {
    let (wide, (height, width)) = (grid.wide(), grid.size);
    let mut at = 0;
    while at < window.len() {
        let (line, column) = ((from + at) / wide, (from + at) % wide);
        let count = (wide - column).min(window.len() - at);
        let part = &mut window[at..at + count];
        match line.checked_sub(grid.padding.0).filter(|line| *line < height) {
            Some(line) => stretch(&plane[line * width..][..width], column, grid.padding.1, part),
            None => part.fill(0.0),
        }
        at += count;
    }
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
