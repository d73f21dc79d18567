//! Bundles: a song as a folder or zip file that holds everything to play it and to make it again.

mod error;

pub use error::BundleError;
