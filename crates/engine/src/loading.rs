//! Telling how far a model has been loaded, and ending that early.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use crossbeam_channel::{RecvTimeoutError, bounded};
use songwright_base::{Observer, Progress, Stage};

/// Between two looks: short enough for a cancelled operation to end within a second.
const LOOK: Duration = Duration::from_millis(100);
const MILLION: usize = 1_000_000;

/// Takes note of parameters that have come into memory; whether to go on.
pub type Told = Arc<dyn Fn(usize) -> bool + Send + Sync>;

/// Loads while somebody watches: reports millions of parameters of `parameters` as `work` tells of them, and lets it
/// know when the observer gave it up; past a deadline it goes on. What was loaded is whole, also where `parameters` are somewhat more than
/// are read. Of no parameters nothing is said.
///
/// # Errors
/// Those of `work`.
pub fn load<T, E>(
    observer: &dyn Observer,
    parameters: usize,
    work: impl FnOnce(&Told) -> Result<T, E>,
) -> Result<T, E> {
    let loaded = Arc::new(AtomicUsize::new(0));
    let is_over = Arc::new(AtomicBool::new(observer.is_given_up()));
    let told: Told = {
        let (loaded, is_over) = (Arc::clone(&loaded), Arc::clone(&is_over));
        Arc::new(move |parameters| {
            loaded.fetch_add(parameters, Relaxed);
            !is_over.load(Relaxed)
        })
    };
    if parameters == 0 {
        return work(&told);
    }
    // Rounded alike, so that the last parameter is the last million.
    let report = |loaded: usize| {
        let done = loaded.min(parameters).div_ceil(MILLION);
        let total = parameters.div_ceil(MILLION);
        observer.report(Progress::new(Stage::Load, done as u64, total as u64));
    };
    report(0);
    let done = std::thread::scope(|scope| {
        let (working, ended) = bounded::<()>(0);
        scope.spawn(move || {
            while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                if observer.is_given_up() {
                    is_over.store(true, Relaxed);
                }
                report(loaded.load(Relaxed));
            }
        });
        let done = work(&told);
        drop(working);
        done
    });
    if done.is_ok() {
        report(parameters);
    }
    done
}

#[cfg(test)]
mod tests {
    use std::{sync::Mutex, thread::sleep};

    use super::*;

    struct Watcher {
        seen: Mutex<Vec<Progress>>,
        is_late: bool,
        has_enough: bool,
    }

    impl Observer for Watcher {
        fn report(&self, progress: Progress) {
            self.seen.lock().unwrap().push(progress);
        }

        fn is_cancelled(&self) -> bool {
            self.is_late || self.has_enough
        }

        fn is_given_up(&self) -> bool {
            self.has_enough
        }
    }

    fn watcher(has_enough: bool) -> Watcher {
        Watcher {
            seen: Mutex::default(),
            is_late: false,
            has_enough,
        }
    }

    /// Three quarters of eight million; an error says how many parts there were when it had to end.
    fn slow(told: &Told) -> Result<(), usize> {
        for part in 0..3 {
            if !told(2 * MILLION) {
                return Err(part);
            }
            sleep(3 * LOOK);
        }
        Ok(())
    }

    #[test]
    fn it_is_told_on_the_way_and_the_end_is_whole() {
        let watcher = watcher(false);
        load(&watcher, 8 * MILLION, slow).unwrap();
        let seen = watcher.seen.into_inner().unwrap();
        let progress = |done| Progress::new(Stage::Load, done, 8);
        assert_eq!(seen.first(), Some(&progress(0)));
        assert_eq!(seen.last(), Some(&progress(8)));
        assert!(seen.contains(&progress(4)), "{seen:?}");
    }

    #[test]
    fn past_a_deadline_it_is_finished_for_the_next_caller() {
        let late = Watcher {
            is_late: true,
            ..watcher(false)
        };
        load(&late, 8 * MILLION, slow).unwrap();
        let seen = late.seen.into_inner().unwrap();
        assert_eq!(seen.last(), Some(&Progress::new(Stage::Load, 8, 8)));
    }

    #[test]
    fn it_ends_early_and_nothing_to_load_is_not_spoken_of() {
        let hasty = watcher(true);
        assert_eq!(load(&hasty, 8 * MILLION, slow), Err(0));
        let seen = hasty.seen.into_inner().unwrap();
        assert!(seen.iter().all(|progress| progress.done < progress.total));
        let silent = watcher(false);
        assert_eq!(load(&silent, 0, |_| Ok::<_, usize>(1)), Ok(1));
        assert!(silent.seen.into_inner().unwrap().is_empty());
    }
}
