use std::io;
use std::path::PathBuf;

use songwright_base::Code;
use uuid::Uuid;

use crate::BundleError;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why something could not be kept, found or brought in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no key: keys never hold a path.
    #[error(
        "There is no file of that name: a file's key has letters, digits, \"-\", \"_\" and \".\" only."
    )]
    InvalidKey,
    /// Nothing is stored under the key.
    #[error("There is no file {key}.")]
    NoSuchObject {
        /// The key.
        key: String,
    },
    /// The range does not begin inside the file.
    #[error("The bytes {start} to {end} do not lie in the file {key}, which has {bytes}.")]
    RangeOutside {
        /// The key.
        key: String,
        /// The first byte asked for.
        start: u64,
        /// One past the last byte asked for.
        end: u64,
        /// The size of the file.
        bytes: u64,
    },
    /// The disk, the quota or the bucket is full.
    #[error(
        "There is no space left for {what}. Delete songs that you no longer need or free disk space, then try again; nothing was written by halves."
    )]
    Full {
        /// What was to be written.
        what: String,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// The object store failed.
    #[error("The file store failed while {doing}.")]
    Store {
        /// A participle phrase: "writing a1b2.wav".
        doing: String,
        /// Whether the store is across a network.
        remote: bool,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// The settings of the object store cannot work.
    #[error("The storage settings cannot be used: {problem}")]
    Settings {
        /// What is wrong, a whole sentence.
        problem: String,
    },
    /// The library was written by a newer Songwright.
    #[error(
        "The library {path} was written by a newer version of Songwright (its format is {found}, this version knows up to {known}). Update Songwright to open it; nothing was changed."
    )]
    NewerLibrary {
        /// The database file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest that this version knows.
        known: i64,
    },
    /// The library database failed.
    #[error("The library failed while {doing}.")]
    Database {
        /// A participle phrase.
        doing: &'static str,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// No such song.
    #[error("There is no song {id} in the library.")]
    NoSuchSong {
        /// The id.
        id: Uuid,
    },
    /// No such take.
    #[error("There is no take {id} in the library.")]
    NoSuchTake {
        /// The id.
        id: Uuid,
    },
    /// No such operation.
    #[error("There is no operation {id}.")]
    NoSuchOperation {
        /// The id.
        id: Uuid,
    },
    /// The file belongs to another song.
    #[error("The file {key} already belongs to another song.")]
    KeyInUse {
        /// The key.
        key: String,
    },
    /// The song is in the library already.
    #[error("The song {id} is in the library already.")]
    SongExists {
        /// The id.
        id: Uuid,
    },
    /// The operation is not in the state that this needs.
    #[error("The operation {id} is {state} and cannot become {wanted}.")]
    OperationState {
        /// The id.
        id: Uuid,
        /// Its state.
        state: &'static str,
        /// The state that was wanted.
        wanted: &'static str,
    },
    /// Another process works on the queue.
    #[error(
        "Another Songwright is already working on this library. Close it first, or send the request to it."
    )]
    QueueInUse,
    /// A bundle cannot be read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Audio inside could not be read or written.
    #[error("{file} could not be made from the stored audio.")]
    Audio {
        /// The file.
        file: String,
        /// The cause.
        #[source]
        source: songwright_audio::Error,
    },
    /// A file or folder could not be read or written.
    #[error("{} could not be {verb}.", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// A past participle: "written".
        verb: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// The closed code for clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::InvalidKey
            | Self::NoSuchObject { .. }
            | Self::NoSuchSong { .. }
            | Self::NoSuchTake { .. }
            | Self::NoSuchOperation { .. } => Code::NotFound,
            Self::RangeOutside { .. } => Code::RangeNotSatisfiable,
            Self::Full { .. } => Code::StorageFull,
            Self::Store { remote: true, .. } => Code::BadGateway,
            Self::NewerLibrary { .. } => Code::Unavailable,
            Self::SongExists { .. } | Self::OperationState { .. } | Self::QueueInUse => {
                Code::Conflict
            }
            Self::Bundle(_) => Code::BadRequest,
            Self::Store { .. }
            | Self::Settings { .. }
            | Self::Database { .. }
            | Self::KeyInUse { .. }
            | Self::Audio { .. }
            | Self::Io { .. } => Code::Internal,
        }
    }

    /// An I/O failure at `path`; a full disk is [`Error::Full`].
    pub(crate) fn io(
        path: impl Into<PathBuf>,
        verb: &'static str,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| {
            if is_full(&source) {
                Self::Full {
                    what: path.display().to_string(),
                    source: source.into(),
                }
            } else {
                Self::Io { path, verb, source }
            }
        }
    }

    /// A database failure; a full disk is [`Error::Full`].
    pub(crate) fn database<E>(doing: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Cause>,
    {
        move |source| {
            let source = source.into();
            if is_full(source.as_ref()) {
                Self::Full {
                    what: "the library".to_owned(),
                    source,
                }
            } else {
                Self::Database { doing, source }
            }
        }
    }
}

/// Whether anywhere in the chain of causes something says that there is no space.
pub(crate) fn is_full(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            if matches!(
                io.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ) {
                return true;
            }
            // `io::Error::source` skips the error that it wraps and goes on to that one's cause.
            if let Some(inner) = io.get_ref()
                && is_full(inner)
            {
                return true;
            }
        }
        if let Some(rusqlite::Error::SqliteFailure(failure, _)) = error.downcast_ref()
            && failure.code == rusqlite::ErrorCode::DiskFull
        {
            return true;
        }
        cause = error.source();
    }
    false
}
