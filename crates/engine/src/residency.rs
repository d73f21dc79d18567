use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
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
    /// At work, and waiting for more memory.
    waits: bool,
    idle_since: Instant,
    leave: Sender<()>,
}

/// What is wanted for an engine.
struct Wish {
    id: u64,
    /// In all.
    bytes: u64,
    /// Of it, what is not booked yet.
    more: u64,
}

fn used(residents: &[Resident]) -> u64 {
    residents.iter().map(|r| r.bytes).sum()
}

fn bytes_of(residents: &[Resident], id: u64) -> u64 {
    let own = residents.iter().find(|r| r.id == id);
    own.map_or(0, |own| own.bytes)
}

/// How much was added: nothing for an engine that has left.
fn add(residents: &mut [Resident], id: u64, bytes: u64) -> u64 {
    let own = residents.iter_mut().find(|r| r.id == id);
    own.map_or(0, |own| {
        own.bytes += bytes;
        bytes
    })
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
        used(&self.residents())
    }

    /// Makes room for a newcomer and books it: idle engines are asked to leave, longest idle first, and those
    /// at work are waited for, however long they take.
    pub(crate) fn enter(
        &self,
        newcomer: &Newcomer<'_>,
        observer: &dyn Observer,
    ) -> Result<(), EngineError> {
        let &Newcomer { id, bytes, leave } = newcomer;
        let mut residents = self.room(
            &Wish {
                id,
                bytes,
                more: bytes,
            },
            observer,
        )?;
        residents.push(Resident {
            id,
            bytes,
            busy: true,
            waits: false,
            idle_since: Instant::now(),
            leave: leave.clone(),
        });
        Ok(())
    }

    /// Books more for an engine at work, so that it has `bytes` in all; waits as for a newcomer, but not for others that wait
    /// themselves, who may do so for this one. How much was added.
    pub(crate) fn grow(
        &self,
        id: u64,
        bytes: u64,
        observer: &dyn Observer,
    ) -> Result<u64, EngineError> {
        let more = bytes.saturating_sub(self.bytes_of(id));
        if more == 0 {
            return Ok(0);
        }
        self.set_waiting(id, true);
        let room = self.room(&Wish { id, bytes, more }, observer);
        let grown = room.map(|mut residents| add(&mut residents, id, more));
        self.set_waiting(id, false);
        grown
    }

    /// Books for an engine what is free, up to `bytes` in all, and waits for nobody. How much was added.
    pub(crate) fn grow_into_free(&self, id: u64, bytes: u64) -> u64 {
        let mut residents = self.residents();
        let free = self.budget_bytes.saturating_sub(used(&residents));
        let wanted = bytes.saturating_sub(bytes_of(&residents, id));
        add(&mut residents, id, wanted.min(free))
    }

    /// Gives back what an engine had booked beside its own.
    pub(crate) fn shrink(&self, id: u64, bytes: u64) {
        let mut residents = self.residents();
        if let Some(resident) = residents.iter_mut().find(|r| r.id == id) {
            resident.bytes = resident.bytes.saturating_sub(bytes);
        }
        self.changed.notify_all();
    }

    /// What an engine has, and what nobody has.
    pub(crate) fn within_reach(&self, id: u64) -> u64 {
        let residents = self.residents();
        let free = self.budget_bytes.saturating_sub(used(&residents));
        bytes_of(&residents, id) + free
    }

    /// Waits until there is room.
    fn room(
        &self,
        wish: &Wish,
        observer: &dyn Observer,
    ) -> Result<MutexGuard<'_, Vec<Resident>>, EngineError> {
        let out_of_memory = |others: u64| EngineError::OutOfMemory {
            needed_mib: wish.bytes.div_ceil(1 << 20),
            available_mib: self.budget_bytes.saturating_sub(others) >> 20,
        };
        if wish.bytes > self.budget_bytes {
            return Err(out_of_memory(0));
        }
        let mut patience = Instant::now() + self.patience;
        let mut residents = self.residents();
        loop {
            let used = used(&residents);
            if used + wish.more <= self.budget_bytes {
                return Ok(residents);
            }
            let others = || residents.iter().filter(|r| r.id != wish.id);
            if let Some(idle) = others().filter(|r| !r.busy).min_by_key(|r| r.idle_since) {
                // A full channel means that it was asked already.
                let _ = idle.leave.try_send(());
            }
            if observer.is_cancelled() {
                return Err(EngineError::Cancelled);
            }
            let is_newcomer = bytes_of(&residents, wish.id) == 0;
            if others().any(|r| r.busy && (is_newcomer || !r.waits)) {
                patience = Instant::now() + self.patience;
            } else if others().all(|r| r.busy) {
                // Whoever waits too has this one's memory to wait for.
                return Err(out_of_memory(used - (wish.bytes - wish.more)));
            }
            let left = patience.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(out_of_memory(used - (wish.bytes - wish.more)));
            }
            residents = self
                .changed
                .wait_timeout(residents, left.min(Duration::from_millis(200)))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn residents(&self) -> MutexGuard<'_, Vec<Resident>> {
        self.residents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn set_waiting(&self, id: u64, waits: bool) {
        if let Some(resident) = self.residents().iter_mut().find(|r| r.id == id) {
            resident.waits = waits;
        }
        self.changed.notify_all();
    }

    #[cfg(test)]
    pub(crate) fn waits(&self, id: u64) -> bool {
        self.residents().iter().any(|r| r.id == id && r.waits)
    }

    /// What is booked for an engine.
    pub(crate) fn bytes_of(&self, id: u64) -> u64 {
        bytes_of(&self.residents(), id)
    }

    pub(crate) fn set_busy(&self, id: u64, busy: bool) {
        let mut residents = self.residents();
        if let Some(resident) = residents.iter_mut().find(|r| r.id == id) {
            resident.busy = busy;
            resident.idle_since = Instant::now();
        }
        self.changed.notify_all();
    }

    pub(crate) fn leave(&self, id: u64) {
        let mut residents = self.residents();
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
