use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Journal, OperationId, OperationState, Snapshot,
    clocks::Clocks,
    snapshot::{StageState, StageStatus},
};
use crate::{EngineError, Failure, Observer, Preview, Progress, Service, Stage};

/// A live operation, shared by those who work on it and those who watch it.
///
/// It is the [`Observer`] of every engine that works for it.
#[derive(Clone)]
pub struct Operation(Arc<Inner>);

struct Inner {
    id: OperationId,
    service: Service,
    /// The snapshot with a number that grows at each change: the SSE event id.
    state: watch::Sender<(u64, Snapshot)>,
    clocks: Clocks,
    cancelled: CancellationToken,
    /// Whether it was stopped because the program ends.
    interrupted: AtomicBool,
    /// Whether it is of an earlier run and nobody has asked for it yet.
    kept: AtomicBool,
    deadline: OnceLock<(Instant, Duration)>,
    journal: Arc<dyn Journal>,
    /// The last unfinished picture.
    preview: Mutex<Option<Arc<Preview>>>,
}

impl Operation {
    pub(crate) fn new(snapshot: Snapshot, journal: Arc<dyn Journal>) -> Self {
        // Larger than any number that it had in an earlier run, so that who saw those sees what follows:
        // it changes less often than every microsecond.
        let number = Timestamp::now().as_microsecond().unsigned_abs();
        Self(Arc::new(Inner {
            id: snapshot.operation_id,
            service: snapshot.service,
            state: watch::Sender::new((number, snapshot)),
            clocks: Clocks::default(),
            cancelled: CancellationToken::new(),
            interrupted: AtomicBool::new(false),
            kept: AtomicBool::new(false),
            deadline: OnceLock::new(),
            journal,
            preview: Mutex::default(),
        }))
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> OperationId {
        self.0.id
    }

    /// Whose it is.
    #[must_use]
    pub fn service(&self) -> Service {
        self.0.service
    }

    /// How it stands.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.state.borrow().1.clone()
    }

    /// Follows it: the current state at once, then the newest after each change. The number grows
    /// with each change and is the SSE event id.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<(u64, Snapshot)> {
        self.0.state.subscribe()
    }

    /// The token that ends its work.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.0.cancelled
    }

    /// Waits for its end.
    pub async fn ended(&self) -> Snapshot {
        let mut watch = self.watch();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = watch.wait_for(|(_, s)| s.state.is_ended()).await;
        self.snapshot()
    }

    /// One of an earlier run, which waits until it is asked for.
    pub(crate) fn of_earlier_run(snapshot: Snapshot, journal: Arc<dyn Journal>) -> Self {
        let operation = Self::new(snapshot, journal);
        operation.0.kept.store(true, Ordering::SeqCst);
        operation
    }

    /// Whether it is of an earlier run and nobody has asked for it until now, which this does. Only the
    /// first who asks is told so.
    #[must_use]
    pub fn take_up(&self) -> bool {
        self.0.kept.swap(false, Ordering::SeqCst)
    }

    /// Waits again from its beginning, for those too who watch it already.
    pub(crate) fn wait_again(&self) {
        self.change(|s| {
            *s = Snapshot {
                state: OperationState::Waiting,
                stage: None,
                message: "Waiting".to_owned(),
                note: None,
                warning: None,
                previews: 0,
                stages: Vec::new(),
                started_at: None,
                ended_at: None,
                error: None,
                ..s.clone()
            };
        });
        self.0.journal.changed(&self.snapshot());
    }

    /// Names the stages that will run, with what each took before where that is known.
    pub fn expect_stages(&self, stages: Vec<StageStatus>) {
        self.change(|s| s.stages = stages);
        self.look_ahead();
    }

    /// Begins the work; past `limit` it counts as cancelled.
    pub fn start(&self, limit: Duration) {
        let _ = self.0.deadline.set((Instant::now() + limit, limit));
        self.change(|s| {
            s.state = OperationState::Running;
            s.started_at = Some(Timestamp::now());
            s.queue_position = None;
            "Starting".clone_into(&mut s.message);
        });
        self.0.journal.changed(&self.snapshot());
    }

    /// Ends the work.
    pub fn end(&self, outcome: Result<serde_json::Value, Failure>) {
        let was_cancelled = self.0.cancelled.is_cancelled();
        let was_interrupted = self.0.interrupted.load(Ordering::SeqCst);
        let mut preview = self.0.preview.lock();
        if let Ok(preview) = &mut preview {
            preview.take();
        }
        drop(preview);
        self.change(|s| {
            // What was interrupted ends when it is no longer wanted.
            if s.state.is_ended() && s.state != OperationState::Interrupted {
                return;
            }
            s.ended_at = Some(Timestamp::now());
            s.queue_position = None;
            s.warning = None;
            match outcome {
                Err(failure) if was_interrupted && failure.code == crate::Code::Conflict => {
                    s.interrupt();
                }
                Ok(result) => {
                    s.state = OperationState::Succeeded;
                    "Done".clone_into(&mut s.message);
                    s.result = Some(result);
                    for stage in &mut s.stages {
                        if matches!(stage.state, StageState::Pending) {
                            stage.state = StageState::Skipped;
                        }
                    }
                }
                Err(failure) => {
                    s.state = if was_cancelled && failure.code == crate::Code::Conflict {
                        OperationState::Cancelled
                    } else {
                        OperationState::Failed
                    };
                    s.message.clone_from(&failure.detail);
                    s.error = Some(failure);
                    for stage in &mut s.stages {
                        if matches!(stage.state, StageState::Running) {
                            stage.state = StageState::Failed;
                        }
                    }
                }
            }
        });
        self.0.journal.changed(&self.snapshot());
    }

    /// The last unfinished picture, while it is worked on.
    #[must_use]
    pub fn last_preview(&self) -> Option<Arc<Preview>> {
        let preview = self.0.preview.lock();
        preview.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks it to stop. Its engine is free within one step.
    pub fn cancel(&self) {
        self.0.cancelled.cancel();
    }

    /// Stops it as [`Operation::cancel`] does, because the program ends: it can go on at the next start.
    pub fn interrupt(&self) {
        self.0.interrupted.store(true, Ordering::SeqCst);
        self.0.cancelled.cancel();
    }

    /// The place in the queue, 0 being next.
    pub fn set_queue_position(&self, position: u64) {
        self.change(|s| {
            s.queue_position = Some(position);
            s.message = match position {
                0 => "Next in the queue".to_owned(),
                1 => "1 song before this one".to_owned(),
                n => format!("{n} songs before this one"),
            };
        });
    }

    /// The song that is being made.
    pub fn set_song(&self, song_id: Uuid) {
        self.change(|s| s.song_id = Some(song_id));
    }

    /// Keeps what is made so far, to be reported should the rest fail.
    pub fn keep(&self, partial: serde_json::Value) {
        self.change(|s| s.result = Some(partial));
    }

    /// Ends a stage; with an error the operation may still go on.
    pub fn end_stage(&self, stage: Stage, ok: bool) {
        let seconds = self.0.clocks.stop(stage);
        self.change(|s| {
            let status = stage_mut(&mut s.stages, stage);
            status.state = if ok {
                StageState::Done
            } else {
                StageState::Failed
            };
            status.seconds = Some(seconds);
            if ok && status.total > 0 {
                status.done = status.total;
            }
        });
    }

    /// Marks a stage as not needed.
    pub fn skip_stage(&self, stage: Stage) {
        self.change(|s| stage_mut(&mut s.stages, stage).state = StageState::Skipped);
    }

    /// [`EngineError::DeadlinePassed`] or [`EngineError::Cancelled`] where the work must stop.
    ///
    /// # Errors
    /// As said.
    pub fn check(&self) -> Result<(), EngineError> {
        match self.0.deadline.get() {
            Some((at, limit)) if Instant::now() >= *at => Err(EngineError::DeadlinePassed {
                limit_s: limit.as_secs(),
            }),
            _ if self.0.cancelled.is_cancelled() => Err(EngineError::Cancelled),
            _ => Ok(()),
        }
    }

    /// When its time is over; `None` before its start.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline.get().map(|(at, _)| *at)
    }

    /// Stops a stage's clock until the stage goes on.
    pub(super) fn rest(&self, stage: Stage) {
        self.0.clocks.stop(stage);
    }

    /// Says it early where its time will be over before it is done, and takes that back where it no longer holds.
    fn look_ahead(&self) {
        let Some((at, limit)) = self.0.deadline.get() else {
            return;
        };
        let left = at.saturating_duration_since(Instant::now());
        self.0.state.send_if_modified(|(number, s)| {
            let warning = s.late_by(left).map(|needed_s| too_slow(needed_s, *limit));
            let changed = s.warning.is_some() != warning.is_some();
            if changed {
                s.warning = warning;
                *number += 1;
            }
            changed
        });
    }

    fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        self.0.state.send_modify(|(number, snapshot)| {
            change(snapshot);
            snapshot.weigh();
            *number += 1;
        });
    }
}

