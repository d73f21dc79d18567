use songwright_api::SongKind;
use songwright_base::{
    EngineKind, Observer as _, Operation, Progress, Snapshot, Stage, StageState, StageStatus,
};
use songwright_music::MusicParams;

use crate::Studio;

/// The stages of music that is made by itself.
pub(crate) const MUSIC: [Stage; 4] = [Stage::Arrange, Stage::Render, Stage::Master, Stage::Save];

/// How much music is made: what its stages' time grows with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Extent {
    /// Seconds of all takes together.
    pub(crate) duration_s: f64,
    /// Runs of a neural composer's network, as [`songwright_music::MusicParams::evaluations`].
    pub(crate) evaluations: f64,
}

impl Extent {
    /// Of so many pieces.
    pub(crate) fn of(params: &MusicParams, times: u32) -> Self {
        Self {
            duration_s: params.task.duration_s(params.duration_s) * f64::from(times),
            evaluations: params.evaluations(),
        }
    }
}

/// The stages of a song.
pub(crate) fn of_song(kind: &SongKind, instrumental: bool) -> Vec<Stage> {
    let described = matches!(kind, SongKind::FromDescription { .. });
    let written = !instrumental && !matches!(kind, SongKind::WithLyrics { .. });
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
    let wanted = wanted.into_iter().filter(|(_, wanted)| *wanted);
    wanted.map(|(stage, _)| stage).collect()
}

impl Studio {
    /// Names the stages that an operation will go through, with what each took on this machine before.
    pub(crate) async fn foresee(&self, operation: &Operation, stages: Vec<Stage>, extent: Extent) {
        match self.seconds_of(stages, extent).await {
            Ok(stages) => operation.expect_stages(
                stages
                    .into_iter()
                    .map(|(stage, seconds)| StageStatus::pending(stage, seconds))
                    .collect(),
            ),
            // An estimate is not worth failing for.
            Err(failure) => tracing::warn!("[{}] No estimate: {failure}", operation.id()),
        }
    }

    /// What stages took on this machine before, in seconds, for so much music.
    pub(crate) async fn seconds_of(
        &self,
        stages: Vec<Stage>,
        extent: Extent,
    ) -> Result<Vec<(Stage, Option<f64>)>, songwright_base::Failure> {
        let measure = self.measure(extent);
        self.library(move |library| {
            stages
                .into_iter()
                .map(|stage| {
                    let (who, units) = measure(stage);
                    let rate = library.seconds_per_unit(stage.word(), &who)?;
                    Ok((stage, rate.map(|rate| rate * units)))
                })
                .collect()
        })
        .await
    }

    /// Learns from what has ended what its stages take.
    pub(crate) async fn learn(&self, snapshot: &Snapshot, extent: Extent) {
        let measure = self.measure(extent);
        // Where others worked too, what was loaded is not the composer alone.
        let is_music = |s: &StageStatus| s.stage == Stage::Load || MUSIC.contains(&s.stage);
        let knows_load = snapshot.stages.iter().all(is_music);
        let seen: Vec<_> = snapshot
            .stages
            .iter()
            .filter(|s| s.state == StageState::Done)
            .filter(|s| knows_load || s.stage != Stage::Load)
            .filter_map(|s| Some((s.stage, s.seconds?)))
            .collect();
        let noted = self.library(move |library| {
            for (stage, seconds) in seen {
                let (who, units) = measure(stage);
                library.record_timing(stage.word(), &who, units, seconds)?;
            }
            Ok(())
        });
        if let Err(failure) = noted.await {
            tracing::warn!("[{}] Timings not kept: {failure}", snapshot.operation_id);
        }
    }

    /// Who does a stage, and what its time grows with: seconds of audio where there are any, and steps
    /// where there are, else the one thing made.
    fn measure(&self, extent: Extent) -> impl Fn(Stage) -> (String, f64) + Send + use<> {
        let lyrics = self.lyrics.engine().info().model_id.clone();
        let engine = self.music.engine();
        let music = engine.info().model_id.clone();
        let is_neural = engine.info().kind == EngineKind::Neural;
        let cover = self.cover.engine().info().model_id.clone();
        move |stage| match stage {
            Stage::Prompt | Stage::Lyrics | Stage::Title | Stage::Categories => {
                (lyrics.clone(), 1.0)
            }
            Stage::Render if is_neural => (
                format!("{music} by evaluation"),
                extent.duration_s * extent.evaluations,
            ),
            Stage::Arrange | Stage::Render | Stage::Master => (music.clone(), extent.duration_s),
            Stage::Cover => (cover.clone(), 1.0),
            Stage::Load => (music.clone(), 1.0),
            Stage::Save => ("songwright".to_owned(), extent.duration_s),
            Stage::Queue | Stage::Download | Stage::Verify => ("songwright".to_owned(), 1.0),
        }
    }
}

/// Marks a stage that is one step.
pub(crate) fn begin(operation: &Operation, stage: Stage) {
    operation.report(Progress::new(stage, 0, 1));
}
