use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde::Serialize;

use super::{Journal, Operation, OperationId, OperationState, Snapshot};
use crate::{Code, Failure, Service};

/// How many ended operations are kept in memory; older ones are forgotten first.
const HISTORY: usize = 500;

/// Counts of one service since the program's start.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct ServiceTotals {
    /// Waiting or running now.
    pub active: u64,
    /// All that were asked for.
    pub total: u64,
}

/// All operations of this process, by name and in order.
pub struct Operations {
    journal: Arc<dyn Journal>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    live: HashMap<OperationId, Operation>,
    order: VecDeque<OperationId>,
    /// All that were asked for, by service.
    totals: [u64; 4],
}

impl Operations {
    /// An empty registry that writes changes to `journal`.
    #[must_use]
    pub fn new(journal: Arc<dyn Journal>) -> Self {
        Self {
            journal,
            inner: Mutex::default(),
        }
    }

    /// Starts an operation in the state `waiting`; it is in the journal when this returns.
    ///
    /// # Errors
    /// What the journal refuses.
    pub fn start(
        &self,
        service: Service,
        kind: &str,
        request: serde_json::Value,
    ) -> Result<Operation, Failure> {
        let snapshot = Snapshot {
            operation_id: OperationId::random(),
            service,
            kind: kind.to_owned(),
            state: OperationState::Waiting,
            stage: None,
            progress: 0.0,
            message: "Waiting".to_owned(),
            note: None,
            previews: 0,
            warning: None,
            eta_s: None,
            queue_position: None,
            stages: Vec::new(),
            created_at: Timestamp::now(),
            started_at: None,
            ended_at: None,
            song_id: None,
            request,
            result: None,
            error: None,
        };
        self.journal.submitted(&snapshot)?;
        let operation = Operation::new(snapshot, self.journal.clone());
        let mut inner = self.lock();
        inner.totals[service.index()] += 1;
        inner.insert(operation.clone());
        Ok(operation)
    }

    /// Takes in an operation of an earlier run of the program: waiting, interrupted or ended.
    pub fn restore(&self, snapshot: Snapshot) -> Operation {
        let operation = Operation::of_earlier_run(snapshot, self.journal.clone());
        self.lock().insert(operation.clone());
        operation
    }

    /// Makes a waiting operation out of a restored one; who watches it already goes on watching.
    ///
    /// # Errors
    /// 404 for an unknown name, 409 where it is not waiting or interrupted from an earlier run.
    pub fn revive(&self, id: OperationId) -> Result<Operation, Failure> {
        let operation = self.get(id)?;
        let refused = match operation.snapshot().state {
            OperationState::Interrupted | OperationState::Waiting if operation.take_up() => {
                operation.wait_again();
                self.lock().totals[operation.service().index()] += 1;
                return Ok(operation);
            }
            OperationState::Waiting | OperationState::Running => {
                "This operation is in the queue already."
            }
            _ => {
                "Only an operation that was waiting or interrupted when the program ended can go on."
            }
        };
        Err(Failure::new(Code::Conflict, refused))
    }

    /// The operation of that name.
    ///
    /// # Errors
    /// 404.
    pub fn get(&self, id: OperationId) -> Result<Operation, Failure> {
        self.lock().live.get(&id).cloned().ok_or_else(|| {
            Failure::new(
                Code::NotFound,
                format!(
                    "There is no operation {id}. It may be older than the history that is kept."
                ),
            )
        })
    }

    /// Snapshots, newest first.
    #[must_use]
    pub fn list(&self) -> Vec<Snapshot> {
        let inner = self.lock();
        inner
            .order
            .iter()
            .rev()
            .filter_map(|id| inner.live.get(id))
            .map(Operation::snapshot)
            .collect()
    }

