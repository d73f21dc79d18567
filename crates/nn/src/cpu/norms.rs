//! Norms: one pass for the mean, one to apply it.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    elements::{Shared, fresh},
    rows::{Row, sum},
};

/// Root mean square of a row, times what its batch says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rms<'a> {
    pub(crate) eps: f32,
    pub(crate) then: Then<'a>,
}

/// What a norm is followed by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Then<'a> {
    Nothing,
    /// Times a weight for each feature.
    Weight(&'a [f32]),
    /// `·(1 + scale) + shift`, of one or several rows of the batch, each of `time` rows here.
    Modulation {
        scale: &'a [f32],
        shift: &'a [f32],
        time: usize,
    },
}

#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "rows are not that long")]
fn mean(sum: f32, x: &[f32]) -> f32 {
    sum / x.len() as f32
}

impl Row for Rms<'_> {
    #[inline(always)]
    fn row<S: Simd>(self, _: S, index: usize, x: &[f32], out: &mut [f32]) {
        let share = (mean(sum::<true>(x, 0.0), x) + self.eps).sqrt().recip();
        match self.then {
            Then::Nothing => {
                for (out, x) in out.iter_mut().zip(x) {
                    *out = x * share;
                }
            }
            Then::Weight(weight) => {
                for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
                    *out = x * share * weight;
                }
            }
            Then::Modulation { scale, shift, time } => {
                let from = if scale.len() == x.len() {
                    0
                } else {
                    index / time * x.len()
                };
                let both = scale[from..].iter().zip(&shift[from..]);
                for ((out, x), (scale, shift)) in out.iter_mut().zip(x).zip(both) {
                    *out = x * share * (1.0 + scale) + shift;
                }
            }
        }
    }
}

/// Mean and variance of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layer<'a> {
    pub(crate) eps: f32,
    pub(crate) weight: &'a [f32],
    pub(crate) bias: &'a [f32],
}

/// The mean of a row, and one over its deviation.
#[inline(always)]
fn moments(x: &[f32], eps: f32) -> (f32, f32) {
    let middle = mean(sum::<false>(x, 0.0), x);
    (
        middle,
        (mean(sum::<true>(x, middle), x) + eps).sqrt().recip(),
    )
}

impl Row for Layer<'_> {
    #[inline(always)]
    fn row<S: Simd>(self, _: S, _: usize, x: &[f32], out: &mut [f32]) {
        let (middle, share) = moments(x, self.eps);
        let both = self.weight.iter().zip(self.bias);
        for ((out, x), (weight, bias)) in out.iter_mut().zip(x).zip(both) {
            *out = (x - middle) * share * weight + bias;
        }
    }
}

/// Root mean square over the channels of each place, `x` being (batch, channels, places).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Channels<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) eps: f32,
    pub(crate) weight: &'a [f32],
    pub(crate) bias: &'a [f32],
    /// Added to the result, and of its shape.
    pub(crate) residual: Option<&'a [f32]>,
    pub(crate) places: usize,
}

/// Places of a task.
const PLACES: usize = 256;

impl Channels<'_> {
    pub(crate) fn run(self) -> Vec<f32> {
        let mut out = fresh(self.x.len());
        let picture = self.weight.len() * self.places;
        if out.is_empty() {
            return out;
        }
        let parts = self.places.div_ceil(PLACES);
        let shared = Shared::new(&mut out);
        let arch = Arch::new();
        (0..self.x.len() / picture * parts)
            .into_par_iter()
            .for_each(|task| {
                let from = task % parts * PLACES;
                arch.dispatch(Part {
                    norm: self,
                    out: &shared,
                    start: task / parts * picture + from,
                    count: PLACES.min(self.places - from),
                });
            });
        out
    }
}

struct Part<'a, 'b> {
    norm: Channels<'a>,
    out: &'b Shared<'b>,
    start: usize,
    count: usize,
}

impl WithSimd for Part<'_, '_> {
    type Output = ();

    #[inline(always)]
    #[expect(clippy::cast_precision_loss, reason = "channels are few")]
    fn with_simd<S: Simd>(self, _: S) {
        let Self {
            norm,
            out,
            start,
            count,
        } = self;
        let mut shares = [0.0; PLACES];
        let shares = &mut shares[..count];
        let channels = norm.weight.len();
        for channel in 0..channels {
            let x = &norm.x[start + channel * norm.places..][..count];
            for (share, x) in shares.iter_mut().zip(x) {
                *share += x * x;
            }
        }
        for share in shares.iter_mut() {
            *share = (*share / channels as f32 + norm.eps).sqrt().recip();
        }
        for (channel, (weight, bias)) in norm.weight.iter().zip(norm.bias).enumerate() {
            let from = start + channel * norm.places;
            let x = &norm.x[from..][..count];
            #[allow(unsafe_code, reason = "see SAFETY")]
            // SAFETY: these places are this task's, and only it writes there.
            let out = unsafe { out.part(from, count) };
            match norm.residual {
                Some(residual) => {
                    let residual = &residual[from..][..count];
                    let both = x.iter().zip(residual);
                    for ((out, (x, residual)), share) in out.iter_mut().zip(both).zip(&*shares) {
                        *out = x * share * weight + bias + residual;
                    }
                }
                None => {
                    for ((out, x), share) in out.iter_mut().zip(x).zip(&*shares) {
                        *out = x * share * weight + bias;
                    }
                }
            }
        }
    }
}
