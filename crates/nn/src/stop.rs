//! Ending a network's work before it is done.
//!
//! A layer may take a second, and a network hundreds of layers. Whoever runs one says once for the thread what is to be
//! asked ([`asking`]); layers ask before they begin, and loops of our own between their parts, on whichever
//! thread. After the first no nothing is asked again: every loop skips what is left, and what it leaves unfinished
//! becomes no tensor but [`Error::Stopped`], so that it can be taken for no result.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rayon::prelude::*;
use scoped_tls_hkt::scoped_thread_local;

use crate::{Error, Result};

scoped_thread_local!(static WATCH: for<'a> Watch<'a>);

/// Who is asked, and whether the answer was no.
#[derive(Clone, Copy)]
struct Watch<'a> {
    goes_on: &'a (dyn Fn() -> bool + Sync),
    is_over: &'a AtomicBool,
}

impl Watch<'_> {
    fn goes_on(&self) -> bool {
        if self.is_over.load(Relaxed) {
            return false;
        }
        let goes_on = (self.goes_on)();
        if !goes_on {
            self.is_over.store(true, Relaxed);
        }
        goes_on
    }
}

/// Does some work on this thread. Within it layers and loops ask `goes_on`, at least once a second on a processor, and end with
/// [`Error::Stopped`] after its first no. What is asked outside is not asked within.
pub fn asking<T>(goes_on: &(dyn Fn() -> bool + Sync), work: impl FnOnce() -> T) -> T {
    let is_over = AtomicBool::new(false);
    let watch = Watch {
        goes_on,
        is_over: &is_over,
    };
    WATCH.set(watch, work)
}

/// Asks, where somebody is to be asked: whether to go on.
pub(crate) fn goes_on() -> bool {
    !WATCH.is_set() || WATCH.with(|watch| watch.goes_on())
}

/// Asks before a layer.
///
/// # Errors
/// [`Error::Stopped`] where the answer is, or was, no.
pub(crate) fn ask() -> Result<()> {
    if goes_on() {
        Ok(())
    } else {
        Err(Error::Stopped)
    }
}

/// Looks, without asking, before a loop's result is one.
///
/// # Errors
/// [`Error::Stopped`] where a loop may have ended early.
pub(crate) fn whole() -> Result<()> {
    if WATCH.is_set() && WATCH.with(|watch| watch.is_over.load(Relaxed)) {
        return Err(Error::Stopped);
    }
    Ok(())
}

/// Does `count` tasks on all threads, asking before each.
pub(crate) fn each(count: usize, task: impl Fn(usize) + Send + Sync) {
    if !WATCH.is_set() {
        (0..count).into_par_iter().for_each(task);
        return;
    }
    // The threads of tasks are others.
    WATCH.with(|watch| {
        (0..count).into_par_iter().for_each(|i| {
            if watch.goes_on() {
                task(i);
            }
        });
    });
}

/// Does some work on one of the threads that loops are split over, asking whoever is asked here: a loop that is begun
/// elsewhere wakes one of them and puts its own thread to sleep.
pub(crate) fn in_pool<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if !WATCH.is_set() {
        // That thread may be in the midst of somebody else's work, who is not to be asked.
        return asking(&|| true, || in_pool(work));
    }
    WATCH.with(|watch| rayon::scope(|_| WATCH.set(watch, work)))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use candle_core::{DType, Device, Tensor};

    use super::*;
    use crate::{
        Linear, Matrix,
        attention::attention,
        conv::{Conv2d, ConvShape},
        testing::random,
        weights::{Bias, Memory, Weights},
    };

    /// Says no at a question, and counts them.
    struct Asked {
        count: AtomicUsize,
        last: usize,
    }

    impl Asked {
        fn until(last: usize) -> Self {
            Self {
                count: AtomicUsize::new(0),
                last,
            }
        }

        fn during<T>(&self, work: impl FnOnce() -> T) -> T {
            asking(&|| self.count.fetch_add(1, SeqCst) + 1 < self.last, work)
        }

        fn count(&self) -> usize {
            self.count.load(SeqCst)
        }
    }

    fn conv(kernel: usize) -> Conv2d {
        let shape = ConvShape::same(16, 16, kernel);
        let tensors = [
            ("weight", random(&[16, 16, kernel, kernel])),
            ("bias", random(&[16])),
        ];
        let tensors = tensors.map(|(name, tensor)| (name.to_owned(), tensor));
        let memory: Memory = tensors.into_iter().collect();
        let weights = Weights::new(memory, DType::F32, &Device::Cpu);
        Conv2d::load(&weights, shape, Bias::With).unwrap()
    }

    #[test]
    fn a_no_ends_every_kind_of_layer_in_its_midst() {
        let (picture, rows) = (random(&[1, 16, 200, 200]), random(&[1, 2, 700, 16]));
        let matrix = Linear::new(Matrix::Dense(random(&[400, 16])), None).unwrap();
        let tiles = conv(3);
        let pixels = conv(5);
        let layers: [(&str, &dyn Fn() -> Result<Tensor>); 4] = [
            ("tiles", &|| tiles.forward(&picture)),
            ("pixels", &|| pixels.forward(&picture)),
            ("matrix", &|| matrix.forward(&rows)),
            ("attention", &|| attention(&rows, &rows, &rows, 1.0, None)),
        ];
        for (name, layer) in layers {
            let all = Asked::until(usize::MAX);
            let whole = all.during(layer).unwrap();
            // Before the layer, and between its parts.
            assert!(all.count() > 2, "{name}: {}", all.count());
            for last in 1..=all.count() {
                let asked = Asked::until(last);
                let stopped = asked.during(layer);
                assert!(matches!(stopped, Err(Error::Stopped)), "{name}, {last}");
                // Threads may be at several questions when the first of them hears the no.
                let most = last + rayon::current_num_threads();
                assert!(asked.count() < most, "{name}: {} of {last}", asked.count());
            }
            // Where nobody is asked, all is as it was.
            let again = layer().unwrap();
            assert_eq!(values(&again), values(&whole), "{name}");
        }
    }

    fn values(x: &Tensor) -> Vec<f32> {
        x.flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn who_is_asked_is_asked_in_the_pool() {
        let asked = Asked::until(2);
        asked.during(|| {
            assert!(in_pool(ask).is_ok());
            assert!(matches!(in_pool(ask), Err(Error::Stopped)));
        });
        assert_eq!(asked.count(), 2);
        assert!(in_pool(|| ask().and_then(|()| whole())).is_ok());
    }

    #[test]
    fn after_a_no_nothing_is_asked_again() {
        let layer = conv(3);
        let picture = random(&[1, 16, 96, 96]);
        let asked = Asked::until(1);
        asked.during(|| {
            for _ in 0..3 {
                assert!(matches!(layer.forward(&picture), Err(Error::Stopped)));
            }
        });
        assert_eq!(asked.count(), 1);
    }

    #[test]
    fn who_is_asked_within_is_nobody_outside() {
        let outer = Asked::until(usize::MAX);
        outer.during(|| {
            let inner = Asked::until(1);
            assert!(inner.during(ask).is_err());
            assert!(ask().is_ok());
        });
        assert_eq!(outer.count(), 1);
        assert!(goes_on() && whole().is_ok());
    }
}