    /// Asks an operation to stop.
    ///
    /// # Errors
    /// 404 for an unknown name, 409 where it has ended already.
    pub fn cancel(&self, id: OperationId) -> Result<Operation, Failure> {
        let operation = self.get(id)?;
        let state = operation.snapshot().state;
        if state.is_ended() && state != OperationState::Interrupted {
            return Err(Failure::new(
                Code::Conflict,
                format!("Operation {id} has already ended, so there is nothing to cancel."),
            ));
        }
        operation.cancel();
        Ok(operation)
    }

    /// After the end of an operation: forgets the oldest beyond the history.
    pub fn cleanup(&self) {
        self.lock().forget_oldest();
    }

    /// Counts of a service.
    #[must_use]
    pub fn totals(&self, service: Service) -> ServiceTotals {
        let inner = self.lock();
        let active = inner
            .live
            .values()
            .filter(|o| o.service() == service && !o.snapshot().state.is_ended())
            .count() as u64;
        ServiceTotals {
            active,
            total: inner.totals[service.index()],
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn insert(&mut self, operation: Operation) {
        self.order.push_back(operation.id());
        self.live.insert(operation.id(), operation);
        self.forget_oldest();
    }

    fn forget_oldest(&mut self) {
        while self.order.len() > HISTORY {
            let ended = |id: &OperationId| {
                self.live
                    .get(id)
                    .is_none_or(|o| o.snapshot().state.is_ended())
            };
            let Some(index) = self.order.iter().position(ended) else {
                return;
            };
            if let Some(id) = self.order.remove(index) {
                self.live.remove(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{NoJournal, Observer as _, Progress, Stage, StageStatus};

    fn operations() -> Operations {
        Operations::new(Arc::new(NoJournal))
    }

    fn start(operations: &Operations) -> Operation {
        operations
            .start(Service::Music, "generate_music", serde_json::Value::Null)
            .unwrap()
    }

    #[test]
    fn progress_is_weighted_by_what_stages_take() {
        let operations = operations();
        let op = start(&operations);
        op.expect_stages(vec![
            StageStatus::pending(Stage::Arrange, Some(1.0)),
            StageStatus::pending(Stage::Render, Some(9.0)),
        ]);
        op.start(Duration::from_secs(60));
        op.report(Progress::new(Stage::Arrange, 1, 1));
        assert!((op.snapshot().progress - 0.1).abs() < 1e-9);
        op.report(Progress::new(Stage::Render, 30, 60));
        let s = op.snapshot();
        assert!((s.progress - 0.55).abs() < 1e-9);
        assert!((s.eta_s.unwrap() - 4.5).abs() < 1e-9);
    }

    #[test]
    fn what_comes_to_light_on_the_way_takes_no_progress_back() {
        let operations = operations();
        let op = start(&operations);
        op.expect_stages(vec![StageStatus::pending(Stage::Arrange, Some(1.0))]);
        op.start(Duration::from_secs(60));
        op.report(Progress::new(Stage::Arrange, 9, 10));
        op.report(Progress::new(Stage::Load, 0, 10));
        assert!((op.snapshot().progress - 0.9).abs() < 1e-9);
        op.wait_again();
        assert!(op.snapshot().progress.abs() < 1e-9);
    }

    #[test]
    fn that_the_time_will_not_do_is_said_before_it_is_over() {
        let operations = operations();
        for (expected_s, is_late) in [(60.0, false), (70.0, true)] {
            let op = start(&operations);
            op.start(Duration::from_secs(60));
            op.expect_stages(vec![StageStatus::pending(Stage::Render, Some(expected_s))]);
            let warning = op.snapshot().warning;
            assert_eq!(warning.is_some(), is_late, "{warning:?}");
            // Half of it is done in no time.
            op.report(Progress::new(Stage::Render, 1, 2));
            assert_eq!(op.snapshot().warning, None);
        }
    }

    #[test]
    fn the_pace_of_a_stage_tells_too() {
        let operations = operations();
        let op = start(&operations);
        op.start(Duration::from_secs(60));
        op.report(Progress::new(Stage::Render, 0, 1000));
        std::thread::sleep(Duration::from_millis(1050));
        op.report(Progress::new(Stage::Render, 2, 1000));
        let warning = op.snapshot().warning.unwrap();
        assert!(warning.contains("max_runtime_seconds"), "{warning}");
        op.report(Progress::new(Stage::Render, 900, 1000));
        assert_eq!(op.snapshot().warning, None);
    }

    #[test]
    fn cancelling_twice_after_the_end_is_a_conflict() {
        let operations = operations();
        let op = start(&operations);
        op.start(Duration::from_secs(60));
        operations.cancel(op.id()).unwrap();
        assert!(op.is_cancelled());
        op.end(Err(EngineError::Cancelled.into()));
        assert_eq!(op.snapshot().state, OperationState::Cancelled);
        let Err(again) = operations.cancel(op.id()) else {
            panic!("cancelled twice")
        };
        assert_eq!(again.code, Code::Conflict);
        let Err(unknown) = operations.cancel(OperationId::random()) else {
            panic!("unknown")
        };
        assert_eq!(unknown.code, Code::NotFound);
    }

    #[tokio::test]
    async fn who_watches_an_operation_of_an_earlier_run_sees_it_go_on() {
        let operations = operations();
        let old = start(&operations);
        old.report(Progress::new(Stage::Arrange, 1, 2));
        let (seen, snapshot) = old.watch().borrow().clone();
        let restored = Operations::new(Arc::new(NoJournal));
        let operation = restored.restore(snapshot);
        let mut watch = operation.watch();
        let (number, _) = watch.borrow_and_update().clone();
        assert!(number > seen, "{number} came after {seen}");
        let revived = restored.revive(operation.id()).unwrap();
        assert!(revived.snapshot().stages.is_empty());
        revived.start(Duration::from_secs(60));
        let running = |(_, s): &(u64, Snapshot)| s.state == OperationState::Running;
        watch.wait_for(running).await.unwrap();
        let Err(again) = restored.revive(operation.id()) else {
            panic!("revived twice")
        };
        assert_eq!(again.code, Code::Conflict);
    }

    #[test]
    fn what_was_interrupted_can_go_on_until_it_is_cancelled() {
        let operations = operations();
        let op = start(&operations);
        op.start(Duration::from_secs(60));
        op.interrupt();
        op.end(Err(EngineError::Cancelled.into()));
        let interrupted = op.snapshot();
        assert_eq!(interrupted.state, OperationState::Interrupted);
        assert_eq!(interrupted.error, None);
        assert!(operations.revive(op.id()).is_err(), "not in this run");
        let next = Operations::new(Arc::new(NoJournal));
        let kept = next.restore(interrupted);
        next.cancel(kept.id()).unwrap();
        assert!(kept.take_up());
        kept.end(Err(EngineError::Cancelled.into()));
        assert_eq!(kept.snapshot().state, OperationState::Cancelled);
        assert!(next.cancel(kept.id()).is_err());
        assert!(next.revive(kept.id()).is_err());
    }

    #[test]
    fn a_passed_deadline_is_a_timeout_not_a_cancellation() {
        let operations = operations();
        let op = start(&operations);
        op.start(Duration::ZERO);
        // As the queue does, so that all that waits hears of it.
        op.cancel();
        assert!(op.is_cancelled() && !op.is_given_up());
        let error = op.check().unwrap_err();
        assert_eq!(error.code(), Code::Timeout);
        op.end(Err(error.into()));
        assert_eq!(op.snapshot().state, OperationState::Failed);
    }

    #[test]
    fn history_is_bounded_and_live_ones_stay() {
        let operations = operations();
        let live = start(&operations);
        for _ in 0..HISTORY + 20 {
            let op = start(&operations);
            op.end(Ok(serde_json::Value::Null));
            operations.cleanup();
        }
        assert_eq!(operations.list().len(), HISTORY);
        assert!(operations.get(live.id()).is_ok());
        let totals = operations.totals(Service::Music);
        assert_eq!((totals.active, totals.total), (1, HISTORY as u64 + 21));
    }

    use crate::EngineError;
}
