//! Telling how far a model has been loaded, and ending that early.

use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};
use songwright_base::{Observer, Progress, Stage};

/// Between two looks: short enough for a cancelled operation to end within a second.
const LOOK: Duration = Duration::from_millis(100);
const MILLION: usize = 1_000_000;

/// What can be seen, and done, of a loading from outside.
pub struct Watched<'a> {
    /// Parameters that are there.
    pub loaded: &'a (dyn Fn() -> usize + Sync),
    /// Asks it to end early.
    pub stop: &'a (dyn Fn() + Sync),
}

/// Loads while somebody watches: reports millions of parameters of `parameters` as they come into memory, and
/// stops `watched` when the observer has had enough. What was loaded is whole, also where a file holds parameters
/// that nobody reads. Of no parameters nothing is said.
///
/// # Errors
/// Those of `work`.
pub fn load<T, E>(
    observer: &dyn Observer,
    parameters: usize,
    watched: &Watched<'_>,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    if parameters == 0 {
        return work();
    }
    // Rounded alike, so that the last parameter is the last million.
    let report = |loaded: usize| {
        let done = loaded.min(parameters).div_ceil(MILLION);
        let total = parameters.div_ceil(MILLION);
        observer.report(Progress::new(Stage::Load, done as u64, total as u64));
    };
    report(0);
    if observer.is_cancelled() {
        (watched.stop)();
    }
    let done = std::thread::scope(|scope| {
        let (working, ended) = bounded::<()>(0);
        scope.spawn(move || {
            while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                if observer.is_cancelled() {
                    (watched.stop)();
                }
                report((watched.loaded)());
            }
        });
        let done = work();
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
    use std::{
        sync::{
            Mutex,
            atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        },
        thread::sleep,
    };

    use super::*;

    #[derive(Default)]
    struct Slow {
        loaded: AtomicUsize,
        is_stopped: AtomicBool,
    }

    impl Slow {
        /// An error where it was stopped; a part of the parameters is nobody's.
        fn load(&self, parameters: usize) -> Result<(), usize> {
            for _ in 0..3 {
                if self.is_stopped.load(SeqCst) {
                    return Err(self.loaded.load(SeqCst));
                }
                self.loaded.fetch_add(parameters / 4, SeqCst);
                sleep(3 * LOOK);
            }
            Ok(())
        }

        fn watched_by(&self, watcher: &Watcher) -> Result<(), usize> {
            let watched = Watched {
                loaded: &|| self.loaded.load(SeqCst),
                stop: &|| self.is_stopped.store(true, SeqCst),
            };
            load(watcher, 8 * MILLION, &watched, || self.load(8 * MILLION))
        }
    }

    struct Watcher {
        seen: Mutex<Vec<Progress>>,
        has_enough: bool,
    }

    impl Observer for Watcher {
        fn report(&self, progress: Progress) {
            self.seen.lock().unwrap().push(progress);
        }

        fn is_cancelled(&self) -> bool {
            self.has_enough
        }
    }

    fn watcher(has_enough: bool) -> Watcher {
        Watcher {
            seen: Mutex::default(),
            has_enough,
        }
    }

    #[test]
    fn it_is_told_on_the_way_and_the_end_is_whole() {
        let (watcher, slow) = (watcher(false), Slow::default());
        assert_eq!(slow.watched_by(&watcher), Ok(()));
        let seen = watcher.seen.into_inner().unwrap();
        let progress = |done| Progress::new(Stage::Load, done, 8);
        assert_eq!(seen.first(), Some(&progress(0)));
        assert_eq!(seen.last(), Some(&progress(8)));
        assert!(seen.contains(&progress(4)), "{seen:?}");
    }

    #[test]
    fn it_ends_early_and_nothing_to_load_is_not_spoken_of() {
        let (hasty, slow) = (watcher(true), Slow::default());
        assert_eq!(slow.watched_by(&hasty), Err(0));
        let seen = hasty.seen.lock().unwrap().clone();
        assert!(seen.iter().all(|progress| progress.done < progress.total));
        let silent = watcher(false);
        let nothing = Watched {
            loaded: &|| 0,
            stop: &|| {},
        };
        assert_eq!(load(&silent, 0, &nothing, || Ok::<_, usize>(1)), Ok(1));
        assert!(silent.seen.into_inner().unwrap().is_empty());
    }
}
