//! The song that another one is made from, as the model hears it.

use candle_core::{D, DType, Tensor};
use songwright_audio::{Pcm, Resampler};
use songwright_base::{Progress, Stage};

use super::{
    Error,
    codec::{RATE_HZ, SAMPLES_PER_FRAME},
    ranges::Extension,
    run::Run,
};
use crate::MusicTask;

/// What there is of a source.
pub(super) struct Source {
    /// (1, 8, 16, frames).
    pub(super) latents: Tensor,
    /// Where it is made longer.
    pub(super) extension: Option<Extension>,
}

impl Source {
    /// How many frames there are.
    pub(super) fn frames(&self) -> Result<usize, Error> {
        let frames = self.latents.dim(D::Minus1);
        Ok(frames.map_err(songwright_nn::Error::from)?)
    }
}

impl Run<'_> {
    /// The song that this one is made from.
    pub(super) fn source(&mut self) -> Result<Option<Source>, Error> {
        let source = match &self.params.task {
            MusicTask::Repaint { source, .. }
            | MusicTask::Extend { source, .. }
            | MusicTask::Edit { source, .. } => source,
            MusicTask::Audio2Audio { reference, .. } => reference,
            MusicTask::Text2Music | MusicTask::Retake { .. } => return Ok(None),
        };
        self.report(Stage::Arrange, 0, 3)?;
        let mut channels = self.channels(source)?;
        let extension = match &self.params.task {
            MusicTask::Extend {
                before_s, after_s, ..
            } => {
                let more = (*before_s, *after_s);
                Some(Extension::of(&channels, source.duration_s(), more))
            }
            _ => None,
        };
        if let Some(extension) = &extension {
            // What is not held is not heard either.
            for channel in &mut channels {
                channel.truncate(extension.held * SAMPLES_PER_FRAME);
            }
        }
        let device = self.networks.device().clone();
        let encoder = self.networks.encoder(self.plan)?;
        let like = Tensor::zeros(1, DType::F32, &device).map_err(songwright_nn::Error::from)?;
        let observer = self.observer;
        let latents = encoder.encode(
            &channels,
            &like,
            self.plan.chunks.latent_frames,
            &mut |done, all| {
                let (done, all) = (done as u64, all as u64);
                observer.report(Progress::new(Stage::Arrange, done, all + 3));
                !observer.is_cancelled()
            },
        )?;
        Ok(Some(Source { latents, extension }))
    }

    /// Left and right at the codec's rate; one channel is both.
    fn channels(&self, source: &Pcm) -> Result<[Vec<f32>; 2], Error> {
        let resampler = Resampler::new(source.sample_rate, RATE_HZ);
        let channel = |index: usize| {
            let count = usize::from(source.channels.max(1));
            let own = source.samples.iter().skip(index.min(count - 1));
            let samples: Vec<f32> = own.step_by(count).copied().collect();
            let converted = resampler.channel(&samples, self.observer);
            converted.ok_or(Error::Cancelled)
        };
        Ok([channel(0)?, channel(1)?])
    }
}
