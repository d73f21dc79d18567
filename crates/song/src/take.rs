//! New takes of a song that is there.

use std::{sync::Arc, time::Instant};

use songwright_api::{self as api, AudioGeneration, Diffusion, TakeJob, TakeWish};
use songwright_audio::Pcm;
use songwright_base::{
    Code, EngineInfo, Failure, LyricSheet, Observer as _, Operation, Part, Progress, Seed, Stage,
};
use songwright_music::{MadeFrom, MusicParams, MusicTask};
use songwright_storage::{Lineage, Recording, Song, Take};
use uuid::Uuid;

use crate::{
    Making, Provenance, Studio,
    keep::put_audio,
    making::{self, Origin},
    new_files::{NewFiles, delete, unless_cancelled},
    shelf,
    stages::{Extent, MUSIC},
    take_changes::change,
};

/// A take that is to be made.
pub(crate) struct Planned<'a> {
    /// The take that was named.
    from: &'a Take,
    origin: Origin<'a>,
    /// How the new one comes to be.
    made: Provenance,
    /// What the music service is asked for.
    pub(crate) params: MusicParams,
}

impl Studio {
    /// Makes takes from another one and adds them to the song, as many as the job says.
    ///
    /// # Errors
    /// 400 for what the composer cannot make; 404 for an unknown song or take; 409 for a draft that another model
    /// made; what the music service or the storage says. Takes that were added before stay.
    pub async fn new_take(
        &self,
        operation: &Operation,
        job: TakeJob,
    ) -> Result<api::Song, Failure> {
        let song_id = job.song_id;
        let song = self.library(move |library| library.song(song_id)).await?;
        let planned = self.planned(&song, &job).await?;
        self.music.check(planned.params.clone()).await?;
        let extent = Extent::of(&planned.params, job.batch_size);
        self.foresee(operation, MUSIC.to_vec(), extent).await;
        for n in 0..job.batch_size {
            self.one_take(operation, &job, &planned, n).await?;
        }
        operation.end_stage(Stage::Save, true);
        operation.set_song(song_id);
        self.learn(&operation.snapshot(), extent).await;
        let song = self.library(move |library| library.song(song_id)).await?;
        shelf::song(&song)
    }

