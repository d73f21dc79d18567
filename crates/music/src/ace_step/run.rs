use candle_core::{DType, Device, Tensor};
use songwright_api::LyricLanguage;
use songwright_audio::{Pcm, Resampler};
use songwright_base::{Observer, Progress, Stage};
use songwright_nn::Result as NnResult;

use super::{
    Error,
    adapter_folder::{AdapterFolder, ChosenAdapter},
    codec::{Half, RATE_HZ},
    diffusion::{
        DitVelocities, Edit, Erg, Guidance, Sampling, SeededNoise, Sides, Task, edit, frames,
        sample,
    },
    limits,
    lyric_text::{Languages, LyricText, Tags, guess_language},
    model::Prompt,
    networks::Networks,
    plan::Plan,
    ranges::{self, Extension},
    source::Source,
    tags::TagsTokenizer,
};
use crate::{MusicFacts, MusicParams, MusicTask, Variation};

/// The rate of finished music in Hz.
const OUT_HZ: u32 = 48_000;
/// What the lyric encoder reads of a song that nobody sings.
const INSTRUMENTAL: &str = "[instrumental]";

/// One piece of music while it is made.
pub(super) struct Run<'a> {
    pub(super) networks: &'a mut Networks,
    pub(super) plan: Plan,
    pub(super) texts: (&'a TagsTokenizer, &'a LyricText),
    pub(super) adapters: &'a AdapterFolder,
    pub(super) params: &'a MusicParams,
    pub(super) observer: &'a dyn Observer,
}

/// Tags as the transformer reads them.
struct TextStates {
    states: Tensor,
    /// Those of the weakened encoder.
    weakened: Option<Tensor>,
}

