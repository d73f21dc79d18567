//! Every request is an operation: started, watched, cancelled, ended and remembered.

mod clocks;
mod handle;
mod journal;
mod part;
mod registry;
mod snapshot;

pub use handle::Operation;
pub use journal::{Journal, NoJournal, OperationRecord};
pub use part::Part;
pub use registry::{Operations, ServiceTotals};
pub use snapshot::{OperationId, OperationState, Snapshot, StageState, StageStatus};
