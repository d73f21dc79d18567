use std::fs::{File, OpenOptions, TryLockError};

use super::Library;
use crate::Error;

/// The right to work on a library's queue: held by one process at a time, given up where it is
/// dropped or the process dies. Reading and adding songs needs no claim.
#[derive(Debug)]
pub struct QueueClaim {
    _locked: File,
}

impl Library {
    /// Claims the queue for this process, with a lock on a file beside the database.
    ///
    /// # Errors
    /// [`Error::QueueInUse`] where another process, or this one, holds it.
    pub fn claim_queue(&self) -> Result<QueueClaim, Error> {
        let mut path = self.path().as_os_str().to_owned();
        path.push(".queue-lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(Error::io(&path, "opened"))?;
        match file.try_lock() {
            Ok(()) => Ok(QueueClaim { _locked: file }),
            Err(TryLockError::WouldBlock) => Err(Error::QueueInUse),
            Err(TryLockError::Error(e)) => Err(Error::io(&path, "locked")(e)),
        }
    }
}
