//! Norms over groups of channels: the moments in one pass through memory, and the norm with what follows it
//! in a second.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{elements::fresh, exp, rows::sum};

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
}

impl GroupNorm<'_> {
    /// The norm, or SiLU of it.
    pub(crate) fn run(self, silu: bool) -> Vec<f32> {
        let mut out = fresh(self.x.len());
        let width = self.width();
        if width == 0 {
            return out;
        }
        let arch = Arch::new();
        let groups = out.par_chunks_exact_mut(width).enumerate();
        groups.for_each(|(index, out)| {
            arch.dispatch(Apply {
                group: self.group(index),
                silu,
                out,
            });
        });
        out
    }

    /// What the norm multiplies each channel of each row of the batch with, and what it adds then.
    pub(crate) fn scales(self) -> Vec<[f32; 2]> {
        let mut out = vec![[0.0; 2]; self.batch * self.weight.len()];
        if self.width() == 0 {
            return out;
        }
        let arch = Arch::new();
        out.par_chunks_exact_mut(self.weight.len() / self.groups)
            .enumerate()
            .for_each(|(index, out)| {
                arch.dispatch(Scales {
                    group: self.group(index),
                    out,
                });
            });
        out
    }

    /// Numbers of a group.
    fn width(&self) -> usize {
        self.x.len() / (self.batch * self.groups).max(1)
    }

    fn group(&self, index: usize) -> Group<'_> {
        let width = self.width();
        Group {
            norm: *self,
            index,
            x: &self.x[index * width..][..width],
        }
    }
}

/// One group of one row of the batch.
#[derive(Clone, Copy)]
struct Group<'a> {
    norm: GroupNorm<'a>,
    index: usize,
    x: &'a [f32],
}

impl Group<'_> {
    fn channels(&self) -> usize {
        self.norm.weight.len() / self.norm.groups
    }

    fn places(&self) -> usize {
        self.x.len() / self.channels()
    }

    /// A factor for each channel, and what is added then.
    #[inline(always)]
    fn scales(&self) -> impl Iterator<Item = [f32; 2]> {
        let Self { norm, index, x } = *self;
        let first = index % norm.groups * self.channels();
        let row = index / norm.groups * norm.weight.len() + first;
        let shift = move |channel: usize| norm.shift.map_or(0.0, |shift| shift[row + channel]);
        let mut moments = Moments::default();
        for (channel, x) in x.chunks_exact(self.places()).enumerate() {
            for chunk in x.chunks(CHUNK) {
                moments.add(chunk, shift(channel));
            }
        }
        let share = (moments.variance() + norm.eps).sqrt().recip();
        (0..self.channels()).map(move |channel| {
            let weight = norm.weight[first + channel] * share;
            let added = norm.bias[first + channel] + (shift(channel) - moments.mean) * weight;
            [weight, added]
        })
    }
}

struct Scales<'a, 'b> {
    group: Group<'a>,
    out: &'b mut [[f32; 2]],
}

impl WithSimd for Scales<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (out, scale) in self.out.iter_mut().zip(self.group.scales()) {
            *out = scale;
        }
    }
}

struct Apply<'a, 'b> {
    group: Group<'a>,
    silu: bool,
    out: &'b mut [f32],
}

impl WithSimd for Apply<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { group, silu, out } = self;
        let places = group.places();
        let each = group
            .x
            .chunks_exact(places)
            .zip(out.chunks_exact_mut(places));
        for ([weight, bias], (x, out)) in group.scales().zip(each) {
            if silu {
                let (weight, bias) = (simd.splat_f32s(weight), simd.splat_f32s(bias));
                let (vectors, rest) = S::as_simd_f32s(x);
                let (out, out_rest) = S::as_mut_simd_f32s(out);
                for (out, x) in out.iter_mut().zip(vectors) {
                    *out = exp::silu(simd, simd.mul_add_e_f32s(*x, weight, bias));
                }
                if !rest.is_empty() {
                    let x = simd.mul_add_e_f32s(simd.partial_load_f32s(rest), weight, bias);
                    simd.partial_store_f32s(out_rest, exp::silu(simd, x));
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
