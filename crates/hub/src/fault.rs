//! What can be wrong with files that are there, in words for sentences.

use std::{fmt, io, path::PathBuf};

use crate::Digest;

/// What is wrong with a file that is there, or should be.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// It is not there.
    #[error("is missing")]
    Missing,
    /// It ends early.
    #[error("has only {bytes} of {wanted} bytes")]
    Short {
        /// Its size.
        bytes: u64,
        /// As it should be.
        wanted: u64,
    },
    /// It is too long.
    #[error("has {bytes} bytes instead of {wanted}")]
    Long {
        /// Its size.
        bytes: u64,
        /// As it should be.
        wanted: u64,
    },
    /// Its bytes are others.
    #[error("is not as published (its digest is {found} instead of {wanted})")]
    Digest {
        /// As it is.
        found: Digest,
        /// As it should be.
        wanted: Digest,
    },
    /// It begins with what no weights file begins with.
    #[error("is no {kind} file, or its head is damaged ({why})")]
    Head {
        /// `safetensors` or `GGUF`.
        kind: &'static str,
        /// Why.
        why: HeadFault,
    },
    /// It cannot be read.
    #[error("cannot be read ({0})")]
    Unreadable(io::Error),
}

impl FileFault {
    /// Why a file that is looked for is of no use.
    pub(crate) fn reading(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Unreadable(error),
        }
    }
}

/// What is wrong with the head of a weights file.
#[derive(Debug, thiserror::Error)]
pub enum HeadFault {
    /// The size of the head is not possible.
    #[error("a head of {0} bytes")]
    Size(u64),
    /// The list of tensors is not one.
    #[error("{0}")]
    Tensors(serde_json::Error),
    /// It does not begin with the letters that such files begin with.
    #[error("its first letters")]
    Letters,
    /// Its version is not known.
    #[error("version {0}")]
    Version(u32),
}

/// What is wrong with a tensor.
#[derive(Debug, thiserror::Error)]
pub enum TensorFault {
    /// It is not there.
    #[error("is missing")]
    Missing,
    /// Its shape is another.
    #[error("has the shape {found:?} instead of {wanted:?}")]
    Shape {
        /// As it is.
        found: Vec<usize>,
        /// As the network needs it.
        wanted: Vec<usize>,
    },
}

/// Files with what is wrong with each.
#[derive(Debug)]
pub struct Faults(pub Vec<(String, FileFault)>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (file, fault)) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}{file} {fault}")?;
        }
        Ok(())
    }
}

/// What to do about files that are wrong.
#[derive(Debug)]
pub enum Advice {
    /// Fetch them again.
    Install {
        /// What to type.
        command: String,
    },
    /// They are in a folder that is not ours.
    Replace {
        /// The folder.
        folder: PathBuf,
        /// What to type instead.
        command: String,
    },
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Install { command } => write!(f, "This fetches what is wrong again: {command}"),
            Self::Replace { folder, command } => write!(
                f,
                "Put the right files into {}, or fetch them: {command}",
                folder.display()
            ),
        }
    }
}

/// How a licence is accepted, a clause.
#[derive(Debug)]
pub struct Accepting {
    /// The model's.
    pub id: String,
    /// What to type.
    pub command: String,
    /// What to send, as JSON.
    pub body: String,
}

impl fmt::Display for Accepting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, command, body } = self;
        write!(
            f,
            "say so with {command}, or over HTTP with POST /models/{id}/install and {body}"
        )
    }
}
