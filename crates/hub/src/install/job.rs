use std::path::PathBuf;

use crate::{
    Digest, Error, cache::HubCache, card::CardFile, fault::FileFault, installed::length,
    remote::Metadata,
};

/// A file that has to come.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) file: CardFile,
    pub(super) commit: String,
    pub(super) bytes: u64,
    pub(super) digest: Digest,
    pub(super) blob: PathBuf,
    pub(super) partial: PathBuf,
    pub(super) lock: PathBuf,
    pub(super) pointer: PathBuf,
}

impl Job {
    /// What the card and the hub say of a file, which has to be the same.
    ///
    /// # Errors
    /// [`Error::OtherFile`]; [`Error::Answer`] where nobody says what the bytes have to be.
    pub(super) fn new(
        cache: &HubCache,
        file: CardFile,
        commit: String,
        hub: Metadata,
    ) -> Result<Self, Error> {
        let theirs = Digest::from_etag(&hub.etag);
        let other = |what| Error::OtherFile {
            place: format!("{} at {commit}", file.source.repository),
            file: file.path.to_string(),
            what: Box::new(what),
        };
        if let Some(wanted) = file.bytes {
            length(hub.bytes, wanted).map_err(other)?;
        }
        if let (Some(wanted @ Digest::Sha256(_)), Some(found @ Digest::Sha256(_))) =
            (file.digest, theirs)
            && wanted != found
        {
            return Err(other(FileFault::Digest { found, wanted }));
        }
        let digest = file.digest.or(theirs).ok_or_else(|| Error::Answer {
            file: file.path.to_string(),
            problem: "its ETag is no digest, and the model card has none",
        })?;
        let source = &file.source;
        Ok(Self {
            bytes: hub.bytes,
            digest,
            blob: cache.blob(source, &hub.etag),
            partial: cache.partial(source, &hub.etag),
            lock: cache.lock(source, &hub.etag),
            pointer: cache.pointer(source, &commit, &file.path),
            file,
            commit,
        })
    }

    /// What still has to be written.
    pub(super) fn missing_bytes(&self) -> u64 {
        let size = |path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        let there = size(&self.blob).max(size(&self.partial));
        self.bytes.saturating_sub(there)
    }
}
