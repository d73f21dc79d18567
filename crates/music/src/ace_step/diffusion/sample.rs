use std::f64::consts::FRAC_PI_2;

use candle_core::{D, Device, Tensor};
use songwright_api::SchedulerType;
use songwright_nn::Result as NnResult;

use super::{
    SHIFT,
    guidance::{Guidance, Guide, double},
    noise::{Noise, Stream},
    schedule::Schedule,
    solver::Solver,
    velocities::{Side, Velocities},
};
use crate::ace_step::Error;

/// Channels and height of a latent.
pub(crate) const LATENT: (usize, usize) = (8, 16);

/// How latents are made.
#[derive(Clone, Debug)]
pub struct Sampling {
    /// Model steps, 1 or more; Heun calls the model nearly twice as often.
    pub steps: usize,
    /// How a step is taken. Repainting and extending always take Euler's.
    pub solver: SchedulerType,
    /// −100..=100: spreads each step around its mean, or evens it out ("granularity").
    pub omega_scale: f64,
    /// Guidance.
    pub guidance: Guidance,
    /// Places of a schedule as long as the largest, in place of `steps`; empty for none.
    pub oss_steps: Vec<usize>,
    /// What is made.
    pub task: Task,
}

/// What is made of what. Latents are (1, 8, 16, frames).
#[derive(Clone, Debug)]
pub enum Task {
    /// A song of that many frames.
    Text2Music {
        /// Latent frames.
        frames: usize,
    },
    /// The same song, otherwise: its noise mixed with another.
    Retake {
        /// Latent frames.
        frames: usize,
        /// The variances of what the song is a variation of, the oldest first.
        before: Vec<f64>,
        /// 0 is the song itself, 1 another song.
        variance: f64,
    },
    /// A range of a song made anew. A range that goes beyond the song extends it.
    Repaint {
        /// The song.
        source: Tensor,
        /// 0..=1, how much of the range changes.
        variance: f64,
        /// The range in frames; below 0 is before the song.
        range: std::ops::Range<i64>,
    },
    /// A song like another.
    Audio2Audio {
        /// The other.
        reference: Tensor,
        /// 0..1, how much of it stays.
        strength: f64,
    },
}

/// A run that is ready: where it starts, and what it is held to.
struct Start {
    latents: Tensor,
    first_call: usize,
    held: Option<Held>,
}

/// What repainting keeps.
struct Held {
    /// 1 where the song may change, (1, 1, 1, frames).
    open: Tensor,
    source: Tensor,
    noise: Tensor,
}

impl Held {
    /// The song at a noise level.
    fn at(&self, t: f64) -> NnResult<Tensor> {
        Ok(((&self.source * (1.0 - t))? + (&self.noise * t)?)?)
    }
}

