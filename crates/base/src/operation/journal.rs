use crate::{Failure, Snapshot};

/// What is kept of an operation across restarts.
pub type OperationRecord = Snapshot;

/// Where operations are written down, so that the queue survives the program's end.
///
/// Calls are short and may block on the disk.
pub trait Journal: Send + Sync {
    /// A new operation; called before anybody is told that it is accepted.
    ///
    /// # Errors
    /// A [`Failure`] refuses the operation.
    fn submitted(&self, record: &OperationRecord) -> Result<(), Failure>;

    /// A change of state. Failures are logged by the journal: the operation itself goes on.
    fn changed(&self, record: &OperationRecord);
}

/// Remembers nothing; for tests and one-shot commands.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoJournal;

impl Journal for NoJournal {
    fn submitted(&self, _: &OperationRecord) -> Result<(), Failure> {
        Ok(())
    }
    fn changed(&self, _: &OperationRecord) {}
}
