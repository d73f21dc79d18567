use bytes::Bytes;
use songwright_base::{Failure, Operation};
use songwright_storage::{Error, ObjectKey, Objects, StoredFile};
use tokio::task::JoinHandle;

/// Files that no row of the library names yet. Unless they are released, they go again: when the
/// work fails, when it is cancelled, and when nobody waits for it any more.
pub(crate) struct NewFiles {
    objects: Objects,
    keys: Vec<ObjectKey>,
    writing: Option<JoinHandle<Result<StoredFile, Error>>>,
}

impl NewFiles {
    pub(crate) fn new(objects: &Objects) -> Self {
        Self {
            objects: objects.clone(),
            keys: Vec::new(),
            writing: None,
        }
    }

    /// Those that were written by another operation.
    pub(crate) fn written(objects: &Objects, keys: Vec<ObjectKey>) -> Self {
        let mut files = Self::new(objects);
        files.keys = keys;
        files
    }

    /// Writes one.
    pub(crate) async fn put(
        &mut self,
        extension: &str,
        content: Vec<u8>,
    ) -> Result<StoredFile, Failure> {
        let key = ObjectKey::random(extension)?;
        self.keys.push(key.clone());
        let objects = self.objects.clone();
        // A task of its own: the writing ends also where nobody waits for it, and is then undone.
        let task = tokio::spawn(async move { objects.put(&key, Bytes::from(content)).await });
        let written = self.writing.insert(task).await;
        self.writing = None;
        Ok(written.map_err(|e| Failure::internal("writing a file", &e))??)
    }

    /// They have their row, or are about to.
    pub(crate) fn release(mut self) -> Vec<ObjectKey> {
        std::mem::take(&mut self.keys)
    }

    /// Deletes them, and waits until they are gone.
    pub(crate) async fn discard(mut self) {
        let keys = std::mem::take(&mut self.keys);
        delete(&self.objects, keys).await;
    }
}

impl Drop for NewFiles {
    fn drop(&mut self) {
        let (keys, writing) = (std::mem::take(&mut self.keys), self.writing.take());
        // Without a runtime the program is ending, and the sweep at the next start finds them.
        if let Ok(runtime) = tokio::runtime::Handle::try_current()
            && !keys.is_empty()
        {
            let objects = self.objects.clone();
            runtime.spawn(async move {
                if let Some(writing) = writing {
                    // Whether it was written or not, nothing is to be left of it.
                    let _ = writing.await;
                }
                delete(&objects, keys).await;
            });
        }
    }
}

/// Deletes files that nothing names.
pub(crate) async fn delete(objects: &Objects, keys: Vec<ObjectKey>) {
    for key in keys {
        if let Err(error) = objects.delete(&key).await {
            // The sweep at the next start finds it.
            tracing::warn!("{} stays behind: {error}", key.as_str());
        }
    }
}

/// What `work` gives, unless the operation is to stop before it is done.
pub(crate) async fn unless_cancelled<T>(
    operation: &Operation,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        () = operation.cancellation().cancelled() => {
            operation.check()?;
            Err(songwright_base::EngineError::Cancelled.into())
        }
        done = work => done,
    }
}