impl Sampling {
    /// The noise levels of this run.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the reference cuts towards zero"
    )]
    pub fn schedule(&self) -> Schedule {
        let solver = match self.task {
            Task::Repaint { .. } => SchedulerType::Euler,
            _ => self.solver,
        };
        match self.task {
            Task::Audio2Audio { strength, .. } => {
                let sigma = 1.0 - strength;
                let steps = (sigma * self.steps as f64) as usize;
                Schedule::new(solver, steps.max(1), SHIFT, sigma)
            }
            _ if !self.oss_steps.is_empty() => Schedule::of_steps(solver, &self.oss_steps, SHIFT),
            _ => Schedule::new(solver, self.steps, SHIFT, 1.0),
        }
    }

    /// The steps that guidance counts with, which with Heun are fewer than the model calls.
    fn counted_steps(&self, schedule: &Schedule) -> usize {
        match (&self.task, self.solver) {
            (Task::Repaint { .. }, _) | (_, SchedulerType::Euler | SchedulerType::PingPong) => {
                schedule.timesteps().len()
            }
            (_, SchedulerType::Heun) => schedule.timesteps().len().div_ceil(2),
        }
    }

    fn start(
        &self,
        schedule: &Schedule,
        noise: &mut dyn Noise,
        device: &Device,
    ) -> Result<Start, Error> {
        let shape = |frames| (1, LATENT.0, LATENT.1, frames);
        let plain = |latents| Start {
            latents,
            first_call: 0,
            held: None,
        };
        match &self.task {
            Task::Text2Music { frames } => Ok(plain(noise.draw(Stream::Song, shape(*frames))?)),
            Task::Retake {
                frames,
                before,
                variance,
            } => {
                let mut song = noise.draw(Stream::Song, shape(*frames))?;
                for (place, variance) in before.iter().enumerate() {
                    let earlier = noise.draw(Stream::Earlier(place), shape(*frames))?;
                    song = mixed(&song, &earlier, *variance)?;
                }
                let retake = noise.draw(Stream::Retake, shape(*frames))?;
                Ok(plain(mixed(&song, &retake, *variance)?))
            }
            Task::Audio2Audio { reference, .. } => {
                let song = noise.draw(Stream::Song, shape(frames_of(reference)?))?;
                let sigma = schedule.ends().0;
                let mix = |of: &Tensor, by: f64| of * by;
                let latents = (|| mix(reference, 1.0 - sigma)? + mix(&song, sigma)?)()
                    .map_err(songwright_nn::Error::from)?;
                Ok(plain(latents))
            }
            Task::Repaint {
                source,
                variance,
                range,
            } => self.start_repaint(schedule, noise, (source, *variance, range), device),
        }
    }

    fn start_repaint(
        &self,
        schedule: &Schedule,
        noise: &mut dyn Noise,
        (source, variance, range): (&Tensor, f64, &std::ops::Range<i64>),
        device: &Device,
    ) -> Result<Start, Error> {
        let held = Held::of(source, variance, range, noise, device)?;
        let first_call = first_of_repaint(self.steps, &self.oss_steps, variance);
        let latents = held.at(schedule.interval(first_call).0)?;
        Ok(Start {
            latents,
            first_call,
            held: Some(held),
        })
    }
}

impl Held {
    /// Source and noise as long as the result, with noise of the retake where the song may change.
    fn of(
        source: &Tensor,
        variance: f64,
        range: &std::ops::Range<i64>,
        noise: &mut dyn Noise,
        device: &Device,
    ) -> Result<Self, Error> {
        let frames = frames_of(source)?;
        let length = i64::try_from(frames).unwrap_or(i64::MAX);
        let before = usize::try_from(-range.start).unwrap_or(0);
        let after = usize::try_from(range.end - length).unwrap_or(0);
        let shape = |frames| (1, LATENT.0, LATENT.1, frames);
        let song = noise.draw(Stream::Song, shape(frames))?;
        // Wide enough that what is put before and after is not the same noise.
        let wide = frames.max(before + after);
        let retake = noise.draw(Stream::Retake, shape(wide))?;
        let open = |from: usize, to: usize, all: usize| -> NnResult<Tensor> {
            let inside = |i: usize| if (from..to).contains(&i) { 1_f32 } else { 0.0 };
            let values: Vec<f32> = (0..all).map(inside).collect();
            Ok(Tensor::from_vec(values, (1, 1, 1, all), device)?)
        };
        if before + after > 0 {
            let extended = || -> NnResult<Self> {
                let noise = Tensor::cat(
                    &[
                        &retake.narrow(D::Minus1, 0, before)?,
                        &song,
                        &retake.narrow(D::Minus1, wide - after, after)?,
                    ],
                    D::Minus1,
                )?;
                let all = before + frames + after;
                let kept = open(before, before + frames, all)?;
                Ok(Self {
                    open: (1.0 - kept)?,
                    source: source.pad_with_zeros(D::Minus1, before, after)?,
                    noise,
                })
            };
            return Ok(extended()?);
        }
        let from = usize::try_from(range.start).unwrap_or(0);
        let to = usize::try_from(range.end).unwrap_or(0);
        let repainted = || -> NnResult<Self> {
            let open = open(from, to, frames)?;
            let inside = mixed(&song, &retake, variance)?;
            let noise = (inside.broadcast_mul(&open)? + song.broadcast_mul(&(1.0 - &open)?)?)?;
            Ok(Self {
                open,
                source: source.clone(),
                noise,
            })
        };
        Ok(repainted()?)
    }
}

