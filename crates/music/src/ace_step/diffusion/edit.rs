use candle_core::Tensor;
use songwright_api::{CfgType, SchedulerType};
use songwright_nn::Result as NnResult;

use super::{
    SHIFT,
    guidance::Guide,
    noise::{Noise, Stream},
    sample::all,
    schedule::Schedule,
    velocities::{Side, Velocities},
};
use crate::ace_step::Error;

/// A song with other words or another style, the rest kept: FlowEdit (Kulikov et al. 2024).
#[derive(Clone, Debug)]
pub struct Edit {
    /// Model steps.
    pub steps: usize,
    /// Of both prompts.
    pub guidance_scale: f64,
    /// The share of steps at which editing begins, 0..=1.
    pub n_min: f64,
    /// The share of steps from which on the target is sampled freely, 0..=1.
    pub n_max: f64,
    /// Noises that a step's direction is averaged over, 1 or more.
    pub n_avg: usize,
    /// The song, (1, 8, 16, frames).
    pub source: Tensor,
}

impl Edit {
    /// The noise levels of this run.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        Schedule::new(SchedulerType::Euler, self.steps, SHIFT, 1.0)
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the reference cuts towards zero"
    )]
    fn step_of(&self, share: f64) -> usize {
        (share * self.steps as f64) as usize
    }
}

/// Runs the loop: the edited latents, (1, 8, 16, frames), in f32. `source` and `target` answer for
/// the two prompts; noise comes from [`Stream::Retake`]. `step` is told the calls that were made
/// and those there are.
///
/// # Errors
/// [`Error::Cancelled`] within one call; those of the device.
pub fn edit(
    edit: &Edit,
    (source, target): (&mut dyn Velocities, &mut dyn Velocities),
    noise: &mut dyn Noise,
    step: &mut dyn FnMut(usize, usize),
) -> Result<Tensor, Error> {
    let schedule = edit.schedule();
    let calls = schedule.timesteps().len();
    let (first, free) = (edit.step_of(edit.n_min), edit.step_of(edit.n_max));
    let shape = edit.source.dims4().map_err(songwright_nn::Error::from)?;
    let mut source = Guided::new(source, edit.guidance_scale);
    let mut target = Guided::new(target, edit.guidance_scale);
    let mut edited = edit.source.clone();
    for call in first..free.min(calls) {
        step(call - first, calls - first);
        let (t, next) = schedule.interval(call);
        let mut direction: Option<Tensor> = None;
        for _ in 0..edit.n_avg.max(1) {
            let fresh = noise.draw(Stream::Retake, shape)?;
            let (noisy, moved) = noised(&edit.source, &edited, &fresh, t)?;
            // Only the source's guidance remembers in this phase.
            let from = source.velocity(&noisy, call)?;
            let to = target.velocity_forgetful(&moved, call)?;
            direction = Some(add(direction, &to, &from)?);
        }
        if let Some(direction) = direction {
            #[expect(clippy::cast_precision_loss, reason = "noises are few")]
            let share = (next - t) / edit.n_avg.max(1) as f64;
            edited = moved_by(&edited, &direction, share)?;
        }
    }
    if free < calls {
        let from = free.max(first);
        let fresh = noise.draw(Stream::Retake, shape)?;
        let (_, mut latents) = noised(&edit.source, &edited, &fresh, schedule.interval(from).0)?;
        for call in from..calls {
            step(call - first, calls - first);
            let (t, next) = schedule.interval(call);
            let velocity = target.velocity(&latents, call)?;
            latents = moved_by(&latents, &velocity, next - t)?;
        }
        edited = latents;
    }
    step(calls.saturating_sub(first), calls.saturating_sub(first));
    Ok(edited)
}

/// One prompt, always guided by APG.
struct Guided<'a> {
    velocities: &'a mut dyn Velocities,
    guide: Guide,
    scale: f64,
}

impl<'a> Guided<'a> {
    fn new(velocities: &'a mut dyn Velocities, scale: f64) -> Self {
        Self {
            velocities,
            guide: Guide::new(CfgType::Apg),
            scale,
        }
    }

    fn velocity(&mut self, latents: &Tensor, call: usize) -> Result<Tensor, Error> {
        let [c, u] = self.both(latents, call)?;
        Ok(self.guide.guide(&c, &u, self.scale, call)?)
    }

    fn velocity_forgetful(&mut self, latents: &Tensor, call: usize) -> Result<Tensor, Error> {
        let [c, u] = self.both(latents, call)?;
        Ok(Guide::forgetful().guide(&c, &u, self.scale, call)?)
    }

    fn both(&mut self, latents: &Tensor, call: usize) -> Result<[Tensor; 2], Error> {
        all(self
            .velocities
            .of(latents, call, &[Side::Conditional, Side::Unconditional])?)
    }
}

/// The source at a noise level, and the edited song moved as far.
fn noised(source: &Tensor, edited: &Tensor, noise: &Tensor, t: f64) -> NnResult<(Tensor, Tensor)> {
    let noisy = ((source * (1.0 - t))? + (noise * t)?)?;
    let moved = ((edited + &noisy)? - source)?;
    Ok((noisy, moved))
}

fn add(sum: Option<Tensor>, to: &Tensor, from: &Tensor) -> NnResult<Tensor> {
    let difference = (to - from)?;
    Ok(match sum {
        Some(sum) => (sum + difference)?,
        None => difference,
    })
}

fn moved_by(latents: &Tensor, velocity: &Tensor, interval: f64) -> NnResult<Tensor> {
    Ok((latents + (velocity * interval)?)?)
}
