use std::sync::Mutex;

use songwright_base::{Observer, Preview, Progress, Stage};

/// Keeps what it is told, and cancels once so many steps are done.
#[derive(Debug, Default)]
pub(crate) struct Watcher {
    told: Mutex<Vec<(u64, u64)>>,
    loaded: Mutex<Vec<(u64, u64)>>,
    previews: Mutex<Vec<Preview>>,
    cancel_at: Option<u64>,
}

impl Watcher {
    pub(crate) fn that_cancels_at(done: u64) -> Self {
        Self {
            cancel_at: Some(done),
            ..Self::default()
        }
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
        let told = self.told.lock().unwrap();
        self.cancel_at
            .is_some_and(|at| told.iter().any(|(done, _)| *done >= at))
    }

    fn preview(&self, preview: &Preview) {
        self.previews.lock().unwrap().push(preview.clone());
    }
}
