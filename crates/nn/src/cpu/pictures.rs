//! Pixels that move.

use rayon::prelude::*;

use super::elements::fresh;

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
        let mut out = fresh(batch * outputs * plane * by * by);
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
