use std::{
    fs::{self, File, OpenOptions},
    io::{Seek as _, SeekFrom, Write as _},
    sync::Arc,
};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::job::Job;
use crate::{Error, digest::Hasher, hashing, lock::Lock, tally::Tally};

/// A file that is being fetched. Its methods block.
pub(super) struct Partial {
    file: File,
    hasher: Hasher,
    bytes: u64,
    job: Arc<Job>,
    tally: Arc<Tally>,
    /// Held until nothing is written any more, whoever waits for it.
    _lock: Lock,
}

impl Partial {
    /// Takes up what an earlier run left.
    pub(super) fn open(job: Arc<Job>, tally: Arc<Tally>, lock: Lock) -> Result<Self, Error> {
        let path = &job.partial;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::io(folder, "made"))?;
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(Error::io(path, "opened"))?;
        let mut partial = Self {
            hasher: job.digest.hasher(job.bytes),
            file,
            bytes: 0,
            tally,
            job: job.clone(),
            _lock: lock,
        };
        let left = partial.file.metadata().map_err(Error::io(path, "read"))?;
        if left.len() > job.bytes {
            partial.restart()?;
        } else {
            partial.read_what_is_left()?;
        }
        Ok(partial)
    }

    /// What has arrived.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Begins again.
    pub(super) fn restart(&mut self) -> Result<(), Error> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .map_err(Error::io(&self.job.partial, "written"))?;
        self.tally.take_back(self.bytes);
        self.bytes = 0;
        self.hasher = self.job.digest.hasher(self.job.bytes);
        Ok(())
    }

    /// Writes what comes, until nothing more does.
    pub(super) fn append(mut self, mut parts: mpsc::Receiver<Bytes>) -> (Self, Result<(), Error>) {
        let mut result = Ok(());
        while let Some(part) = parts.blocking_recv() {
            result = self.write(&part);
            if result.is_err() {
                break;
            }
        }
        (self, result)
    }

    /// Compares the whole with its digest and gives it its name.
    pub(super) fn finish(self) -> Result<(), Error> {
        let (job, found) = (self.job, self.hasher.finish());
        if found != job.digest {
            fs::remove_file(&job.partial).map_err(Error::io(&job.partial, "deleted"))?;
            return Err(Error::WrongBytes {
                file: job.file.path.to_string(),
                wanted: job.digest,
                found,
            });
        }
        self.file
            .sync_all()
            .and_then(|()| fs::rename(&job.partial, &job.blob))
            .map_err(Error::io(&job.blob, "written"))
    }

    fn write(&mut self, part: &[u8]) -> Result<(), Error> {
        let bytes = self.bytes + part.len() as u64;
        if bytes > self.job.bytes {
            return Err(Error::Answer {
                file: self.job.file.path.to_string(),
                problem: "it is longer than the hub said",
            });
        }
        self.file
            .write_all(part)
            .map_err(Error::io(&self.job.partial, "written"))?;
        self.hasher.update(part);
        self.bytes = bytes;
        // Whoever reads stops; what has come is written first.
        let _ = self.tally.add(part.len() as u64);
        Ok(())
    }

    fn read_what_is_left(&mut self) -> Result<(), Error> {
        let Self {
            file,
            hasher,
            bytes,
            tally,
            ..
        } = self;
        let read = hashing::read_through(&mut *file, |part| {
            hasher.update(part);
            *bytes += part.len() as u64;
            tally.add(part.len() as u64)
        });
        let whole = read.map_err(Error::io(&self.job.partial, "read"))?;
        if whole.is_break() {
            return Err(Error::Cancelled);
        }
        Ok(())
    }
}
