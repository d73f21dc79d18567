use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use songwright_base::{Observer, Preview, Progress, Stage};

/// Keeps what it is told, and cancels once so many steps are done.
#[derive(Debug, Default)]
pub(crate) struct Watcher {
    told: Mutex<Vec<(u64, u64)>>,
    loaded: Mutex<Vec<(u64, u64)>>,
    previews: Mutex<Vec<Preview>>,
    cancel_at: Option<u64>,
    /// Questions so far, and the one that is answered with yes, and all after it.
    asked: AtomicUsize,
    cancel_on: Option<usize>,
}

impl Watcher {
    pub(crate) fn that_cancels_at(done: u64) -> Self {
        Self {
            cancel_at: Some(done),
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

    pub(crate) fn told(&self) -> Vec<(u64, u64)> {
        self.told.lock().unwrap().clone()
    }

    /// Millions of parameters, of how many.
    pub(crate) fn loaded(&self) -> Vec<(u64, u64)> {
        self.loaded.lock().unwrap().clone()
    }

    pub(crate) fn previews(&self) -> Vec<Preview> {
        self.previews.lock().unwrap().clone()
    }
}

impl Observer for Watcher {
    fn report(&self, progress: Progress) {
        let told = match progress.stage {
            Stage::Load => &self.loaded,
            other => {
                assert_eq!(other, Stage::Cover);
                &self.told
            }
        };
        let mut told = told.lock().unwrap();
        told.push((progress.done, progress.total));
    }

    fn is_cancelled(&self) -> bool {
        let asked = self.asked.fetch_add(1, SeqCst) + 1;
        if self.cancel_on.is_some_and(|count| asked >= count) {
            return true;
        }
        let told = self.told.lock().unwrap();
        self.cancel_at
            .is_some_and(|at| told.iter().any(|(done, _)| *done >= at))
    }

    /// Loading asks this by the clock.
    fn is_given_up(&self) -> bool {
        false
    }

    fn preview(&self, preview: &Preview) {
        self.previews.lock().unwrap().push(preview.clone());
    }
}