    /// What the first take of a job is asked of the music service with.
    pub(crate) async fn planned<'a>(
        &self,
        song: &'a Song,
        job: &TakeJob,
    ) -> Result<Planned<'a>, Failure> {
        let from = parent(song, job.take_id)?;
        self.music.chosen().await;
        let mut made = shelf::provenance(from);
        let origin = self.origin(song, from, job)?;
        change(&mut made, from, job);
        if job.wish != TakeWish::Promote {
            made.making = Some(Making {
                wish: job.wish.clone(),
                take_id: origin.take.recording.id,
            });
        }
        let params = self.params((song, &origin), &made).await?;
        Ok(Planned {
            from,
            origin,
            made,
            params,
        })
    }

    /// Makes the take after `n` others of its job.
    async fn one_take(
        &self,
        operation: &Operation,
        job: &TakeJob,
        planned: &Planned<'_>,
        n: u32,
    ) -> Result<(), Failure> {
        let begun = Instant::now();
        let part = Arc::new(Part::new(operation, n, job.batch_size));
        let Planned { from, origin, .. } = planned;
        let retake_seed = origin.retake_seed.after(n);
        let params = planned.with_seed(retake_seed);
        let composition = self.music.compose(params, part.clone()).await?;
        operation.check()?;
        part.report(Progress::new(Stage::Save, 0, 1));
        let duration_s = composition.mix.duration_s();
        let mut files = NewFiles::new(&self.objects);
        let writing = put_audio(&mut files, composition.mix);
        let audio = unless_cancelled(operation, writing).await?;
        let mut made = planned.made.clone();
        made.retake_seed = (origin.wish != TakeWish::Promote).then_some(retake_seed.0);
        made.operation_id = operation.id();
        made.engines.music = Some(composition.engine.clone());
        made.generation_time = begun.elapsed().as_secs_f64();
        made.songwright_version = env!("CARGO_PKG_VERSION").to_owned();
        made.request.audio.audio_duration = Some(duration_s);
        let mut facts = composition.facts;
        facts.notes.extend(planned.note(&composition.engine));
        let recording = Recording {
            id: Uuid::new_v4(),
            duration_s,
            audio: audio.file,
            stems: Vec::new(),
            midi: None,
            peaks: audio.peaks,
            params: serde_json::to_value(&made)
                .map_err(|e| Failure::internal("writing down the request", &e))?,
            engine: composition.engine,
            seed: from.recording.seed,
            facts,
            timed_lines: composition.timed_lines,
            lineage: Some(Lineage {
                parent_take_id: Some(from.recording.id),
                relation: job.wish.relation().to_owned(),
            }),
            words: made.words(),
            draft: made.is_draft(),
        };
        operation.check()?;
        let keys = files.release();
        let song_id = job.song_id;
        let added = self
            .library(move |library| library.add_take(song_id, &recording))
            .await;
        match &added {
            Ok(_) => part.report(Progress::new(Stage::Save, 1, 1)),
            Err(_) => delete(&self.objects, keys).await,
        }
        added.map(drop)
    }

    /// What the new take is made from.
    fn origin<'a>(
        &self,
        song: &'a Song,
        from: &'a Take,
        job: &TakeJob,
    ) -> Result<Origin<'a>, Failure> {
        if job.wish == TakeWish::Promote {
            self.require_draft(from)?;
            return making::of_draft(song, from, self.music.engine().info());
        }
        Ok(Origin {
            take: from,
            wish: job.wish.clone(),
            retake_seed: job.retake_seed,
        })
    }

    /// What the music service is asked for.
    async fn params(
        &self,
        (song, origin): (&Song, &Origin<'_>),
        made: &Provenance,
    ) -> Result<MusicParams, Failure> {
        let diffusion = Diffusion::try_from(&made.request.diffusion)?;
        let task = self.task(song, origin, &diffusion).await?;
        let from = &origin.take.recording;
        let audio = AudioGeneration {
            seed: from.seed,
            duration_s: from.duration_s,
            instrumental: made.sung_lyrics.is_none(),
            ..AudioGeneration::try_from(&api::AudioGenerationBase {
                // A take may be shorter than a song that is asked for by its length.
                audio_duration: None,
                ..made.request.audio.clone()
            })?
        };
        let sheet = made.sung_lyrics.as_deref().map(LyricSheet::parse);
        let params = MusicParams::new(made.sung_prompt.clone(), sheet.unwrap_or_default(), audio)
            .with_diffusion(diffusion);
        Ok(MusicParams { task, ..params })
    }

    async fn task(
        &self,
        song: &Song,
        origin: &Origin<'_>,
        diffusion: &Diffusion,
    ) -> Result<MusicTask, Failure> {
        let (from, retake_seed) = (origin.take, origin.retake_seed);
        let engine = self.music.engine();
        Ok(match origin.wish {
            TakeWish::Promote => self.task_of(diffusion).await?,
            TakeWish::Retake { variance } => match making::variations(song, from, engine.info()) {
                Some(before) => MusicTask::Retake {
                    before,
                    variance,
                    retake_seed,
                },
                // No noise alone makes it again, so its audio is followed as far as it is to stay.
                None => MusicTask::Audio2Audio {
                    reference: self.audio_of(from).await?,
                    strength: 1.0 - variance,
                },
            },
            TakeWish::Repaint {
                start_s,
                end_s,
                variance,
            } => MusicTask::Repaint {
                source: self.audio_of(from).await?,
                range_s: start_s..end_s,
                variance,
                retake_seed,
            },
            TakeWish::Extend { left_s, right_s } => MusicTask::Extend {
                source: self.audio_of(from).await?,
                before_s: left_s,
                after_s: right_s,
                retake_seed,
            },
            TakeWish::Edit {
                n_min,
                n_max,
                n_avg,
            } => MusicTask::Edit {
                source: self.audio_of(from).await?,
                made_from: made_from(from),
                n_min,
                n_max,
                n_avg,
                retake_seed,
            },
        })
    }

    /// That a take is a draft, and that the model that made it is the one there is.
    fn require_draft(&self, from: &Take) -> Result<(), Failure> {
        if !from.recording.draft {
            return Err(Failure::new(
                Code::Conflict,
                "This take is no draft: it has all its steps. Make a retake for a variation.",
            ));
        }
        let engine = self.music.engine();
        let (then, now) = (&from.recording.engine, engine.info());
        if !making::may_be_same(then, now) {
            return Err(Failure::new(
                Code::Conflict,
                format!(
                    "The draft was made by {} {}, and the music is now made by {} {}: its full version \
                     would be another song. Install the draft's model again, or make a new draft.",
                    then.name, then.version, now.name, now.version
                ),
            ));
        }
        Ok(())
    }

    /// A take's audio.
    async fn audio_of(&self, take: &Take) -> Result<Arc<Pcm>, Failure> {
        let wav = self.objects.get(&take.recording.audio.key).await?;
        let read = tokio::task::spawn_blocking(move || songwright_audio::wav::read(&wav[..]));
        let pcm = read
            .await
            .map_err(|e| Failure::internal("reading the take's audio", &e))?
            .map_err(|e| Failure::internal("reading the take's audio", &e))?;
        Ok(Arc::new(pcm))
    }
}

/// What a take was made from.
fn made_from(take: &Take) -> MadeFrom {
    let words = &take.recording.words;
    MadeFrom {
        prompt: words.prompt.clone(),
        lyrics: shelf::sung(words),
        vocal_language: shelf::provenance(take).request.diffusion.vocal_language,
    }
}

impl Planned<'_> {
    /// What the music service is asked for where the difference comes from that seed.
    fn with_seed(&self, retake_seed: Seed) -> MusicParams {
        let params = &self.params;
        MusicParams {
            task: params.task.clone().with_retake_seed(retake_seed),
            seed: match (&params.task, &self.origin.wish) {
                // Its noise is all that makes it another.
                (MusicTask::Audio2Audio { .. }, TakeWish::Retake { .. }) => retake_seed,
                _ => params.seed,
            },
            ..params.clone()
        }
    }

    /// What is to be said of a take that is not by who made the one that it is made from, where the music by
    /// itself does not say it: a part of that is kept, or it is edited.
    fn note(&self, by: &EngineInfo) -> Option<String> {
        let Take {
            recording, number, ..
        } = self.origin.take;
        if making::is_same(&recording.engine, by) {
            return None;
        }
        let who = format!(
            "Take {number} was made by {} {}, and this one by {} {}",
            recording.engine.name, recording.engine.version, by.name, by.version
        );
        match (&self.params.task, &self.origin.wish) {
            (MusicTask::Audio2Audio { .. }, TakeWish::Retake { .. }) => Some(format!(
                "{who}: it follows the sound of take {number}, for no seed makes that again."
            )),
            (MusicTask::Text2Music | MusicTask::Retake { .. }, _) => Some(format!(
                "{who}: it has its words and its seed, and is another song."
            )),
            _ => None,
        }
    }
}

fn parent(song: &Song, id: Option<Uuid>) -> Result<&Take, Failure> {
    let found = match id {
        None => song.latest_take(),
        Some(id) => song.takes.iter().find(|take| take.recording.id == id),
    };
    found.ok_or_else(|| Failure::new(Code::NotFound, "This song has no such take."))
}
