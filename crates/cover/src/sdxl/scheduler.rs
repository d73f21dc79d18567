//! Ancestral and plain Euler steps (Karras et al. 2022; diffusers' `EulerAncestralDiscreteScheduler` and
//! `EulerDiscreteScheduler`).

use serde::Deserialize;

/// Timesteps that models were trained on.
const TRAINED: usize = 1000;
/// The noise schedule's first and last variance, interpolated by square roots.
const BETAS: (f64, f64) = (0.00085, 0.012);

/// `scheduler/scheduler_config.json`, by its keys.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub struct SchedulerConfig {
    /// What a step does.
    #[serde(rename = "_class_name", default)]
    pub sampler: Sampler,
    /// Which timesteps are used.
    #[serde(default)]
    pub timestep_spacing: Spacing,
    /// Added to leading timesteps.
    #[serde(default)]
    pub steps_offset: usize,
}

/// What a step does.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
pub enum Sampler {
    /// Goes further than asked, and adds fresh noise: SDXL-Turbo's.
    #[default]
    #[serde(rename = "EulerAncestralDiscreteScheduler")]
    EulerAncestral,
    /// Goes as far as asked: SDXL-Lightning's.
    #[serde(rename = "EulerDiscreteScheduler")]
    Euler,
}

/// Which of the trained timesteps are used.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Spacing {
    /// From the last one back: what few steps need.
    #[default]
    Trailing,
    /// From the first one on.
    Leading,
}

/// How noise leaves a latent: timesteps and noise levels from loud to silent.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    timesteps: Vec<f32>,
    sigmas: Vec<f64>,
    config: SchedulerConfig,
}

/// The factors of one step: `x + epsilon·derivative + noise·fresh`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// What the model's noise is multiplied with.
    pub derivative: f64,
    /// What fresh noise is multiplied with.
    pub fresh: f64,
}

impl Schedule {
    /// A schedule of 1 to 1000 steps.
    #[must_use]
    pub fn new(config: SchedulerConfig, steps: usize) -> Self {
        let levels = levels();
        let steps = steps.clamp(1, TRAINED);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a thousand timesteps"
        )]
        let index = |i: usize| match config.timestep_spacing {
            Spacing::Trailing => {
                let all = TRAINED as f64;
                let place = all - i as f64 * (all / steps as f64);
                (place.round_ties_even() as usize).saturating_sub(1)
            }
            Spacing::Leading => (steps - 1 - i) * (TRAINED / steps) + config.steps_offset,
        };
        let indices: Vec<usize> = (0..steps).map(|i| index(i).min(TRAINED - 1)).collect();
        #[expect(clippy::cast_precision_loss, reason = "a thousand timesteps")]
        let timesteps = indices.iter().map(|i| *i as f32).collect();
        let mut sigmas: Vec<f64> = indices.iter().map(|i| levels[*i]).collect();
        sigmas.push(0.0);
        Self {
            timesteps,
            sigmas,
            config,
        }
    }

    /// The same from the step on that a picture noised to `strength` of the way begins with (diffusers'
    /// `StableDiffusionXLImg2ImgPipeline.get_timesteps`); at least one step is left where there is any
    /// strength.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "few steps"
    )]
    pub fn from_strength(&self, strength: f64) -> Self {
        let steps = self.len();
        let kept = ((steps as f64 * strength.clamp(0.0, 1.0)) as usize).max(1);
        let skipped = steps - kept.min(steps);
        Self {
            timesteps: self.timesteps[skipped..].to_vec(),
            sigmas: self.sigmas[skipped..].to_vec(),
            config: self.config,
        }
    }

    /// Steps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.timesteps.len()
    }

    /// Whether there are none; there never are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.timesteps.is_empty()
    }

    /// What the model is told, step by step.
    #[must_use]
    pub fn timesteps(&self) -> &[f32] {
        &self.timesteps
    }

    /// How loud the noise is before each step, and after the last.
    #[must_use]
    pub fn sigmas(&self) -> &[f64] {
        &self.sigmas
    }

    /// What noise of one is multiplied with to begin.
    #[must_use]
    pub fn initial(&self) -> f64 {
        match self.config.timestep_spacing {
            Spacing::Trailing => self.sigmas[0],
            Spacing::Leading => self.scale(0),
        }
    }

    /// What a latent is divided by before the model sees it.
    #[must_use]
    pub fn scale(&self, step: usize) -> f64 {
        (self.sigmas[step].powi(2) + 1.0).sqrt()
    }

    /// The factors of a step.
    #[must_use]
    pub fn step(&self, step: usize) -> Step {
        let (from, to) = (self.sigmas[step], self.sigmas[step + 1]);
        let fresh = match self.config.sampler {
            Sampler::EulerAncestral => {
                (to.powi(2) * (from.powi(2) - to.powi(2)) / from.powi(2)).sqrt()
            }
            Sampler::Euler => 0.0,
        };
        Step {
            derivative: (to.powi(2) - fresh.powi(2)).max(0.0).sqrt() - from,
            fresh,
        }
    }
}

/// The noise level of each trained timestep.
#[expect(clippy::cast_precision_loss, reason = "a thousand timesteps")]
fn levels() -> Vec<f64> {
    let (first, last) = (BETAS.0.sqrt(), BETAS.1.sqrt());
    let mut kept = 1.0_f64;
    (0..TRAINED)
        .map(|i| {
            let root = first + (last - first) * i as f64 / (TRAINED - 1) as f64;
            kept *= 1.0 - root * root;
            ((1.0 - kept) / kept).sqrt()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `max(1, min(int(steps * strength), steps))` in Python: a row of 1 to 10 steps, a column of strengths 0.05, 0.1, …, 1.
    const TAKEN: [[usize; 20]; 10] = [
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2],
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3],
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4],
        [1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5],
        [1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6],
        [1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 7],
        [1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5, 6, 6, 6, 7, 7, 8],
        [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9],
        [1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10],
    ];
    const STRENGTHS: [f64; 20] = [
        0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8,
        0.85, 0.9, 0.95, 1.0,
    ];

    #[test]
    fn a_picture_is_drawn_over_in_as_many_steps_as_diffusers_takes() {
        let config = SchedulerConfig {
            sampler: Sampler::EulerAncestral,
            timestep_spacing: Spacing::Trailing,
            steps_offset: 1,
        };
        for (row, steps) in TAKEN.iter().zip(1..) {
            let whole = Schedule::new(config, steps);
            for (taken, strength) in row.iter().zip(STRENGTHS) {
                let schedule = whole.from_strength(strength);
                assert_eq!(schedule.len(), *taken, "{steps} steps at {strength}");
                // They are the last ones.
                assert!(whole.timesteps().ends_with(schedule.timesteps()));
            }
        }
    }
}
