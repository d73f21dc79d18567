//! Convolutions of each channel over time, channels last.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{elements::fresh, exp};

/// Rows of a task.
const ROWS: usize = 32;
/// Channels that are worked on at a time, so that all rows that a row sees stay in the nearest cache.
const CHANNELS: usize = 512;

/// A convolution over time: `x` is (batch, time, channels), `weight` (taps, channels).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depthwise<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) weight: &'a [f32],
    pub(crate) bias: &'a [f32],
    pub(crate) time: usize,
    /// Whether SiLU comes before, and the first half is gated by SiLU of the second after.
    pub(crate) gated: bool,
}

impl Depthwise<'_> {
    /// (batch, time, channels), or half of them where it is gated.
    pub(crate) fn run(self) -> Vec<f32> {
        let channels = self.bias.len();
        let kept = if self.gated { channels / 2 } else { channels };
        let mut out = fresh(self.x.len() / channels.max(1) * kept);
        if out.is_empty() {
            return out;
        }
        let arch = Arch::new();
        out.par_chunks_mut(self.time * kept)
            .zip(self.x.par_chunks(self.time * channels))
            .for_each(|(out, x)| {
                out.par_chunks_mut(ROWS * kept)
                    .enumerate()
                    .for_each(|(task, out)| {
                        arch.dispatch(Rows {
                            conv: self,
                            x,
                            out,
                            first: task * ROWS,
                        });
                    });
            });
        out
    }
}

struct Rows<'a, 'b> {
    conv: Depthwise<'a>,
    x: &'a [f32],
    out: &'b mut [f32],
    first: usize,
}

impl WithSimd for Rows<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let kept = if self.conv.gated {
            self.conv.bias.len() / 2
        } else {
            self.conv.bias.len()
        };
        let mut seen = Vec::new();
        let mut sums = [0.0; 2 * CHANNELS];
        for from in (0..kept).step_by(CHANNELS) {
            let count = CHANNELS.min(kept - from);
            self.block(simd, (from, count), &mut seen, &mut sums);
        }
    }
}

impl Rows<'_, '_> {
    /// Some channels of all rows; where it is gated, those and their gates.
    #[inline(always)]
    fn block<S: Simd>(
        &mut self,
        simd: S,
        (from, count): (usize, usize),
        seen: &mut Vec<f32>,
        sums: &mut [f32; 2 * CHANNELS],
    ) {
        let conv = self.conv;
        let channels = conv.bias.len();
        let taps = conv.weight.len() / channels;
        let (kept, parts) = if conv.gated {
            (channels / 2, 2)
        } else {
            (channels, 1)
        };
        let rows = self.out.len() / kept;
        // The rows that are looked at, one after the other, zeros before the start and after the end.
        seen.clear();
        for row in self.first..self.first + rows + taps - 1 {
            for part in 0..parts {
                match row.checked_sub(taps / 2).filter(|row| *row < conv.time) {
                    Some(row) => {
                        let start = row * channels + part * kept + from;
                        seen.extend_from_slice(&self.x[start..start + count]);
                    }
                    None => seen.resize(seen.len() + count, 0.0),
                }
            }
        }
        if conv.gated {
            exp::silu_in_place(simd, seen);
        }
        let width = parts * count;
        for (row, out) in self.out.chunks_exact_mut(kept).enumerate() {
            for (part, sums) in sums[..width].chunks_exact_mut(count).enumerate() {
                sums.copy_from_slice(&conv.bias[part * kept + from..][..count]);
            }
            for tap in 0..taps {
                let seen = &seen[(row + tap) * width..][..width];
                for part in 0..parts {
                    let weight = &conv.weight[tap * channels + part * kept + from..][..count];
                    let sums = &mut sums[part * count..][..count];
                    for ((sum, x), weight) in sums.iter_mut().zip(&seen[part * count..]).zip(weight)
                    {
                        *sum += x * weight;
                    }
                }
            }
            let out = &mut out[from..from + count];
            if conv.gated {
                let (values, gates) = sums[..width].split_at_mut(count);
                exp::silu_in_place(simd, gates);
                for ((out, value), gate) in out.iter_mut().zip(values).zip(gates) {
                    *out = *value * *gate;
                }
            } else {
                out.copy_from_slice(&sums[..count]);
            }
        }
    }
}
