use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use songwright_base::{
    Code, EngineError, Failure, Operation, OperationId, OperationState, Operations, Service,
    Snapshot, config::ServiceConfig,
};
use tokio::sync::{Notify, watch};
use tracing::Instrument as _;

use crate::{Aside, LastRuns};

mod closing;
#[cfg(test)]
mod tests;

/// The work of an operation: whatever its service and kind say, with its request.
pub type Work = dyn Fn(Operation) -> Pin<Box<dyn Future<Output = Result<serde_json::Value, Failure>> + Send>>
    + Send
    + Sync;

/// Who works, who waits, and in what order: one line a service, first come first served.
pub struct Queue {
    aside: Aside,
    operations: Arc<Operations>,
    work: Arc<Work>,
    lanes: [Lane; 4],
    /// How many may wait in each line.
    limit: usize,
    closed: AtomicBool,
    /// How many are at work, in all lines and aside.
    at_work: watch::Sender<usize>,
}

struct Lane {
    places: usize,
    max_runtime: Duration,
    state: Mutex<LaneState>,
    moved: Notify,
    runs: LastRuns,
}

#[derive(Default)]
struct LaneState {
    running: usize,
    waiting: VecDeque<OperationId>,
    /// Of the last runs, for the advice in a 429.
    mean_seconds: f64,
}

impl Queue {
    /// A queue whose operations do `work`; `limit` may wait in each line, and what is `aside` waits
    /// in none.
    #[must_use]
    pub fn new(
        operations: Arc<Operations>,
        services: &[ServiceConfig; 4],
        limit: usize,
        aside: Aside,
        work: Arc<Work>,
    ) -> Arc<Self> {
        let lanes = services.each_ref().map(|config| Lane {
            places: config.max_concurrent_requests,
            max_runtime: config.max_runtime,
            state: Mutex::default(),
            moved: Notify::new(),
            runs: LastRuns::default(),
        });
        Arc::new(Self {
            aside,
            operations,
            work,
            lanes,
            limit,
            closed: AtomicBool::new(false),
            at_work: watch::Sender::new(0),
        })
    }

    /// All operations, also those that are not in a line.
    #[must_use]
    pub fn operations(&self) -> &Arc<Operations> {
        &self.operations
    }

    /// How the last operations of a service ended, from their first stage to their last: engines know
    /// nothing of a full disk. What was cancelled, took too long or was asked for wrongly is not counted,
    /// nor what is not installed, nor what was aside.
    #[must_use]
    pub fn last_runs(&self, service: Service) -> &LastRuns {
        &self.lanes[service.index()].runs
    }

    /// Puts a request in its service's line. It is in the journal when this returns.
    ///
    /// # Errors
    /// 429 where as many wait as may; what the journal refuses.
    pub fn submit(
        self: &Arc<Self>,
        service: Service,
        kind: &str,
        request: serde_json::Value,
    ) -> Result<Operation, Failure> {
        if !self.is_aside(kind) {
            self.check_room(service)?;
        }
        let operation = self.operations.start(service, kind, request)?;
        self.line_up(operation.clone());
        Ok(operation)
    }

    /// Takes in the operations of an earlier run; they wait until they are asked to go on.
    pub fn restore(&self, records: Vec<Snapshot>) {
        for record in records {
            self.operations.restore(record);
        }
    }

    /// Lets an operation of an earlier run go on.
    ///
    /// # Errors
    /// 404, 409 as [`Operations::revive`]; 429.
    pub fn resume(self: &Arc<Self>, id: OperationId) -> Result<Operation, Failure> {
        let operation = self.operations.get(id)?;
        if !self.is_aside(&operation.snapshot().kind) {
            self.check_room(operation.service())?;
        }
        let operation = self.operations.revive(id)?;
        self.line_up(operation.clone());
        Ok(operation)
    }

    /// Ends an operation: one that waits at once, one that runs within a step.
    ///
    /// # Errors
    /// 404, 409 as [`Operations::cancel`].
    pub fn cancel(&self, id: OperationId) -> Result<Operation, Failure> {
        let operation = self.operations.cancel(id)?;
        // In no line, so nobody else ends it.
        if operation.take_up() {
            operation.end(Err(EngineError::Cancelled.into()));
        }
        Ok(operation)
    }

    fn is_aside(&self, kind: &str) -> bool {
        self.aside.kinds.contains(&kind)
    }

    fn lane(&self, service: Service) -> std::sync::MutexGuard<'_, LaneState> {
        self.lanes[service.index()]
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn check_room(&self, service: Service) -> Result<(), Failure> {
        let lane = &self.lanes[service.index()];
        let state = self.lane(service);
        let free = lane.places.saturating_sub(state.running);
        if state.waiting.len() < self.limit + free {
            return Ok(());
        }
        let rounds = (state.waiting.len() + state.running).div_ceil(lane.places);
        let waiting = state.waiting.len();
        let retry_after_s = (rounds as f64 * state.mean_seconds)
            .ceil()
            .clamp(1.0, 3600.0) as u64;
        Err(EngineError::QueueFull {
            service: service.name(),
            waiting,
            retry_after_s,
        }
        .into())
    }

