use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use songwright_base::{
    Code, EngineError, Failure, Operation, OperationId, OperationState, Operations, Service,
    Snapshot, config::ServiceConfig,
};
use tokio::sync::Notify;
use tracing::Instrument as _;

use crate::Aside;

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
    closed: std::sync::atomic::AtomicBool,
}

struct Lane {
    places: usize,
    max_runtime: Duration,
    state: Mutex<LaneState>,
    moved: Notify,
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
        });
        Arc::new(Self {
            aside,
            operations,
            work,
            lanes,
            limit,
            closed: false.into(),
        })
    }

    /// Lets nothing that waits begin any more: it stays in the journal for the next start.
    pub fn close(&self) {
        self.closed
            .store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// All operations, also those that are not in a line.
    #[must_use]
    pub fn operations(&self) -> &Arc<Operations> {
        &self.operations
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
        let service = operation.service();
        if self.is_lined_up(service, id) {
            return Err(Failure::new(
                Code::Conflict,
                "This operation is in the queue already.",
            ));
        }
        if !self.is_aside(&operation.snapshot().kind) {
            self.check_room(service)?;
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
        let state = operation.snapshot().state;
        let kept = state == OperationState::Waiting && !self.is_lined_up(operation.service(), id);
        if kept || state == OperationState::Interrupted {
            operation.end(Err(EngineError::Cancelled.into()));
        }
        Ok(operation)
    }

    fn is_aside(&self, kind: &str) -> bool {
        self.aside.kinds.contains(&kind)
    }

    fn is_lined_up(&self, service: Service, id: OperationId) -> bool {
        self.lane(service).waiting.contains(&id)
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
            let limit = self.aside.max_runtime;
            tokio::spawn(async move { queue.perform(&operation, limit).await }.instrument(span));
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
            () = self.admitted(service, id) => true,
            () = operation.cancellation().cancelled() => {
                self.lane(service).waiting.retain(|waiting| *waiting != id);
                false
            }
        };
        self.tell_positions(service);
        if admitted {
            let limit = self.lanes[service.index()].max_runtime;
            let seconds = self.perform(&operation, limit).await;
            let mut state = self.lane(service);
            state.running -= 1;
            state.mean_seconds = 0.7 * state.mean_seconds + 0.3 * seconds;
        } else {
            operation.end(Err(EngineError::Cancelled.into()));
            self.operations.cleanup(&operation);
        }
        self.lanes[service.index()].moved.notify_waiters();
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
        self.operations.cleanup(operation);
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

    async fn admitted(&self, service: Service, id: OperationId) {
        let lane = &self.lanes[service.index()];
        loop {
            let moved = lane.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            {
                let mut state = self.lane(service);
                if !self.closed.load(std::sync::atomic::Ordering::Relaxed)
                    && state.running < lane.places
                    && state.waiting.front() == Some(&id)
                {
                    state.waiting.pop_front();
                    state.running += 1;
                    drop(state);
                    lane.moved.notify_waiters();
                    return;
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

/// Work that does not notice a cancellation within two seconds is left to end by itself.
async fn cancelled_for_long(operation: &Operation) {
    operation.cancellation().cancelled().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use songwright_base::{
        NoJournal, Observer as _,
        config::{Config, RawConfig},
    };
    use tokio::sync::Semaphore;

    use super::*;

    fn services(max_runtime_s: u64) -> [ServiceConfig; 4] {
        let data = RawConfig {
            data_dir: Some("x".into()),
            ..RawConfig::default()
        };
        let mut services = Config::resolve(data, RawConfig::default(), RawConfig::default())
            .unwrap()
            .services;
        for service in &mut services {
            service.max_concurrent_requests = 1;
            service.max_runtime = Duration::from_secs(max_runtime_s);
        }
        services
    }

    /// A queue with one place and two waiting, whose work waits for a permit.
    fn queue(gate: &Arc<Semaphore>, max_runtime_s: u64) -> Arc<Queue> {
        let gate = gate.clone();
        let work: Arc<Work> = Arc::new(move |operation: Operation| {
            let gate = gate.clone();
            Box::pin(async move {
                loop {
                    if let Ok(permit) = gate.try_acquire() {
                        permit.forget();
                        return Ok(operation.snapshot().request);
                    }
                    if operation.is_cancelled() {
                        return Err(EngineError::Cancelled.into());
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            })
        });
        Queue::new(
            Arc::new(Operations::new(Arc::new(NoJournal))),
            &services(max_runtime_s),
            2,
            Aside {
                kinds: &["fetch"],
                max_runtime: Duration::from_secs(60),
            },
            work,
        )
    }

    async fn running(operation: &Operation) {
        let mut watch = operation.watch();
        watch
            .wait_for(|(_, s)| s.state == OperationState::Running)
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn so_many_work_so_many_wait_the_next_is_refused_and_order_is_kept() {
        let gate = Arc::new(Semaphore::new(0));
        let queue = queue(&gate, 60);
        let submit = |n: u64| queue.submit(Service::Music, "k", json!(n));
        let first = submit(1).unwrap();
        running(&first).await;
        let second = submit(2).unwrap();
        let third = submit(3).unwrap();
        let Err(refused) = submit(4) else {
            panic!("a fourth was taken")
        };
        assert_eq!(refused.code, Code::QueueFull);
        assert!(refused.retry_after_s.is_some());
        assert_eq!(third.snapshot().queue_position, Some(1));
        let elsewhere = queue
            .submit(Service::Image, "k", Value::Null)
            .expect("another line has room");
        queue.cancel(elsewhere.id()).unwrap();
        elsewhere.ended().await;
        gate.add_permits(1);
        first.ended().await;
        running(&second).await;
        assert_eq!(third.snapshot().queue_position, Some(0));
        gate.add_permits(2);
        assert_eq!(third.ended().await.result, Some(json!(3)));
    }

    #[tokio::test]
    async fn what_is_aside_waits_in_no_line_and_has_a_limit_of_its_own() {
        let gate = Arc::new(Semaphore::new(0));
        let queue = queue(&gate, 0);
        let songs: Vec<_> = (0..3)
            .map(|_| queue.submit(Service::Music, "k", Value::Null).unwrap())
            .collect();
        let aside = queue.submit(Service::Music, "fetch", json!(1)).unwrap();
        running(&aside).await;
        for song in &songs {
            // Their time is over at once; what is aside goes on.
            assert_eq!(song.ended().await.state, OperationState::Failed);
        }
        assert_eq!(aside.snapshot().state, OperationState::Running);
        queue.cancel(aside.id()).unwrap();
        assert_eq!(aside.ended().await.state, OperationState::Cancelled);
    }

    #[tokio::test]
    async fn cancelling_ends_what_waits_and_what_runs() {
        let gate = Arc::new(Semaphore::new(0));
        let queue = queue(&gate, 60);
        let first = queue.submit(Service::Music, "k", Value::Null).unwrap();
        let second = queue.submit(Service::Music, "k", Value::Null).unwrap();
        running(&first).await;
        queue.cancel(second.id()).unwrap();
        assert_eq!(second.ended().await.state, OperationState::Cancelled);
        queue.cancel(first.id()).unwrap();
        assert_eq!(first.ended().await.state, OperationState::Cancelled);
    }

    #[tokio::test]
    async fn past_the_time_limit_the_answer_is_a_timeout() {
        let queue = queue(&Arc::new(Semaphore::new(0)), 0);
        let operation = queue.submit(Service::Music, "k", Value::Null).unwrap();
        let end = operation.ended().await;
        assert_eq!(end.error.unwrap().code, Code::Timeout);
    }

    #[tokio::test]
    async fn operations_of_an_earlier_run_wait_until_asked() {
        let gate = Arc::new(Semaphore::new(9));
        let old = queue(&gate, 60)
            .operations()
            .start(Service::Music, "k", json!(7))
            .unwrap();
        let queue = queue(&gate, 60);
        queue.restore(vec![old.snapshot()]);
        assert_eq!(queue.operations().list()[0].state, OperationState::Waiting);
        let resumed = queue.resume(old.id()).unwrap();
        assert_eq!(resumed.ended().await.result, Some(json!(7)));
        assert_eq!(queue.resume(old.id()).err().unwrap().code, Code::Conflict);
    }
}
