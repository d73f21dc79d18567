//! Norms over groups of channels: the moments in one pass through memory, and the norm with what follows it
//! in a second.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{exp, rows::sum};

/// Numbers whose moments are taken together, in the first-level cache.
const CHUNK: usize = 1 << 12;

/// `norm(x + shift)·weight + bias` and perhaps SiLU of it, `x` being (batch, channels, places).
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupNorm<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) batch: usize,
    pub(crate) groups: usize,
    pub(crate) weight: &'a [f32],
    pub(crate) bias: &'a [f32],
    /// One for each channel of each row of the batch.
    pub(crate) shift: Option<&'a [f32]>,
    pub(crate) eps: f32,
    pub(crate) silu: bool,
}

impl GroupNorm<'_> {
    pub(crate) fn run(self) -> Vec<f32> {
        let mut out = vec![0.0; self.x.len()];
        let width = self.x.len() / (self.batch * self.groups).max(1);
        if width == 0 {
            return out;
        }
        let arch = Arch::new();
        let groups = out.par_chunks_exact_mut(width).enumerate();
        groups.for_each(|(index, out)| {
            arch.dispatch(Group {
                norm: self,
                index,
                x: &self.x[index * width..][..width],
                out,
            });
        });
        out
    }
}

/// One group of one row of the batch.
struct Group<'a> {
    norm: GroupNorm<'a>,
    index: usize,
    x: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Group<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let norm = self.norm;
        let channels = norm.weight.len() / norm.groups;
        let places = self.x.len() / channels;
        let first = self.index % norm.groups * channels;
        let row = self.index / norm.groups * norm.weight.len() + first;
        let shift = |channel: usize| norm.shift.map_or(0.0, |shift| shift[row + channel]);
        let mut moments = Moments::default();
        for (channel, x) in self.x.chunks_exact(places).enumerate() {
            for chunk in x.chunks(CHUNK) {
                moments.add(chunk, shift(channel));
            }
        }
        let share = (moments.variance() + norm.eps).sqrt().recip();
        let each = self
            .x
            .chunks_exact(places)
            .zip(self.out.chunks_exact_mut(places));
        for (channel, (x, out)) in each.enumerate() {
            let weight = norm.weight[first + channel] * share;
            let bias = norm.bias[first + channel] + (shift(channel) - moments.mean) * weight;
            if norm.silu {
                let apply = |x| {
                    let scaled =
                        simd.mul_add_e_f32s(x, simd.splat_f32s(weight), simd.splat_f32s(bias));
                    exp::silu(simd, scaled)
                };
                let (vectors, rest) = S::as_simd_f32s(x);
                let (out, out_rest) = S::as_mut_simd_f32s(out);
                for (out, x) in out.iter_mut().zip(vectors) {
                    *out = apply(*x);
                }
                if !rest.is_empty() {
                    simd.partial_store_f32s(out_rest, apply(simd.partial_load_f32s(rest)));
                }
            } else {
                for (out, x) in out.iter_mut().zip(x) {
                    *out = x * weight + bias;
                }
            }
        }
    }
}

/// Mean and squared deviations of what was seen so far (Chan et al. 1979).
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    count: f32,
    mean: f32,
    squares: f32,
}

impl Moments {
    #[inline(always)]
    #[expect(clippy::cast_precision_loss, reason = "a chunk is short")]
    fn add(&mut self, x: &[f32], shift: f32) {
        let count = x.len() as f32;
        let mean = sum::<false>(x, 0.0) / count;
        let squares = sum::<true>(x, mean);
        let apart = mean + shift - self.mean;
        let both = self.count + count;
        self.mean += apart * count / both;
        self.squares += squares + apart * apart * self.count * (count / both);
        self.count = both;
    }

    fn variance(&self) -> f32 {
        self.squares / self.count
    }
}
