use std::{
    ops::ControlFlow,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use songwright_base::{Observer, Progress, Stage};
use tokio_util::sync::CancellationToken;

use crate::Error;

/// Between two looks at what several tasks and threads have done.
const LOOK: Duration = Duration::from_millis(100);

/// What those who work on a model have done together, and whether they are to stop.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    done: AtomicU64,
    note: Mutex<Option<String>>,
    pub(crate) stop: CancellationToken,
}

impl Tally {
    /// Counts bytes; breaks where the work is to stop.
    pub(crate) fn add(&self, bytes: u64) -> ControlFlow<()> {
        self.done.fetch_add(bytes, Ordering::Relaxed);
        if self.stop.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Takes bytes back that have to come again.
    pub(crate) fn take_back(&self, bytes: u64) {
        self.done.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Says something to whoever watches.
    pub(crate) fn note(&self, text: String) {
        tracing::info!("{text}");
        *self.note.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    /// Drives `work`, which counts here, to its end. `total` bytes are all of it.
    ///
    /// # Errors
    /// What `work` says; [`Error::Cancelled`] within a moment after the observer says so.
    pub(crate) async fn watch<T>(
        &self,
        work: impl Future<Output = Result<T, Error>>,
        stage: Stage,
        total: u64,
        observer: &dyn Observer,
    ) -> Result<T, Error> {
        // Threads learn of it also where this is dropped.
        let _stop = self.stop.clone().drop_guard();
        tokio::pin!(work);
        let report = |done: u64| {
            observer.report(Progress::new(stage, done.min(total), total.max(1)));
        };
        report(0);
        loop {
            tokio::select! {
                biased;
                result = &mut work => {
                    if result.is_ok() {
                        report(total);
                    }
                    return result;
                }
                () = tokio::time::sleep(LOOK) => {
                    if observer.is_cancelled() {
                        return Err(Error::Cancelled);
                    }
                    let note = self.note.lock().unwrap_or_else(PoisonError::into_inner).take();
                    if let Some(note) = note {
                        observer.note(&note);
                    }
                    report(self.done.load(Ordering::Relaxed));
                }
            }
        }
    }
}
