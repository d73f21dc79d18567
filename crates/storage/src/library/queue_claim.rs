use std::fs::{File, OpenOptions, TryLockError};

use songwright_base::Service;

use super::Library;
use crate::Error;

/// The right to work on the queue of some services in a library: held by one process at a time,
/// given up where it is dropped or the process dies. Reading and adding songs needs no claim.
#[derive(Debug)]
pub struct QueueClaim {
    services: Vec<Service>,
    _locked: Vec<File>,
}

impl QueueClaim {
    /// Whose queue is held.
    #[must_use]
    pub fn services(&self) -> &[Service] {
        &self.services
    }
}

impl Library {
    /// Claims the queue of `services` for this process, with a lock on a file for each beside the
    /// database.
    ///
    /// # Errors
    /// [`Error::QueueInUse`] where another process, or this one, holds one of them.
    pub fn claim_queue(&self, services: &[Service]) -> Result<QueueClaim, Error> {
        let lock = |service: &Service| {
            let mut path = self.path().as_os_str().to_owned();
            path.push(format!(".{}-lock", service.word()));
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)
                .map_err(Error::io(&path, "opened"))?;
            match file.try_lock() {
                Ok(()) => Ok(file),
                Err(TryLockError::WouldBlock) => Err(Error::QueueInUse),
                Err(TryLockError::Error(e)) => Err(Error::io(&path, "locked")(e)),
            }
        };
        Ok(QueueClaim {
            services: services.to_vec(),
            _locked: services.iter().map(lock).collect::<Result<_, _>>()?,
        })
    }
}
