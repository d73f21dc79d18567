use songwright_api::{AudioGeneration, SongKind};
use songwright_base::{
    Observer as _, Operation, Progress, Snapshot, Stage, StageState, StageStatus,
};

use crate::Studio;

impl Studio {
    /// Names the stages that a song will go through, with what each took on this machine before.
    pub(crate) async fn foresee(
        &self,
        operation: &Operation,
        kind: &SongKind,
        audio: &AudioGeneration,
    ) {
        let described = matches!(kind, SongKind::FromDescription { .. });
        let written = !audio.instrumental && !matches!(kind, SongKind::WithLyrics { .. });
        let wanted = [
            (Stage::Prompt, described),
            (Stage::Lyrics, written),
            (Stage::Title, true),
            (Stage::Arrange, true),
            (Stage::Render, true),
            (Stage::Master, true),
            (Stage::Cover, true),
            (Stage::Categories, true),
            (Stage::Save, true),
        ];
        let engines = self.engine_of_stage();
        let duration_s = audio.duration_s;
        let stages = self.library(move |library| {
            wanted
                .into_iter()
                .filter(|(_, wanted)| *wanted)
                .map(|(stage, _)| {
                    let rate = library.seconds_per_unit(stage.word(), &engines(stage))?;
                    Ok(StageStatus::pending(
                        stage,
                        rate.map(|r| r * units(stage, duration_s)),
                    ))
                })
                .collect()
        });
        match stages.await {
            Ok(stages) => operation.expect_stages(stages),
            // An estimate is not worth failing for.
            Err(failure) => tracing::warn!("[{}] No estimate: {failure}", operation.id()),
        }
    }

    /// Learns from a finished song what its stages take.
    pub(crate) async fn learn(&self, snapshot: &Snapshot, duration_s: f64) {
        let engines = self.engine_of_stage();
        let seen: Vec<_> = snapshot
            .stages
            .iter()
            .filter(|s| s.state == StageState::Done)
            .filter_map(|s| Some((s.stage, s.seconds?)))
            .collect();
        let noted = self.library(move |library| {
            for (stage, seconds) in seen {
                library.record_timing(
                    stage.word(),
                    &engines(stage),
                    units(stage, duration_s),
                    seconds,
                )?;
            }
            Ok(())
        });
        if let Err(failure) = noted.await {
            tracing::warn!("[{}] Timings not kept: {failure}", snapshot.operation_id);
        }
    }

    fn engine_of_stage(&self) -> impl Fn(Stage) -> String + Send + use<> {
        let lyrics = self.lyrics.info().model_id.clone();
        let music = self.music.info().model_id.clone();
        let cover = self.cover.info().model_id.clone();
        move |stage| match stage {
            Stage::Prompt | Stage::Lyrics | Stage::Title | Stage::Categories => lyrics.clone(),
            Stage::Arrange | Stage::Render | Stage::Master => music.clone(),
            Stage::Cover => cover.clone(),
            Stage::Queue | Stage::Download | Stage::Verify | Stage::Load | Stage::Save => {
                "songwright".to_owned()
            }
        }
    }
}

/// What a stage's time grows with: seconds of audio where there are any, else the one thing made.
fn units(stage: Stage, duration_s: f64) -> f64 {
    match stage {
        Stage::Arrange | Stage::Render | Stage::Master | Stage::Save => duration_s,
        _ => 1.0,
    }
}

/// Marks a stage that is one step.
pub(crate) fn begin(operation: &Operation, stage: Stage) {
    operation.report(Progress::new(stage, 0, 1));
}
