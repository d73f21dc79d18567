//! Configuration: defaults < file < environment < flags, parsed once into valid types.

mod error;
mod raw;
mod resolved;

pub use error::ConfigError;
pub use raw::{RawConfig, RawService, RawStorage};
pub use resolved::{Config, RemoteUrls, S3Config, ServiceConfig, StorageConfig};