    fn line_up(self: &Arc<Self>, operation: Operation) {
        let queue = self.clone();
        let span = tracing::info_span!("operation", operation_id = %operation.id(), service = operation.service().name());
        if self.is_aside(&operation.snapshot().kind) {
            let lane = self.lane(operation.service());
            let at_work = (!self.is_closed()).then(|| AtWork::begin(self, None));
            drop(lane);
            if let Some(at_work) = at_work {
                let limit = self.aside.max_runtime;
                let work = async move {
                    queue.perform(&operation, limit).await;
                    drop(at_work);
                };
                tokio::spawn(work.instrument(span));
            }
            return;
        }
        self.lane(operation.service())
            .waiting
            .push_back(operation.id());
        self.tell_positions(operation.service());
        tokio::spawn(async move { queue.live(operation).await }.instrument(span));
    }

    async fn live(self: Arc<Self>, operation: Operation) {
        let id = operation.id();
        let service = operation.service();
        let admitted = tokio::select! {
            at_work = self.admitted(service, id) => Some(at_work),
            () = operation.cancellation().cancelled() => {
                self.lane(service).waiting.retain(|waiting| *waiting != id);
                None
            }
        };
        self.tell_positions(service);
        if let Some(at_work) = admitted {
            let limit = self.lanes[service.index()].max_runtime;
            let seconds = self.perform(&operation, limit).await;
            self.learn(&operation.snapshot());
            let mut state = self.lane(service);
            state.mean_seconds = 0.7 * state.mean_seconds + 0.3 * seconds;
            drop(state);
            drop(at_work);
        } else {
            operation.end(Err(EngineError::Cancelled.into()));
            self.operations.cleanup();
            self.lanes[service.index()].moved.notify_waiters();
        }
    }

    /// Notes what an operation's end says of its service.
    fn learn(&self, end: &Snapshot) {
        let runs = self.last_runs(end.service);
        match (end.state, &end.error) {
            (OperationState::Succeeded, _) => runs.worked(),
            (OperationState::Failed, Some(failure)) if is_service_s_fault(failure.code) => {
                runs.failed(failure);
            }
            _ => {}
        }
    }

    /// From its start to its end; the seconds that it took.
    async fn perform(&self, operation: &Operation, limit: Duration) -> f64 {
        let id = operation.id();
        operation.start(limit);
        tracing::info!("[{id}] Started: {}", operation.snapshot().kind);
        let begun = std::time::Instant::now();
        let outcome = self.within_deadline(operation).await;
        let seconds = begun.elapsed().as_secs_f64();
        match &outcome {
            Ok(_) => tracing::info!("[{id}] Done: in {seconds:.1} s"),
            Err(failure) => tracing::warn!("[{id}] Ended: {failure}"),
        }
        operation.end(outcome);
        self.operations.cleanup();
        seconds
    }

    /// Runs the work; when the time is over the caller hears of it at once, and the engine stops
    /// at its next look at the observer.
    async fn within_deadline(&self, operation: &Operation) -> Result<serde_json::Value, Failure> {
        let work = (self.work)(operation.clone());
        let deadline = operation.deadline().map(tokio::time::Instant::from_std);
        let over = async {
            match deadline {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            outcome = work => match outcome {
                // An engine only knows "cancelled"; the operation knows why.
                Err(failure) if failure.code == Code::Conflict => {
                    Err(operation.check().err().map_or(failure, Failure::from))
                }
                outcome => outcome,
            },
            () = over => {
                operation.cancel();
                Err(operation.check().err().unwrap_or(EngineError::Cancelled).into())
            }
            () = cancelled_for_long(operation) => Err(EngineError::Cancelled.into()),
        }
    }

    async fn admitted(self: &Arc<Self>, service: Service, id: OperationId) -> AtWork {
        let lane = &self.lanes[service.index()];
        loop {
            let moved = lane.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            {
                let mut state = self.lane(service);
                if !self.is_closed()
                    && state.running < lane.places
                    && state.waiting.front() == Some(&id)
                {
                    state.waiting.pop_front();
                    state.running += 1;
                    let at_work = AtWork::begin(self, Some(service));
                    drop(state);
                    lane.moved.notify_waiters();
                    return at_work;
                }
            }
            moved.await;
        }
    }

    fn tell_positions(&self, service: Service) {
        let waiting: Vec<_> = self.lane(service).waiting.iter().copied().collect();
        for (position, id) in (0..).zip(waiting) {
            if let Ok(operation) = self.operations.get(id) {
                operation.set_queue_position(position);
            }
        }
        self.lanes[service.index()].moved.notify_waiters();
    }
}

/// Whether a failure says something of the service rather than of the request.
const fn is_service_s_fault(code: Code) -> bool {
    matches!(
        code,
        Code::Internal | Code::BadGateway | Code::OutOfMemory | Code::StorageFull
    )
}

/// A place at work, given back where it is dropped.
struct AtWork {
    queue: Arc<Queue>,
    /// Whose line's place; `None` aside.
    line: Option<Service>,
}

impl AtWork {
    /// To be called while a line is locked, as [`Queue::close`] waits for that.
    fn begin(queue: &Arc<Queue>, line: Option<Service>) -> Self {
        queue.at_work.send_modify(|n| *n += 1);
        Self {
            queue: queue.clone(),
            line,
        }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        if let Some(service) = self.line {
            self.queue.lane(service).running -= 1;
            self.queue.lanes[service.index()].moved.notify_waiters();
        }
        self.queue.at_work.send_modify(|n| *n -= 1);
    }
}

/// Work that does not notice a cancellation within two seconds is left to end by itself.
async fn cancelled_for_long(operation: &Operation) {
    operation.cancellation().cancelled().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
}
