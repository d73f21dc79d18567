//! The end of the queue, before that of the program.

use std::{sync::atomic::Ordering, time::Duration};

use songwright_base::{OperationState, Service};
use tokio::time::timeout;

use super::Queue;

/// What is interrupted has so long to notice it. It is longer than the queue waits for what does not.
const LAST: Duration = Duration::from_secs(3);

impl Queue {
    /// Lets nothing that waits begin any more: it stays in the journal for the next start.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        // Who looked before that holds a lock until its operation counts as being at work.
        for service in Service::ALL {
            drop(self.lane(service));
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Closes the queue and lets what runs end. What has not after `grace` is interrupted and can go on at
    /// the next start. It returns three seconds later at the latest.
    pub async fn drain(&self, grace: Duration) {
        self.close();
        if timeout(grace, self.nothing_runs()).await.is_ok() {
            return;
        }
        for snapshot in self.operations.list() {
            if snapshot.state == OperationState::Running
                && let Ok(operation) = self.operations.get(snapshot.operation_id)
            {
                tracing::warn!("[{}] Interrupted: the program ends", snapshot.operation_id);
                operation.interrupt();
            }
        }
        if timeout(LAST, self.nothing_runs()).await.is_err() {
            tracing::error!("What was interrupted did not end");
        }
    }

    pub(super) async fn nothing_runs(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.at_work.subscribe().wait_for(|n| *n == 0).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};
    use tokio::sync::Semaphore;

    use super::super::tests::{queue, running};
    use super::*;

    #[tokio::test]
    async fn what_runs_may_end_and_what_waits_does_not_begin() {
        let gate = Arc::new(Semaphore::new(0));
        let queue = queue(&gate, 60);
        let submit = |kind, n: u64| queue.submit(Service::Music, kind, json!(n)).unwrap();
        let (first, second, aside) = (submit("k", 1), submit("k", 2), submit("fetch", 3));
        running(&first).await;
        running(&aside).await;
        let draining = tokio::spawn({
            let queue = queue.clone();
            async move { queue.drain(Duration::from_secs(600)).await }
        });
        while !queue.is_closed() {
            tokio::task::yield_now().await;
        }
        let late = submit("fetch", 4);
        assert!(!draining.is_finished());
        gate.add_permits(9);
        draining.await.unwrap();
        let state = |operation: &songwright_base::Operation| operation.snapshot().state;
        assert_eq!(
            [&first, &aside, &second, &late].map(state),
            [
                OperationState::Succeeded,
                OperationState::Succeeded,
                OperationState::Waiting,
                OperationState::Waiting
            ]
        );
    }

    #[tokio::test]
    async fn past_its_grace_what_runs_is_interrupted_and_can_go_on() {
        let gate = Arc::new(Semaphore::new(0));
        let old = queue(&gate, 60);
        let operation = old.submit(Service::Music, "k", Value::Null).unwrap();
        running(&operation).await;
        old.drain(Duration::from_millis(10)).await;
        let end = operation.snapshot();
        assert_eq!(end.state, OperationState::Interrupted, "{end:?}");
        let next = queue(&gate, 60);
        next.restore(vec![end]);
        gate.add_permits(1);
        let resumed = next.resume(operation.id()).unwrap();
        assert_eq!(resumed.ended().await.state, OperationState::Succeeded);
    }
}
