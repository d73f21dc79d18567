use std::path::PathBuf;

/// Why a bundle cannot be read. Each names the file that is at fault.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// There is no bundle here.
    #[error("{} is not a Songwright bundle: {problem}.", path.display())]
    NotABundle {
        /// The file or folder.
        path: PathBuf,
        /// What is missing.
        problem: String,
    },
    /// A newer version wrote it.
    #[error(
        "This bundle was written by a newer version of Songwright (its format is {found}, this version knows up to {known}). Update Songwright to open it."
    )]
    NewerFormat {
        /// Its format.
        found: u32,
        /// The newest that this version knows.
        known: u32,
    },
    /// A file that `song.json` names is not there.
    #[error("{file} is missing from the bundle.")]
    Missing {
        /// Its path in the bundle.
        file: String,
    },
    /// A file is not as it was written.
    #[error("{file} is damaged: {problem}.")]
    Damaged {
        /// Its path in the bundle.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// A file's name leads out of the bundle, or it is larger than a song can be.
    #[error("{file} is not accepted: {problem}.")]
    Refused {
        /// Its path in the bundle.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// A file cannot be read from the disk.
    #[error("{file} cannot be read from the bundle.")]
    Unreadable {
        /// Its path in the bundle.
        file: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}
