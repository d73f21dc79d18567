use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crossbeam_channel::Sender;
use songwright_base::EngineError;

/// How long a thread waits for another engine to leave.
const EVICTION_PATIENCE: Duration = Duration::from_secs(30);

/// The memory that loaded engines may take together, and who leaves when it does not suffice: the
/// one idle for longest.
#[derive(Debug)]
pub struct Residency {
    budget_bytes: u64,
    residents: Mutex<Vec<Resident>>,
    changed: Condvar,
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

    /// Makes room for `bytes` and books it, asking idle engines to leave, longest idle first.
    pub(crate) fn enter(&self, id: u64, bytes: u64, leave: &Sender<()>) -> Result<(), EngineError> {
        let out_of_memory = |used: u64| EngineError::OutOfMemory {
            needed_mib: bytes.div_ceil(1 << 20),
            available_mib: self.budget_bytes.saturating_sub(used) >> 20,
        };
        if bytes > self.budget_bytes {
            return Err(out_of_memory(0));
        }
        let patience = Instant::now() + EVICTION_PATIENCE;
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
