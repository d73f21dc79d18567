//! Configuration: defaults < file < environment < flags, parsed once into valid types.

mod error;
mod raw;
mod remote;
mod resolved;

pub use error::ConfigError;
pub use raw::{RawConfig, RawService, RawStorage};
pub use remote::{ModalToken, RemoteService, RemoteServices};
pub use resolved::{Config, ModelChoice, S3Config, ServiceConfig, StorageConfig};
