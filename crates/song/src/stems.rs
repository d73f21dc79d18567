//! Stems that were not kept, played again.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use songwright_api::AudioGeneration;
use songwright_base::{Code, EngineInfo, EngineKind, Failure, LyricSheet, Operation, Stage};
use songwright_music::MusicParams;
use songwright_storage::{StemFile, Take};
use uuid::Uuid;

use crate::{
    Studio,
    keep::put_stems,
    new_files::{NewFiles, unless_cancelled},
    shelf::provenance,
    stages::{self, Extent, begin},
};

/// The request of an operation that plays the stems of a take again.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PlayStems {
    /// The take.
    pub take_id: Uuid,
}

impl Studio {
    /// Whether whoever makes the music now gives its parts too.
    ///
    /// # Errors
    /// 400 that says who does not.
    pub async fn require_stems(&self) -> Result<(), Failure> {
        let info = self.music.chosen().await.info().clone();
        if info.kind == EngineKind::Sketch {
            Ok(())
        } else {
            Err(no_stems(&info, "makes music"))
        }
    }

    /// Plays the stems of a take again: the same seed and request give the same parts, where the same
    /// engine is at hand. No row names their files: whoever asked for them deletes them.
    ///
    /// # Errors
    /// 404 for an unknown take, 400 where its engine has no stems, 507 where there is no space; 409 or
    /// 408 where the operation was cancelled or its time passed.
    pub async fn play_stems(
        &self,
        operation: &Operation,
        PlayStems { take_id }: PlayStems,
    ) -> Result<Vec<StemFile>, Failure> {
        let take = self.library(move |library| library.take(take_id)).await?;
        let recording = &take.recording;
        let same_engine = *self.music.chosen().await.info() == recording.engine;
        if recording.engine.kind != EngineKind::Sketch || !same_engine {
            return Err(no_stems(&recording.engine, "made this take"));
        }
        let params = params(&take)?;
        let extent = Extent {
            duration_s: recording.duration_s,
            evaluations: params.evaluations(),
        };
        self.foresee(operation, stages::MUSIC.to_vec(), extent)
            .await;
        let observer = Arc::new(operation.clone());
        let composition = self.music.compose(params, observer).await?;
        operation.check()?;
        begin(operation, Stage::Save);
        let mut files = NewFiles::new(&self.objects);
        let writing = put_stems(&mut files, composition.stems);
        let stems = unless_cancelled(operation, writing).await?;
        operation.end_stage(Stage::Save, true);
        files.release();
        Ok(stems)
    }
}

/// What made a take.
fn params(take: &Take) -> Result<MusicParams, Failure> {
    let made = provenance(take);
    let audio = AudioGeneration::try_from(&made.request.audio)?;
    let sheet = made
        .sung_lyrics
        .as_deref()
        .map(LyricSheet::parse)
        .unwrap_or_default();
    let audio = AudioGeneration {
        instrumental: made.sung_lyrics.is_none(),
        ..audio
    };
    Ok(MusicParams::new(made.sung_prompt, sheet, audio))
}

fn no_stems(engine: &EngineInfo, does: &str) -> Failure {
    Failure::new(
        Code::BadRequest,
        format!(
            "{} {} {does} without stems. Ask for the bundle without them.",
            engine.name, engine.version
        ),
    )
}
