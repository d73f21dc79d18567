//! How far the loading of networks has come.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use songwright_base::{Observer, Progress, Stage};

use super::Error;

const MILLION: usize = 1_000_000;

/// Counts parameters as they come into memory, in millions, and asks whether to go on.
pub(super) struct Loading<'a> {
    loaded: AtomicUsize,
    parameters: usize,
    observer: &'a dyn Observer,
}

impl<'a> Loading<'a> {
    /// Of that many parameters; of none nothing is said.
    pub(super) fn new(parameters: usize, observer: &'a dyn Observer) -> Self {
        let loading = Self {
            loaded: AtomicUsize::new(0),
            parameters,
            observer,
        };
        loading.report(0);
        loading
    }

    /// That many more are there.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn add(&self, parameters: usize) -> Result<(), Error> {
        if self.observer.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let before = self.loaded.fetch_add(parameters, Relaxed);
        self.report(before + parameters);
        Ok(())
    }

    fn report(&self, loaded: usize) {
        if self.parameters == 0 {
            return;
        }
        let total = self.parameters.div_ceil(MILLION);
        // Rounded alike, so that the last parameter is the last million.
        let done = loaded.div_ceil(MILLION);
        let progress = Progress::new(Stage::Load, done as u64, total as u64);
        self.observer.report(progress);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use songwright_base::{Observer, Progress, Stage};

    use super::{Error, Loading};

    struct Watcher {
        seen: Mutex<Vec<Progress>>,
        patience: usize,
    }

    impl Observer for Watcher {
        fn report(&self, progress: Progress) {
            self.seen.lock().unwrap().push(progress);
        }

        fn is_cancelled(&self) -> bool {
            self.seen.lock().unwrap().len() > self.patience
        }
    }

    fn watcher(patience: usize) -> Watcher {
        Watcher {
            seen: Mutex::default(),
            patience,
        }
    }

    #[test]
    fn every_part_counts_and_the_last_makes_it_whole() {
        let watcher = watcher(9);
        let loading = Loading::new(2_500_001, &watcher);
        loading.add(1_200_000).unwrap();
        loading.add(1_300_001).unwrap();
        let progress = |done| Progress::new(Stage::Load, done, 3);
        let seen = watcher.seen.into_inner().unwrap();
        assert_eq!(seen, [progress(0), progress(2), progress(3)]);
    }

    #[test]
    fn nothing_to_load_is_not_spoken_of_and_cancelling_ends_it() {
        let silent = watcher(0);
        Loading::new(0, &silent).add(0).unwrap();
        assert!(silent.seen.into_inner().unwrap().is_empty());
        let hasty = watcher(0);
        let ended = Loading::new(5, &hasty).add(1);
        assert!(matches!(ended, Err(Error::Cancelled)));
    }
}
