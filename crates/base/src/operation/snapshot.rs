use std::{fmt, str::FromStr, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Failure, Service, Stage};

/// Names an operation: a random UUID.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    Deserialize,
    Eq,
    Hash,
    Ord,
    PartialEq,
    PartialOrd,
    Serialize,
    ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = String, format = "uuid")]
pub struct OperationId(pub Uuid);

impl OperationId {
    /// A fresh one.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for OperationId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// Where an operation is in its life.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// In the queue, or kept from before a restart until it is asked to go on.
    Waiting,
    /// At work.
    Running,
    /// Ended with a result.
    Succeeded,
    /// Ended with an error.
    Failed,
    /// Ended because somebody asked for it.
    Cancelled,
    /// The program ended while it ran.
    Interrupted,
}

impl OperationState {
    /// Whether nothing more happens by itself.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

/// Where a stage is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    /// Not begun.
    Pending,
    /// At work.
    Running,
    /// Done.
    Done,
    /// Ended with an error; the operation may go on without it.
    Failed,
    /// Not needed by this operation.
    Skipped,
}

/// A stage of an operation with true figures.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct StageStatus {
    /// Which.
    pub stage: Stage,
    /// Where it is.
    pub state: StageState,
    /// How many of `total` are done, in the stage's own unit.
    pub done: u64,
    /// The whole; 0 while unknown.
    pub total: u64,
    /// How long it took, or has taken so far.
    pub seconds: Option<f64>,
    /// How long it took on this machine before, for this length of song.
    pub expected_s: Option<f64>,
}

impl StageStatus {
    /// A stage that has not begun.
    #[must_use]
    pub const fn pending(stage: Stage, expected_s: Option<f64>) -> Self {
        Self {
            stage,
            state: StageState::Pending,
            done: 0,
            total: 0,
            seconds: None,
            expected_s,
        }
    }

    /// What is left of it at the pace so far, once a second and two of its units have shown that.
    fn seconds_left(&self) -> Option<f64> {
        let seconds = self.seconds.filter(|seconds| *seconds >= 1.0)?;
        let runs = self.state == StageState::Running && self.done >= 2;
        runs.then(|| seconds * (self.total.saturating_sub(self.done)) as f64 / self.done as f64)
    }

    /// The part that is done, 0–1.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        match self.state {
            StageState::Done | StageState::Skipped | StageState::Failed => 1.0,
            StageState::Pending => 0.0,
            StageState::Running if self.total == 0 => 0.0,
            StageState::Running => (self.done as f64 / self.total as f64).min(1.0),
        }
    }
}

/// An operation at one moment.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Snapshot {
    /// Its name.
    pub operation_id: OperationId,
    /// Whose it is.
    pub service: Service,
    /// The endpoint's name: "generate_from_description".
    pub kind: String,
    /// Where it is in its life.
    pub state: OperationState,
    /// The stage that runs, or ran last.
    pub stage: Option<Stage>,
    /// The part of the whole that is done, 0–1, weighted by what stages take on this machine.
    pub progress: f64,
    /// One sentence on what happens now.
    pub message: String,
    /// The newest thing made that can be shown: a line of the lyrics.
    pub note: Option<String>,
    /// What may go wrong, said before it does: that the time allowed will not do.
    #[serde(default)]
    pub warning: Option<String>,
    /// How many unfinished pictures there were; `GET /operations/{id}/preview` has the last.
    #[serde(default)]
    pub previews: u64,
    /// Seconds left, where earlier runs allow an estimate.
    pub eta_s: Option<f64>,
    /// How many operations are before this one.
    pub queue_position: Option<u64>,
    /// The stages in the order in which they begin.
    pub stages: Vec<StageStatus>,
    /// When it was asked for.
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Timestamp,
    /// When its work began.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub ended_at: Option<Timestamp>,
    /// The song it made.
    pub song_id: Option<Uuid>,
    /// What was asked, with the seed that is used.
    #[schema(value_type = Object)]
    pub request: serde_json::Value,
    /// What the blocking form of the endpoint answers, without inlined files.
    #[schema(value_type = Option<Object>)]
    pub result: Option<serde_json::Value>,
    /// Why it failed.
    pub error: Option<Failure>,
}

impl Snapshot {
    /// Notes that the program ended while it ran.
    pub fn interrupt(&mut self) {
        self.state = OperationState::Interrupted;
        "The program ended while this was being made.".clone_into(&mut self.message);
    }

    /// Recomputes `progress` and `eta_s` from the stages.
    pub(crate) fn weigh(&mut self) {
        let weight = |s: &StageStatus| s.expected_s.unwrap_or(1.0).max(0.01);
        let whole: f64 = self.stages.iter().map(weight).sum();
        let done: f64 = self.stages.iter().map(|s| weight(s) * s.fraction()).sum();
        let share = if whole > 0.0 { done / whole } else { 0.0 };
        self.progress = match self.state {
            OperationState::Succeeded => 1.0,
            // What comes to light on the way, a model to be loaded or a second try, takes nothing back.
            OperationState::Running => share.clamp(self.progress, 1.0),
            _ => share.clamp(0.0, 1.0),
        };
        let known = self.stages.iter().all(|s| s.expected_s.is_some());
        self.eta_s = (known && self.state == OperationState::Running && !self.stages.is_empty())
            .then_some(whole - done);
    }

    /// The seconds that are still needed, where those are more than there are `left`: by the pace of a stage that
    /// runs, or by what all took before.
    pub(crate) fn late_by(&self, left: Duration) -> Option<f64> {
        if self.state != OperationState::Running {
            return None;
        }
        let pace = self.stages.iter().filter_map(StageStatus::seconds_left);
        let needed_s = pace.chain(self.eta_s).fold(0.0, f64::max);
        // An estimate is no more exact than that.
        (needed_s > left.as_secs_f64() * 1.1).then_some(needed_s)
    }
}
