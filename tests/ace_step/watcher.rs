use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use songwright_base::{Observer, Progress, Stage};

/// Keeps what it is told, and cancels once a stage has come so far.
#[derive(Debug, Default)]
pub(crate) struct Watcher {
    told: Mutex<Vec<Progress>>,
    cancel_at: Option<(Stage, u64)>,
    /// Questions so far, and the one that is answered with yes, and all after it.
    asked: AtomicUsize,
    cancel_on: Option<usize>,
}

impl Watcher {
    pub(crate) fn that_cancels_at(stage: Stage, done: u64) -> Self {
        Self {
            cancel_at: Some((stage, done)),
            ..Self::default()
        }
    }

    /// One that says so when it is asked for the `count`th time.
    pub(crate) fn that_cancels_on(count: usize) -> Self {
        Self {
            cancel_on: Some(count),
            ..Self::default()
        }
    }

    /// How often it was asked whether to stop.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }

    /// What was said of a stage.
    pub(crate) fn of(&self, stage: Stage) -> Vec<(u64, u64)> {
        let told = self.told.lock().unwrap();
        let of_stage = told.iter().filter(|progress| progress.stage == stage);
        of_stage
            .map(|progress| (progress.done, progress.total))
            .collect()
    }
}

impl Observer for Watcher {
    fn report(&self, progress: Progress) {
        self.told.lock().unwrap().push(progress);
    }

    fn is_cancelled(&self) -> bool {
        let asked = self.asked.fetch_add(1, SeqCst) + 1;
        if self.cancel_on.is_some_and(|count| asked >= count) {
            return true;
        }
        let told = self.told.lock().unwrap();
        self.cancel_at.is_some_and(|(stage, done)| {
            told.iter()
                .any(|progress| progress.stage == stage && progress.done >= done)
        })
    }

    /// Loading asks this by the clock.
    fn is_given_up(&self) -> bool {
        false
    }
}
