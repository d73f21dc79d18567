use std::sync::Mutex;

use songwright_base::{Observer, Progress, Stage};

/// Keeps what it is told, and cancels once a stage has come so far.
#[derive(Debug, Default)]
pub(crate) struct Watcher {
    told: Mutex<Vec<Progress>>,
    cancel_at: Option<(Stage, u64)>,
}

impl Watcher {
    pub(crate) fn that_cancels_at(stage: Stage, done: u64) -> Self {
        Self {
            cancel_at: Some((stage, done)),
            ..Self::default()
        }
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
        let told = self.told.lock().unwrap();
        self.cancel_at.is_some_and(|(stage, done)| {
            told.iter()
                .any(|progress| progress.stage == stage && progress.done >= done)
        })
    }
}
