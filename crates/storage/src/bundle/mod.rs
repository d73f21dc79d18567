//! Bundles: a song as a folder or zip file that holds everything to play it and to make it again.
//!
//! ```text
//! Night Ferry/
//!   song.json              everything to make it again, with the SHA-256 of every other file
//!   Night Ferry.wav        tagged; .flac and .mp3 beside it where asked for
//!   Night Ferry.png        the cover
//!   Night Ferry.mid        the notes
//!   lyrics.txt lyrics.lrc  the words, and when each line is sung
//!   stems/Night Ferry - drums.wav …
//! ```

mod error;
mod export;
mod file_name;
mod import;
mod lrc;
mod manifest;
mod source;
mod writer;

pub use error::BundleError;
pub use export::{ExportOptions, ExtraFormat, export};
pub use file_name::safe_file_name;
pub use import::{ImportedBundle, import};
pub use writer::BundleForm;
