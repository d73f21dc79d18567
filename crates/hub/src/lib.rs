//! Models: their cards, where their files are on this machine, and how they come here and go.
//!
//! ```text
//! Card (models/*.toml) → Hub::install ─┐            ┌→ Installed: paths, tensors, licence
//!                        Hub::import  ─┴→ a record ─┤
//!            the hub's own cache, as it is ─────────┘
//! ```
//! Files that are fetched go into the cache that all tools of the hub share, by the names that they
//! use there; a model that one of them fetched is found, and one that is fetched here is found by
//! them. What is noted of a model lies in `models/` of the data folder.
//!
//! An engine opens its model with [`Hub::installed`]. Nothing here knows of tensors more than what
//! the head of a file says.

mod byte_count;
mod cache;
mod card;
mod digest;
mod disk;
mod environment;
mod error;
mod fault;
mod hashing;
mod hub;
mod import;
mod install;
mod installed;
mod listing;
mod lock;
mod record;
mod remote;
mod remove;
mod tally;
mod verify;

pub use byte_count::ByteCount;
pub use card::{
    Card, CardFile, Catalogue, FilePath, Licence, Memory, ModelName, Part, Repository, Revision,
    Rule, Source, Variant,
};
pub use digest::{Digest, NoDigest};
pub use disk::{existing_ancestor, free_bytes};
pub use environment::HubEnvironment;
pub use error::{CardProblem, Error};
pub use fault::{Accepting, Advice, Faults, FileFault, HeadFault, TensorFault};
pub use hub::{FreeBytes, Hub};
pub use import::{Import, ImportBy};
pub use install::Acceptance;
pub use installed::{Installed, InstalledFile, TensorHead};
pub use listing::{Form, ListedFile, Listing};
pub use remote::Patience;
pub use remove::Removed;