impl Run<'_> {
    pub(super) fn compose(mut self) -> Result<(Pcm, MusicFacts), Error> {
        let params = self.params;
        let adapters = self.adapters()?;
        self.networks.prepare(self.plan, &adapters, self.observer)?;
        let source = self.source()?;
        // A source's latent frames, then the tags, the lyrics and what the transformer makes of both.
        let heard = match &source {
            Some(source) => source.frames()? as u64,
            None => 0,
        };
        let extension = source.as_ref().and_then(|source| source.extension);
        self.report(Stage::Arrange, heard, heard + 3)?;
        let text = self.text_states(&params.prompt)?;
        self.report(Stage::Arrange, heard + 1, heard + 3)?;
        let lyrics = match &params.lyrics {
            Some(sheet) => sheet.to_string(),
            None => INSTRUMENTAL.to_owned(),
        };
        let language = params.diffusion.vocal_language.as_deref();
        let lyric_ids = self.lyric_ids(&lyrics, language)?;
        let latents = match &params.task {
            MusicTask::Edit { made_from, .. } => {
                let from = self.text_states(&made_from.prompt)?;
                let language = made_from.vocal_language.as_deref();
                let from = (from, self.lyric_ids(&made_from.lyrics, language)?);
                self.edited(from, (text, lyric_ids), source)?
            }
            _ => self.sampled(&text, &lyric_ids, source)?,
        };
        finite(&latents)?;
        let channels = self.decode(&latents)?;
        let mix = self.finished(&channels, extension)?;
        Ok((mix, self.facts()))
    }

    /// Takes note of progress.
    pub(super) fn report(&self, stage: Stage, done: u64, total: u64) -> Result<(), Error> {
        if self.observer.is_cancelled() {
            return Err(Error::Cancelled);
        }
        self.observer
            .report(Progress::new(stage, done, total.max(1)));
        Ok(())
    }

    /// What the tags become, and with entropy-rectifying guidance their weakened twin.
    fn text_states(&mut self, prompt: &str) -> Result<TextStates, Error> {
        let ids = self.texts.0.ids(prompt, self.networks.device())?;
        let weaken = self.params.diffusion.use_erg_tag && self.params.diffusion.use_erg_lyric;
        let encoder = self.networks.text(self.plan, self.observer)?;
        Ok(TextStates {
            states: encoder.forward(&ids, None, false)?,
            weakened: weaken
                .then(|| encoder.forward(&ids, None, true))
                .transpose()?,
        })
    }

    /// The lyrics as the model reads them, in the `language` of that code, else in the one that is guessed.
    fn lyric_ids(&self, lyrics: &str, language: Option<&str>) -> Result<Vec<u32>, Error> {
        let languages = match (language, self.params.diffusion.lyric_language) {
            (Some(code), _) => Languages::One(limits::language(code)?),
            (None, LyricLanguage::Song) => Languages::One(guess_language(lyrics)),
            (None, LyricLanguage::Reference) => Languages::ByLine,
        };
        self.texts.1.encode(lyrics, languages, Tags::Known)
    }

    /// The prompt of one pair of tags and lyrics.
    fn prompt(&self, text: &Tensor, lyric_ids: &[u32]) -> NnResult<Prompt> {
        let device = self.networks.device();
        let features = self.networks.checkpoint().transformer.speaker_embedding_dim;
        let tokens = text.dim(1)?;
        Ok(Prompt {
            text: text.clone(),
            text_mask: Tensor::ones((1, tokens), DType::F32, device)?,
            speaker: Tensor::zeros((1, features), DType::F32, device)?,
            lyric_ids: Tensor::from_slice(lyric_ids, (1, lyric_ids.len()), device)?,
            lyric_mask: Tensor::ones((1, lyric_ids.len()), DType::F32, device)?,
        })
    }

    fn sampled(
        &mut self,
        text: &TextStates,
        lyric_ids: &[u32],
        source: Option<Source>,
    ) -> Result<Tensor, Error> {
        let sampling = self.sampling(source)?;
        let prompt = self.prompt(&text.states, lyric_ids)?;
        let erg = Erg {
            text: text.weakened.clone(),
            lyric: self.params.diffusion.use_erg_lyric,
            diffusion: self.params.diffusion.use_erg_diffusion,
        };
        let adapters = self.adapters()?;
        let (plan, observer) = (self.plan, self.observer);
        let device = self.networks.device().clone();
        let mut noise = self.noise(&device);
        let model = self.networks.diffusion(plan, &adapters, observer)?;
        let double = sampling.guidance.is_double();
        let sides = Sides::of(&model.prompt, &prompt, &erg, double)?;
        let schedule = sampling.schedule();
        let mut velocities = DitVelocities::new(
            &model.transformer,
            &sides,
            schedule.timesteps(),
            plan.batched_guidance,
            observer,
        )?;
        observer.report(Progress::new(Stage::Arrange, 3, 3));
        sample(
            &sampling,
            &mut velocities,
            &mut noise,
            &device,
            &mut told(observer),
        )
    }

    fn edited(
        &mut self,
        from: (TextStates, Vec<u32>),
        to: (TextStates, Vec<u32>),
        source: Option<Source>,
    ) -> Result<Tensor, Error> {
        let MusicTask::Edit {
            n_min,
            n_max,
            n_avg,
            ..
        } = self.params.task
        else {
            return Err(Error::Unsupported("There is nothing to edit.".to_owned()));
        };
        let request = Edit {
            steps: self.params.infer_step as usize,
            guidance_scale: self.params.guidance_scale,
            n_min,
            n_max,
            n_avg,
            source: source
                .map(|source| source.latents)
                .ok_or_else(|| Error::Unsupported("There is no song to edit.".to_owned()))?,
        };
        let prompts = [
            self.prompt(&from.0.states, &from.1)?,
            self.prompt(&to.0.states, &to.1)?,
        ];
        let adapters = self.adapters()?;
        let (plan, observer) = (self.plan, self.observer);
        let mut noise = self.noise(&self.networks.device().clone());
        let model = self.networks.diffusion(plan, &adapters, observer)?;
        let schedule = request.schedule();
        let side = |prompt: &Prompt| {
            let sides = Sides::of_edit(&model.prompt, prompt)?;
            DitVelocities::new(
                &model.transformer,
                &sides,
                schedule.timesteps(),
                plan.batched_guidance,
                observer,
            )
        };
        let (mut from, mut to) = (side(&prompts[0])?, side(&prompts[1])?);
        observer.report(Progress::new(Stage::Arrange, 3, 3));
        edit(
            &request,
            (&mut from, &mut to),
            &mut noise,
            &mut told(observer),
        )
    }

    /// The adapters that were asked for.
    fn adapters(&self) -> Result<Vec<ChosenAdapter>, Error> {
        self.adapters.chosen(&self.params.diffusion.loras)
    }

    fn noise(&self, device: &Device) -> SeededNoise {
        let retake = match self.params.task {
            MusicTask::Retake { retake_seed, .. }
            | MusicTask::Repaint { retake_seed, .. }
            | MusicTask::Extend { retake_seed, .. }
            | MusicTask::Edit { retake_seed, .. } => retake_seed,
            MusicTask::Text2Music | MusicTask::Audio2Audio { .. } => self.params.seed,
        };
        let before: &[Variation] = match &self.params.task {
            MusicTask::Retake { before, .. } => before,
            _ => &[],
        };
        SeededNoise::new(self.params.seed.0, retake.0, device)
            .with_earlier(before.iter().map(|variation| variation.retake_seed.0))
    }

    fn sampling(&self, source: Option<Source>) -> Result<Sampling, Error> {
        let MusicParams {
            diffusion, task, ..
        } = self.params;
        let length = || {
            usize::try_from(frames(self.params.duration_s))
                .unwrap_or(0)
                .max(1)
        };
        let task = match (task, source) {
            (
                MusicTask::Retake {
                    before, variance, ..
                },
                _,
            ) => Task::Retake {
                frames: length(),
                before: before.iter().map(|v| v.variance).collect(),
                variance: *variance,
            },
            (
                MusicTask::Repaint {
                    source: song,
                    variance,
                    range_s,
                    ..
                },
                Some(source),
            ) => {
                let all = i64::try_from(source.frames()?).unwrap_or(i64::MAX);
                Task::Repaint {
                    source: source.latents,
                    variance: *variance,
                    range: ranges::repainted(range_s, song.duration_s(), all),
                }
            }
            (
                MusicTask::Extend { .. },
                Some(Source {
                    latents,
                    extension: Some(extension),
                }),
            ) => Task::Repaint {
                source: latents,
                variance: 1.0,
                range: extension.range(),
            },
            (MusicTask::Audio2Audio { strength, .. }, Some(reference)) => Task::Audio2Audio {
                reference: reference.latents,
                strength: *strength,
            },
            _ => Task::Text2Music { frames: length() },
        };
        Ok(Sampling {
            steps: self.params.infer_step as usize,
            solver: diffusion.scheduler_type,
            omega_scale: diffusion.omega_scale,
            guidance: Guidance {
                kind: diffusion.cfg_type,
                scale: self.params.guidance_scale,
                interval: diffusion.guidance_interval,
                decay: diffusion.guidance_interval_decay,
                min_scale: diffusion.min_guidance_scale,
                text_scale: diffusion.guidance_scale_text,
                lyric_scale: diffusion.guidance_scale_lyric,
            },
            oss_steps: diffusion.oss_steps.clone(),
            task,
        })
    }

    fn decode(&mut self, latents: &Tensor) -> Result<[Vec<f32>; 2], Error> {
        let (plan, observer) = (self.plan, self.observer);
        self.report(Stage::Master, 0, 1)?;
        let decoder = self.networks.decoder(plan, observer)?;
        let length = latents.dims().last().copied().unwrap_or(0) as u64;
        // Latent frames of the first half, then the eightfold mel frames of the second.
        let total = 9 * length;
        decoder.decode(latents, plan.chunks, &mut |half, done, _| {
            let done = match half {
                Half::Mel => done as u64,
                Half::Samples => length + done as u64,
            };
            observer.report(Progress::new(Stage::Master, done, total.max(1)));
            !observer.is_cancelled()
        })
    }

    /// At 48 kHz, exactly as long as it was asked for, and within −1..1.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "durations are checked"
    )]
    fn finished(
        &self,
        channels: &[Vec<f32>; 2],
        extension: Option<Extension>,
    ) -> Result<Pcm, Error> {
        let resampler = Resampler::new(RATE_HZ, OUT_HZ);
        let converted = |channel| {
            let converted = resampler.channel(channel, self.observer);
            converted.ok_or(Error::Cancelled)
        };
        let (left, right) = (converted(&channels[0])?, converted(&channels[1])?);
        let peak = left
            .iter()
            .chain(&right)
            .fold(0_f32, |peak, sample| peak.max(sample.abs()));
        let gain = if peak > 1.0 { peak.recip() } else { 1.0 };
        let in_frames = |seconds: f64| seconds * f64::from(OUT_HZ);
        // What was made before a song begins with a whole step.
        let skipped = match (&self.params.task, extension) {
            (MusicTask::Extend { before_s, .. }, Some(extension)) => {
                in_frames(extension.surplus_s(*before_s)) as usize
            }
            _ => 0,
        };
        // The model's own steps of 93 ms may fall short of it by less than one; silence fills that up.
        let length = in_frames(self.params.task.duration_s(self.params.duration_s)).round();
        let at = |channel: &[f32], i: usize| channel.get(i).map_or(0.0, |sample| sample * gain);
        let samples = (skipped..skipped + length as usize)
            .flat_map(|i| [at(&left, i), at(&right, i)])
            .collect();
        Ok(Pcm {
            sample_rate: OUT_HZ,
            channels: 2,
            samples,
        })
    }

    fn facts(&self) -> MusicFacts {
        let note = match &self.params.task {
            MusicTask::Repaint {
                source, range_s, ..
            } => ranges::beyond(range_s, source.duration_s()),
            _ => None,
        };
        MusicFacts {
            notes: note.into_iter().collect(),
            ..MusicFacts::default()
        }
    }
}

/// Model calls as progress.
fn told(observer: &dyn Observer) -> impl FnMut(usize, usize) + '_ {
    |done, total| {
        let (done, total) = (done as u64, total.max(1) as u64);
        observer.report(Progress::new(Stage::Render, done, total));
    }
}

/// That latents are numbers: broken weights show here, before the ears are hurt.
fn finite(latents: &Tensor) -> Result<(), Error> {
    let sum = || -> NnResult<f32> { Ok(latents.abs()?.sum_all()?.to_scalar::<f32>()?) };
    if sum()?.is_finite() {
        Ok(())
    } else {
        Err(Error::NotFinite)
    }
}
