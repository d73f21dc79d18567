use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crossbeam_channel::Sender;
use songwright_base::{EngineError, Observer};

/// How long a thread waits for an idle engine to leave.
const EVICTION_PATIENCE: Duration = Duration::from_secs(30);

/// How often is looked whether whoever waits still wants to.
const LOOK: Duration = Duration::from_millis(200);

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
    /// Since when it is idle, or at work.
    since: Instant,
    leave: Sender<()>,
}

fn used(residents: &[Resident]) -> u64 {
    residents.iter().map(|r| r.bytes).sum()
}

fn bytes_of(residents: &[Resident], id: u64) -> u64 {
    let own = residents.iter().find(|r| r.id == id);
    own.map_or(0, |own| own.bytes)
}

fn add(residents: &mut [Resident], id: u64, bytes: u64) {
    if let Some(own) = residents.iter_mut().find(|r| r.id == id) {
        own.bytes += bytes;
    }
}

/// Asks one engine, of all others that have memory: the one that has been idle for longest, else the one that has been at
/// work for longest, which hears of it when it is done, before what waits in its line.
fn ask_one_to_leave(residents: &[Resident], but: u64) {
    let others = residents.iter().filter(|r| r.id != but && r.bytes > 0);
    if let Some(first) = others.min_by_key(|r| (r.busy, r.since)) {
        // A full channel means that it was asked already.
        let _ = first.leave.try_send(());
    }
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
        let mut residents = self.wait_for(id, bytes, observer)?;
        residents.push(Resident {
            id,
            bytes,
            busy: true,
            since: Instant::now(),
            leave: leave.clone(),
        });
        Ok(())
    }

    /// Books more for an engine at work, so that it has `bytes` in all, of what is free or will be once idle engines have left.
    /// Nobody at work is waited for, who may be waiting too: `false` where that would be needed.
    pub(crate) fn grow(
        &self,
        id: u64,
        bytes: u64,
        observer: &dyn Observer,
    ) -> Result<bool, EngineError> {
        let patience = Instant::now() + self.patience;
        let mut residents = self.residents();
        if bytes > self.budget_bytes.max(bytes_of(&residents, id)) {
            return Err(self.out_of_memory(bytes, 0));
        }
        loop {
            if bytes <= bytes_of(&residents, id) {
                return Ok(true);
            }
            let at_work = residents.iter().filter(|r| r.busy && r.id != id);
            let of_others: u64 = at_work.map(|r| r.bytes).sum();
            if of_others + bytes > self.budget_bytes || Instant::now() > patience {
                return Ok(false);
            }
            let more = bytes - bytes_of(&residents, id);
            if used(&residents) + more <= self.budget_bytes {
                add(&mut residents, id, more);
                return Ok(true);
            }
            if observer.is_cancelled() {
                return Err(EngineError::Cancelled);
            }
            ask_one_to_leave(&residents, id);
            residents = self.changed(residents, LOOK);
        }
    }

    /// Books `bytes` for an engine that has given up all that it had, as for a newcomer.
    pub(crate) fn return_with(
        &self,
        id: u64,
        bytes: u64,
        observer: &dyn Observer,
    ) -> Result<(), EngineError> {
        self.shrink_to(id, 0);
        let mut residents = self.wait_for(id, bytes, observer)?;
        add(&mut residents, id, bytes);
        Ok(())
    }

    /// Books for an engine what is free, up to `bytes` in all, and waits for nobody.
    pub(crate) fn grow_into_free(&self, id: u64, bytes: u64) {
        let mut residents = self.residents();
        let free = self.budget_bytes.saturating_sub(used(&residents));
        let wanted = bytes.saturating_sub(bytes_of(&residents, id));
        add(&mut residents, id, wanted.min(free));
    }

    /// Takes from an engine what it has beyond `bytes`.
    pub(crate) fn shrink_to(&self, id: u64, bytes: u64) {
        let mut residents = self.residents();
        if let Some(resident) = residents.iter_mut().find(|r| r.id == id) {
            resident.bytes = resident.bytes.min(bytes);
        }
        self.changed.notify_all();
    }

    /// What an engine has, and what nobody has.
    pub(crate) fn within_reach(&self, id: u64) -> u64 {
        let residents = self.residents();
        let free = self.budget_bytes.saturating_sub(used(&residents));
        bytes_of(&residents, id) + free
    }

    /// Waits until `bytes` are free for an engine that has none.
    fn wait_for(
        &self,
        id: u64,
        bytes: u64,
        observer: &dyn Observer,
    ) -> Result<MutexGuard<'_, Vec<Resident>>, EngineError> {
        if bytes > self.budget_bytes {
            return Err(self.out_of_memory(bytes, 0));
        }
        let mut patience = Instant::now() + self.patience;
        let mut residents = self.residents();
        loop {
            let used = used(&residents);
            if used + bytes <= self.budget_bytes {
                return Ok(residents);
            }
            ask_one_to_leave(&residents, id);
            if observer.is_cancelled() {
                return Err(EngineError::Cancelled);
            }
            if residents
                .iter()
                .any(|r| r.busy && r.bytes > 0 && r.id != id)
            {
                patience = Instant::now() + self.patience;
            }
            let left = patience.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.out_of_memory(bytes, used));
            }
            residents = self.changed(residents, left.min(LOOK));
        }
    }

    fn out_of_memory(&self, bytes: u64, used: u64) -> EngineError {
        EngineError::OutOfMemory {
            needed_mib: bytes.div_ceil(1 << 20),
            available_mib: self.budget_bytes.saturating_sub(used) >> 20,
        }
    }

    /// After something has changed, or so much time.
    fn changed<'r>(
        &self,
        residents: MutexGuard<'r, Vec<Resident>>,
        time: Duration,
    ) -> MutexGuard<'r, Vec<Resident>> {
        let woken = self.changed.wait_timeout(residents, time);
        woken.unwrap_or_else(PoisonError::into_inner).0
    }

    fn residents(&self) -> MutexGuard<'_, Vec<Resident>> {
        self.residents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What is booked for an engine.
    pub(crate) fn bytes_of(&self, id: u64) -> u64 {
        bytes_of(&self.residents(), id)
    }

    /// How many engines are at work.
    #[cfg(test)]
    pub(crate) fn at_work(&self) -> usize {
        self.residents().iter().filter(|r| r.busy).count()
    }

    pub(crate) fn set_busy(&self, id: u64, busy: bool) {
        let mut residents = self.residents();
        if let Some(resident) = residents.iter_mut().find(|r| r.id == id) {
            resident.busy = busy;
            resident.since = Instant::now();
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
    use std::thread;

    use crossbeam_channel::bounded;
    use songwright_base::Silent;

    use super::*;
    use crate::testing::Wish;

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
        let residency = impatient();
        first(&residency);
        let wish = Arc::new(Wish::default());
        let given_up = wish.clone();
        let giving_up = thread::spawn(move || {
            thread::sleep(5 * MOMENT);
            given_up.give_up();
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
