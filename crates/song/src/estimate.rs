//! What music would take, before anything runs; and music by itself, from which that is learnt.

use std::sync::Arc;

use songwright_api::{MusicEstimate, StageEstimate, TakeJob};
use songwright_base::{EngineKind, Failure, Operation, Stage};
use songwright_music::{Composition, MusicParams, fit};

/// What an operation may take.
#[derive(Clone, Copy, Debug)]
pub struct Allowed {
    /// Of memory, all engines together.
    pub memory_bytes: u64,
    /// Of time, in seconds.
    pub limit_s: u64,
}

use crate::{
    Studio,
    stages::{Extent, MUSIC},
};

impl Studio {
    /// Makes music that belongs to no song, and learns from it how long that takes.
    ///
    /// # Errors
    /// 404 for reference audio that is not there; what the music service says.
    pub async fn compose(
        &self,
        operation: &Operation,
        params: MusicParams,
    ) -> Result<Composition, Failure> {
        let task = self.task_of(&params.diffusion).await?;
        let params = MusicParams { task, ..params };
        let extent = Extent::of(&params, 1);
        self.music.check(params.clone()).await?;
        self.foresee(operation, MUSIC.to_vec(), extent).await;
        let made = self
            .music
            .compose(params, Arc::new(operation.clone()))
            .await?;
        self.learn(&operation.snapshot(), extent).await;
        Ok(made)
    }

    /// What music would take.
    ///
    /// # Errors
    /// 400 for what the composer cannot make; 404 for reference audio that is not there; what the library says.
    pub async fn estimate(
        &self,
        params: &MusicParams,
        allowed: Allowed,
    ) -> Result<MusicEstimate, Failure> {
        self.music.chosen().await;
        let params = MusicParams {
            task: self.task_of(&params.diffusion).await?,
            ..params.clone()
        };
        self.estimate_of(&params, 1, allowed).await
    }

    /// What new takes of a song would take, all of them together.
    ///
    /// # Errors
    /// As [`Self::new_take`] before it makes any.
    pub async fn estimate_take(
        &self,
        job: &TakeJob,
        allowed: Allowed,
    ) -> Result<MusicEstimate, Failure> {
        let song_id = job.song_id;
        let song = self.library(move |library| library.song(song_id)).await?;
        let first = self.planned(&song, job).await?.params;
        self.estimate_of(&first, job.batch_size, allowed).await
    }

    /// Whether the lyrics can be sung in the duration, how long the music takes on this machine so many
    /// times, and how much memory, of what is allowed.
    async fn estimate_of(
        &self,
        params: &MusicParams,
        times: u32,
        allowed: Allowed,
    ) -> Result<MusicEstimate, Failure> {
        self.music.check(params.clone()).await?;
        let engine = self.music.engine();
        let duration_s = params.task.duration_s(params.duration_s);
        let mut stages = MUSIC.to_vec();
        if engine.info().kind == EngineKind::Neural {
            stages.insert(0, Stage::Load);
        }
        let known = self.seconds_of(stages, Extent::of(params, times)).await?;
        // Keeping the file is quick, and not known before the first song; nor is loading where nothing had to be
        // loaded for music alone.
        let all: Option<Vec<f64>> = known
            .iter()
            .filter(|(stage, seconds)| {
                *stage != Stage::Save && (*stage != Stage::Load || seconds.is_some())
            })
            .map(|(_, seconds)| *seconds)
            .collect();
        let memory_bytes = engine.facts().bytes_for(duration_s);
        let lyrics = params.lyrics.as_ref();
        let seconds: Option<f64> = all.map(|all| all.iter().sum());
        Ok(MusicEstimate {
            engine: engine.info().clone(),
            audio_duration: duration_s,
            lyrics: lyrics.map(|sheet| fit(&params.prompt, sheet, duration_s)),
            seconds,
            stages: known
                .into_iter()
                .map(|(stage, seconds)| StageEstimate { stage, seconds })
                .collect(),
            limit_s: allowed.limit_s,
            fits_time: seconds.map(|seconds| seconds <= allowed.limit_s as f64),
            memory_bytes,
            memory_budget_bytes: allowed.memory_bytes,
            fits_memory: memory_bytes <= allowed.memory_bytes,
        })
    }
}