/// Runs the loop: the latents of music, (1, 8, 16, frames), in f32. `step` is told the calls that
/// were made and those there are.
///
/// # Errors
/// [`Error::Cancelled`] within one call; those of the device.
pub fn sample(
    sampling: &Sampling,
    velocities: &mut dyn Velocities,
    noise: &mut dyn Noise,
    device: &Device,
    step: &mut dyn FnMut(usize, usize),
) -> Result<Tensor, Error> {
    let schedule = sampling.schedule();
    let start = sampling.start(&schedule, noise, device)?;
    let counted = sampling.counted_steps(&schedule);
    let guidance = &sampling.guidance;
    let window = if guidance.guides() {
        guidance.window(counted)
    } else {
        0..0
    };
    let mut guide = Guide::new(guidance.kind);
    let mut solver = Solver::new(sampling.solver, &schedule, sampling.omega_scale);
    let calls = schedule.timesteps().len();
    let mut latents = start.latents;
    for call in start.first_call..calls {
        step(call - start.first_call, calls - start.first_call);
        let velocity = if !window.contains(&call) {
            only(velocities.of(&latents, call, &[Side::Conditional])?)?
        } else if guidance.is_double() {
            let sides = [Side::Conditional, Side::TextOnly, Side::Unconditional];
            let [c, t, u] = all(velocities.of(&latents, call, &sides)?)?;
            double(&c, &t, &u, guidance)?
        } else {
            let sides = [Side::Conditional, Side::Unconditional];
            let [c, u] = all(velocities.of(&latents, call, &sides)?)?;
            guide.guide(&c, &u, guidance.scale_at(call, &window), call)?
        };
        latents = match &start.held {
            Some(held) => held.step(&latents, &velocity, schedule.interval(call))?,
            None => {
                let fresh = solver
                    .wants_noise()
                    .then(|| noise.draw(Stream::Song, latents.dims4()?))
                    .transpose()?;
                solver.step(&velocity, &latents, fresh.as_ref())?
            }
        };
    }
    step(calls - start.first_call, calls - start.first_call);
    Ok(latents)
}

impl Held {
    /// Euler's step, after which what is kept is put back.
    fn step(&self, latents: &Tensor, velocity: &Tensor, (t, next): (f64, f64)) -> NnResult<Tensor> {
        let moved = (latents + (velocity * (next - t))?)?;
        let kept = self.at(next)?;
        Ok((moved.broadcast_mul(&self.open)? + kept.broadcast_mul(&(1.0 - &self.open)?)?)?)
    }
}

/// The call that a repaint begins with, of those of so many steps, or of chosen ones: how much is to change says how far
/// back towards noise it goes. The reference counts chosen steps as if none lay between them, and skips all of a few.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the reference cuts towards zero"
)]
pub(crate) fn first_of_repaint(steps: usize, oss_steps: &[usize], variance: f64) -> usize {
    let skipped = |all: usize| (all as f64 * (1.0 - variance)) as usize;
    match oss_steps.iter().max() {
        Some(all) => {
            let before = |step: &&usize| **step <= skipped(*all);
            oss_steps
                .iter()
                .filter(before)
                .count()
                .min(oss_steps.len() - 1)
        }
        None => skipped(steps).min(steps.saturating_sub(1)),
    }
}

/// `cos(π/2·variance)·song + sin(π/2·variance)·retake`.
fn mixed(song: &Tensor, retake: &Tensor, variance: f64) -> NnResult<Tensor> {
    let (sin, cos) = (FRAC_PI_2 * variance).sin_cos();
    Ok(((song * cos)? + (retake * sin)?)?)
}

fn frames_of(latents: &Tensor) -> NnResult<usize> {
    Ok(latents.dim(D::Minus1)?)
}

pub(super) fn only(velocities: Vec<Tensor>) -> Result<Tensor, Error> {
    let [velocity] = all(velocities)?;
    Ok(velocity)
}

/// As many velocities as were asked for.
pub(super) fn all<const N: usize>(velocities: Vec<Tensor>) -> Result<[Tensor; N], Error> {
    <[Tensor; N]>::try_from(velocities).map_err(|found| Error::Velocities {
        asked: N,
        found: found.len(),
    })
}
