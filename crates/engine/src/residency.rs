use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crossbeam_channel::Sender;
use songwright_base::{EngineError, Observer};

/// How long a thread waits for an idle engine to leave.
const EVICTION_PATIENCE: Duration = Duration::from_secs(30);

/// The memory that loaded engines may take together, and who leaves when it does not suffice: the
/// one idle for longest.
#[derive(Debug)]
pub struct Residency {
    budget_bytes: u64,
    patience: Duration,
    residents: Mutex<Vec<Resident>>,
    changed: Condvar,
}

/// Who wants to be loaded.
#[derive(Debug)]
pub(crate) struct Newcomer<'a> {
    pub(crate) id: u64,
    pub(crate) bytes: u64,
    /// Asks it to go again.
    pub(crate) leave: &'a Sender<()>,
}

#[derive(Debug)]
struct Resident {
    id: u64,
    bytes: u64,
    busy: bool,
    idle_since: Instant,
    leave: Sender<()>,
}

impl Residency {
    /// A budget in bytes.
    #[must_use]
    pub fn new(budget_bytes: u64) -> Arc<Self> {
        Arc::new(Self {
            budget_bytes,
            patience: EVICTION_PATIENCE,
            residents: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Bytes of all loaded engines.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        let residents = self
            .residents
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        residents.iter().map(|r| r.bytes).sum()
    }

    /// Makes room for a newcomer and books it: idle engines are asked to leave, longest idle first, and those
    /// at work are waited for, however long they take.
    pub(crate) fn enter(
        &self,
        newcomer: &Newcomer<'_>,
        observer: &dyn Observer,
    ) -> Result<(), EngineError> {
        let &Newcomer { id, bytes, leave } = newcomer;
        let out_of_memory = |used: u64| EngineError::OutOfMemory {
            needed_mib: bytes.div_ceil(1 << 20),
            available_mib: self.budget_bytes.saturating_sub(used) >> 20,
        };
        if bytes > self.budget_bytes {
            return Err(out_of_memory(0));
        }
        let mut patience = Instant::now() + self.patience;
        let mut residents = self
            .residents
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        loop {
            let used: u64 = residents.iter().map(|r| r.bytes).sum();
            if used + bytes <= self.budget_bytes {
                let leave = leave.clone();
                residents.push(Resident {
                    id,
                    bytes,
                    busy: true,
                    idle_since: Instant::now(),
                    leave,
                });
                return Ok(());
            }
            if let Some(idle) = residents
                .iter()
                .filter(|r| !r.busy)
                .min_by_key(|r| r.idle_since)
            {
                // A full channel means that it was asked already.
                let _ = idle.leave.try_send(());
            }
            if observer.is_cancelled() {
                return Err(EngineError::Cancelled);
            }
            if residents.iter().any(|resident| resident.busy) {
                patience = Instant::now() + self.patience;
            }
            let left = patience.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(out_of_memory(used));
            }
            residents = self
                .changed
                .wait_timeout(residents, left.min(Duration::from_millis(200)))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    pub(crate) fn set_busy(&self, id: u64, busy: bool) {
        let mut residents = self
            .residents
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(resident) = residents.iter_mut().find(|r| r.id == id) {
            resident.busy = busy;
            resident.idle_since = Instant::now();
        }
        self.changed.notify_all();
    }

    pub(crate) fn leave(&self, id: u64) {
        let mut residents = self
            .residents
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        residents.retain(|r| r.id != id);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicBool, sync::atomic::Ordering::SeqCst, thread};

    use crossbeam_channel::bounded;
    use songwright_base::{Progress, Silent};

    use super::*;

    const MOMENT: Duration = Duration::from_millis(20);

    fn impatient() -> Arc<Residency> {
        Arc::new(Residency {
            budget_bytes: 100,
            patience: MOMENT,
            residents: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Enters and stays at work.
    fn first(residency: &Residency) {
        let (leave, _) = bounded(1);
        let one = Newcomer {
            id: 1,
            bytes: 60,
            leave: &leave,
        };
        residency.enter(&one, &Silent).unwrap();
    }

    #[test]
    fn an_engine_at_work_is_waited_for() {
        let residency = impatient();
        first(&residency);
        let worker = residency.clone();
        let work = thread::spawn(move || {
            thread::sleep(10 * MOMENT);
            let together = worker.used_bytes();
            worker.leave(1);
            together
        });
        let (leave, _) = bounded(1);
        let two = Newcomer {
            id: 2,
            bytes: 60,
            leave: &leave,
        };
        residency.enter(&two, &Silent).unwrap();
        assert_eq!(work.join().unwrap(), 60);
        assert_eq!(residency.used_bytes(), 60);
    }

    #[test]
    fn an_idle_one_that_does_not_go_is_not_waited_for_long() {
        let residency = impatient();
        first(&residency);
        residency.set_busy(1, false);
        let (leave, _) = bounded(1);
        let two = Newcomer {
            id: 2,
            bytes: 60,
            leave: &leave,
        };
        let ended = residency.enter(&two, &Silent);
        assert!(matches!(ended, Err(EngineError::OutOfMemory { .. })));
    }

    #[test]
    fn waiting_ends_with_the_wish() {
        struct Wish(AtomicBool);
        impl Observer for Wish {
            fn report(&self, _: Progress) {}
            fn is_cancelled(&self) -> bool {
                self.0.load(SeqCst)
            }
        }
        let residency = impatient();
        first(&residency);
        let wish = Arc::new(Wish(AtomicBool::new(false)));
        let given_up = wish.clone();
        let giving_up = thread::spawn(move || {
            thread::sleep(5 * MOMENT);
            given_up.0.store(true, SeqCst);
        });
        let (leave, _) = bounded(1);
        let two = Newcomer {
            id: 2,
            bytes: 60,
            leave: &leave,
        };
        let ended = residency.enter(&two, wish.as_ref());
        assert!(matches!(ended, Err(EngineError::Cancelled)));
        giving_up.join().unwrap();
        assert_eq!(residency.used_bytes(), 60);
    }
}
