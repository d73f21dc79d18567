//! How often a neural composer runs its network for a piece: what its time grows with.

use songwright_api::SchedulerType;

use crate::{MusicParams, MusicTask, ace_step::diffusion::first_of_repaint};

impl MusicParams {
    /// Runs of the network over the piece, one for each side of guidance: with guidance over half the steps, as is
    /// usual, one and a half a step.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a few thousand at most")]
    pub fn evaluations(&self) -> f64 {
        let calls = self.calls() as f64;
        if let MusicTask::Edit {
            n_min,
            n_max,
            n_avg,
            ..
        } = self.task
        {
            // Both prompts while it is held, the target alone afterwards; all guided.
            let held = (n_max.min(1.0) - n_min).max(0.0) * 2.0 * n_avg.max(1) as f64;
            return calls * 2.0 * (held + (1.0 - n_max).max(0.0));
        }
        calls * (1.0 + self.guided())
    }

    /// Steps of the solver that are really taken.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "as the loops cut towards zero"
    )]
    fn calls(&self) -> usize {
        let steps = self.infer_step as usize;
        let oss = &self.diffusion.oss_steps;
        let twice = |steps: usize| match self.diffusion.scheduler_type {
            SchedulerType::Heun => (2 * steps).saturating_sub(1),
            SchedulerType::Euler | SchedulerType::PingPong => steps,
        };
        match &self.task {
            MusicTask::Edit { .. } => steps,
            MusicTask::Audio2Audio { strength, .. } => {
                twice((((1.0 - strength) * steps as f64) as usize).max(1))
            }
            // Of its whole length, as a repaint that changes all.
            MusicTask::Extend { .. } if oss.is_empty() => steps,
            MusicTask::Extend { .. } => oss.len(),
            MusicTask::Repaint { variance, .. } => {
                let calls = if oss.is_empty() { steps } else { oss.len() };
                calls - first_of_repaint(steps, oss, *variance)
            }
            MusicTask::Text2Music | MusicTask::Retake { .. } if !oss.is_empty() => twice(oss.len()),
            MusicTask::Text2Music | MusicTask::Retake { .. } => twice(steps),
        }
    }

    /// Sides beside the conditional one, on the average of all steps.
    fn guided(&self) -> f64 {
        let diffusion = &self.diffusion;
        if self.guidance_scale <= 1.0 {
            return 0.0;
        }
        let is_double = diffusion.guidance_scale_text > 1.0 && diffusion.guidance_scale_lyric > 1.0;
        let sides = if is_double { 2.0 } else { 1.0 };
        sides * diffusion.guidance_interval.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use candle_core::{DType, Device, Tensor};
    use songwright_api::{AudioGeneration, AudioGenerationBase, Diffusion};
    use songwright_audio::Pcm;
    use songwright_base::{LyricSheet, Seed};

    use super::*;
    use crate::{
        MadeFrom,
        ace_step::diffusion::{Guidance, Sampling, Task},
    };

    fn params(steps: u32, diffusion: Diffusion, task: MusicTask) -> MusicParams {
        let audio = AudioGeneration::try_from(&AudioGenerationBase::default()).unwrap();
        MusicParams {
            infer_step: steps,
            task,
            ..MusicParams::new("pop".to_owned(), LyricSheet::default(), audio)
                .with_diffusion(diffusion)
        }
    }

    fn pcm() -> Arc<Pcm> {
        Arc::new(Pcm {
            sample_rate: 48_000,
            channels: 2,
            samples: vec![0.0; 96_000],
        })
    }

    #[test]
    fn calls_are_those_of_the_loops() {
        let latents = Tensor::zeros((1, 8, 16, 10), DType::F32, &Device::Cpu).unwrap();
        for solver in [
            SchedulerType::Euler,
            SchedulerType::Heun,
            SchedulerType::PingPong,
        ] {
            for oss_steps in [vec![], vec![2, 5, 9]] {
                for strength in [0.0, 0.3, 1.0] {
                    let diffusion = Diffusion {
                        scheduler_type: solver,
                        oss_steps: oss_steps.clone(),
                        ..Diffusion::default()
                    };
                    let like = MusicTask::Audio2Audio {
                        reference: pcm(),
                        strength,
                    };
                    for (wished, task) in [
                        (MusicTask::Text2Music, Task::Text2Music { frames: 10 }),
                        (
                            like,
                            Task::Audio2Audio {
                                reference: latents.clone(),
                                strength,
                            },
                        ),
                    ] {
                        let wished = params(14, diffusion.clone(), wished);
                        let sampling = Sampling {
                            steps: 14,
                            solver,
                            omega_scale: 10.0,
                            guidance: Guidance::default(),
                            oss_steps: oss_steps.clone(),
                            task,
                        };
                        let calls = sampling.schedule().timesteps().len();
                        assert_eq!(wished.calls(), calls, "{wished:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn guidance_edits_and_repaints_are_counted() {
        let plain = |change: fn(&mut Diffusion)| {
            let mut diffusion = Diffusion::default();
            change(&mut diffusion);
            params(10, diffusion, MusicTask::Text2Music)
        };
        let usual = plain(|_| ()).evaluations();
        assert!((usual - 15.0).abs() < 1e-9, "{usual}");
        let off = MusicParams {
            guidance_scale: 1.0,
            ..plain(|_| ())
        };
        assert!((off.evaluations() - 10.0).abs() < 1e-9);
        let double = plain(|d| {
            d.guidance_scale_text = 5.0;
            d.guidance_scale_lyric = 3.0;
        });
        assert!((double.evaluations() - 20.0).abs() < 1e-9);
        let repaint = MusicTask::Repaint {
            source: pcm(),
            range_s: 0.0..1.0,
            variance: 0.5,
            retake_seed: Seed(1),
        };
        let of = |oss_steps| {
            let diffusion = Diffusion {
                oss_steps,
                ..Diffusion::default()
            };
            params(10, diffusion, repaint.clone()).evaluations()
        };
        let (plain, all) = (of(Vec::new()), of((1..=10).collect()));
        assert!((plain - 7.5).abs() < 1e-9, "{plain}");
        assert!((all - 7.5).abs() < 1e-9, "{all}");
        // Half of the way are two of these four, though their places are beyond ten.
        let chosen = of(vec![1, 10, 15, 20]);
        assert!((chosen - 3.0).abs() < 1e-9, "{chosen}");
        let edit = MusicTask::Edit {
            source: pcm(),
            made_from: MadeFrom::default(),
            n_min: 0.5,
            n_max: 1.0,
            n_avg: 3,
            retake_seed: Seed(1),
        };
        let edit = params(10, Diffusion::default(), edit).evaluations();
        assert!((edit - 60.0).abs() < 1e-9, "{edit}");
    }
}
