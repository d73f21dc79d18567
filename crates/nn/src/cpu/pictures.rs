//! Pixels that move.

use rayon::prelude::*;

/// Channels of pixels: `x` is (batch, channels.0, height, width), the result has channels.1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pictures<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) channels: (usize, usize),
    pub(crate) size: (usize, usize),
    /// How much wider and higher the result is.
    pub(crate) by: usize,
}

impl Pictures<'_> {
    /// Each channel repeated in place until there are `by`² for each of the result's, and these laid
    /// out as its pixels.
    pub(crate) fn shuffled(self) -> Vec<f32> {
        let Self {
            x,
            channels: (inputs, outputs),
            size: (height, width),
            by,
        } = self;
        let plane = height * width;
        let batch = x.len() / (inputs * plane).max(1);
        let mut out = vec![0.0; batch * outputs * plane * by * by];
        if out.is_empty() {
            return out;
        }
        let times = outputs * by * by / inputs;
        out.par_chunks_mut(width * by)
            .enumerate()
            .for_each(|(line, out)| {
                let (channel, line) = (line / (height * by), line % (height * by));
                let (row, channel) = (channel / outputs, channel % outputs);
                for shift in 0..by {
                    let from = (channel * by + line % by) * by + shift;
                    let source = (row * inputs + from / times) * plane + line / by * width;
                    let places = out.iter_mut().skip(shift).step_by(by);
                    for (place, value) in places.zip(&x[source..source + width]) {
                        *place = *value;
                    }
                }
            });
        out
    }
}

/// The four pixels of each place, computed apart: `x` is (batch, channels, 2, 2, height + 1, width + 1), and
/// pixel (i, j) of place (y, x) lies at (i, j, y + i, x + j).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quarters<'a> {
    pub(crate) x: &'a [f32],
    /// Of the channels.
    pub(crate) bias: &'a [f32],
    /// Added to the result, and of its shape.
    pub(crate) residual: &'a [f32],
    pub(crate) size: (usize, usize),
}

impl Quarters<'_> {
    /// (batch, channels, 2·height, 2·width).
    pub(crate) fn joined(self) -> Vec<f32> {
        let (height, width) = self.size;
        let plane = (height + 1) * (width + 1);
        let channels = self.x.len() / (4 * plane);
        let mut out = vec![0.0; channels * 4 * height * width];
        if out.is_empty() {
            return out;
        }
        out.par_chunks_mut(2 * width)
            .enumerate()
            .for_each(|(index, out)| {
                let (channel, line) = (index / (2 * height), index % (2 * height));
                let (y, i) = (line / 2, line % 2);
                let bias = self.bias[channel % self.bias.len()];
                let half = |j: usize| {
                    let start = ((channel * 2 + i) * 2 + j) * plane + (y + i) * (width + 1) + j;
                    &self.x[start..start + width]
                };
                let pixels = out.as_chunks_mut::<2>().0.iter_mut();
                for ([left, right], (x, other)) in pixels.zip(half(0).iter().zip(half(1))) {
                    (*left, *right) = (x + bias, other + bias);
                }
                for (out, more) in out.iter_mut().zip(&self.residual[index * 2 * width..]) {
                    *out += more;
                }
            });
        out
    }
}
