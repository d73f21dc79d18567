//! What tests of engines share.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use songwright_base::{Observer, Progress};

/// Cancelled once it says so.
#[derive(Debug, Default)]
pub(crate) struct Wish(AtomicBool);

impl Wish {
    pub(crate) fn give_up(&self) {
        self.0.store(true, SeqCst);
    }
}

impl Observer for Wish {
    fn report(&self, _: Progress) {}

    fn is_cancelled(&self) -> bool {
        self.0.load(SeqCst)
    }
}