/// What is told of an operation that still needs `needed_s`, and may not take that long.
fn too_slow(needed_s: f64, limit: Duration) -> String {
    format!(
        "This needs about {} more, and is stopped {} after its beginning. Ask for a draft, fewer steps or a shorter song, or raise max_runtime_seconds.",
        spoken(Duration::from_secs_f64(needed_s)),
        spoken(limit),
    )
}

/// A time in whole minutes, or seconds where it is short.
fn spoken(time: Duration) -> String {
    match time.as_secs() {
        s @ 0..120 => format!("{s} s"),
        s => format!("{} min", s.div_ceil(60)),
    }
}

fn stage_mut(stages: &mut Vec<StageStatus>, stage: Stage) -> &mut StageStatus {
    let index = match stages.iter().position(|s| s.stage == stage) {
        Some(index) => index,
        None => {
            stages.push(StageStatus::pending(stage, None));
            stages.len() - 1
        }
    };
    &mut stages[index]
}

impl Observer for Operation {
    fn report(&self, progress: Progress) {
        let is_whole = progress.total > 0 && progress.done >= progress.total;
        let seconds = if is_whole {
            self.0.clocks.stop(progress.stage)
        } else {
            self.0.clocks.run(progress.stage)
        };
        self.change(|s| {
            if s.state.is_ended() {
                return;
            }
            s.stage = Some(progress.stage);
            s.message = progress.stage.sentence().to_owned();
            let status = stage_mut(&mut s.stages, progress.stage);
            if status.state == StageState::Failed {
                return;
            }
            status.done = progress.done.min(progress.total);
            status.total = progress.total;
            status.seconds = Some(seconds);
            status.state = if is_whole {
                StageState::Done
            } else {
                StageState::Running
            };
        });
        self.look_ahead();
    }

    fn is_cancelled(&self) -> bool {
        self.check().is_err()
    }

    fn is_given_up(&self) -> bool {
        matches!(self.check(), Err(EngineError::Cancelled))
    }

    fn note(&self, text: &str) {
        self.change(|s| s.note = Some(text.to_owned()));
    }

    fn preview(&self, preview: &Preview) {
        let new = Arc::new(preview.clone());
        *self
            .0
            .preview
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(new);
        self.change(|s| s.previews += 1);
    }
}
