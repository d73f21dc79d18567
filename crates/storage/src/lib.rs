//! Where songs are kept: [`Objects`] for files (a local folder or an S3 bucket), [`Library`] for
//! what is known of them (SQLite), and bundles to take a song elsewhere and back.
//!
//! Nothing is written half. A file is stored whole or not at all; the library row comes last. A
//! crash between the two leaves files that no row names, which [`Library::unkept_files`] lists.

pub mod bundle;
mod error;
mod failure;
mod library;
mod object_config;
mod object_key;
mod objects;
mod scratch;

pub use bundle::BundleError;
pub use error::Error;
pub use library::{
    Artwork, Library, Lineage, LooseFile, NewSong, QueueClaim, Recording, Song, SongCover,
    SongFilter, SongPage, SongSummary, SongText, StemFile, Take, TakeWords,
};
pub use object_config::{ObjectConfig, S3Config, StorageMode};
pub use object_key::ObjectKey;
pub use objects::{ObjectInfo, Objects, StoredFile, check_bucket};
pub use scratch::Scratch;
