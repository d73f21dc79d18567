use std::{io, path::PathBuf};

use songwright_base::{Code, EngineError, Failure};

use crate::{
    ByteCount, Digest,
    fault::{Accepting, Advice, Faults, FileFault, TensorFault},
};

/// Why a model is not there, or cannot be brought here. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No card has the id.
    #[error(
        "There is no model {id}. These are known: {known}. A repository of the hub is installed by its name: songwright models install OWNER/NAME"
    )]
    UnknownModel {
        /// What was asked for.
        id: String,
        /// The ids that there are.
        known: String,
    },
    /// The card has no such variant.
    #[error("{title} has no variant {variant}. It has: {known}.")]
    UnknownVariant {
        /// The model.
        title: String,
        /// What was asked for.
        variant: String,
        /// The variants that there are.
        known: String,
    },
    /// The hub has no such repository, or shows it to nobody.
    #[error(
        "The hub has no repository {repository}, or does not show it to you. Look at {page}; if it is private, set HF_TOKEN."
    )]
    NoRepository {
        /// The repository.
        repository: String,
        /// Where its page would be.
        page: String,
    },
    /// A model is installed as it was at another commit.
    #[error(
        "{title} is installed as it was at {commit}. Remove it first, then install it as it is now: {command}"
    )]
    OtherCommit {
        /// The model.
        title: String,
        /// The commit that is here.
        commit: String,
        /// What to type.
        command: String,
    },
    /// A card cannot be used.
    #[error("The model card {origin} is not right: {problem}")]
    Card {
        /// The file.
        origin: String,
        /// What is wrong.
        problem: CardProblem,
    },
    /// A card of the user's own has the id of another.
    #[error("There are two model cards with the id {id}. Give yours another one.")]
    CardTwice {
        /// The id.
        id: String,
    },
    /// The model is not on this machine.
    #[error("{title} is not installed. This fetches it ({size}): {command}")]
    NotInstalled {
        /// The model.
        title: String,
        /// What would be fetched.
        size: ByteCount,
        /// What to type.
        command: String,
    },
    /// Somebody has to agree to the licence first.
    #[error(
        "{title} is under the licence {licence}, which has to be accepted first. Read it at {url}; if you agree, {accepting}."
    )]
    LicenceNotAccepted {
        /// The model.
        title: String,
        /// The licence.
        licence: String,
        /// Its text.
        url: String,
        /// How that is said.
        accepting: Box<Accepting>,
    },
    /// Files are there and wrong.
    #[error("{title} cannot be used: {faults}. {advice}")]
    Damaged {
        /// The model.
        title: String,
        /// Which files, and what is wrong with them.
        faults: Faults,
        /// What to do.
        advice: Advice,
    },
    /// A tensor is not as the network needs it.
    #[error(
        "{file} is not a file of this model: its tensor {name} {is}. Fetch the right one: {command}"
    )]
    Tensor {
        /// The file.
        file: String,
        /// The tensor.
        name: String,
        /// What is wrong with it.
        is: Box<TensorFault>,
        /// What to type.
        command: String,
    },
    /// Nothing may be fetched.
    #[error(
        "HF_HUB_OFFLINE is set, and {file} of {title} is not on this machine. Unset it, or take the files from a folder: songwright models import"
    )]
    Offline {
        /// The model.
        title: String,
        /// The first file that is missing.
        file: String,
    },
    /// The repository is not for everybody, and nobody said who asks.
    #[error(
        "{repository} is only for people who agreed to its terms. Agree at {page}, make a token there under Settings, Access Tokens, and set HF_TOKEN to it."
    )]
    TokenNeeded {
        /// The repository.
        repository: String,
        /// Its page.
        page: String,
    },
    /// The token is not enough.
    #[error(
        "The token of HF_TOKEN, or of the last login, may not read {repository}. Agree to its terms at {page} with the same account, or set HF_TOKEN to another."
    )]
    TokenRefused {
        /// The repository.
        repository: String,
        /// Its page.
        page: String,
    },
    /// The hub has no such file.
    #[error(
        "{place} has no {file}. If HF_ENDPOINT names a mirror, ask another one; else the model card is out of date: update Songwright."
    )]
    NotOnHub {
        /// Repository and revision.
        place: String,
        /// The file, or "repository of that name".
        file: String,
    },
    /// The hub has another file than the card says.
    #[error(
        "{place} has another {file} than the model card: {what}. Nothing was fetched. If HF_ENDPOINT names a mirror, ask another one; else update Songwright."
    )]
    OtherFile {
        /// Repository and revision.
        place: String,
        /// The file.
        file: String,
        /// The difference.
        what: Box<FileFault>,
    },
    /// The hub refused for a reason of its own.
    #[error("The hub answered {status} for {file}. Try again later; what has arrived is kept.")]
    Refused {
        /// The file.
        file: String,
        /// The HTTP status.
        status: u16,
        /// When it may be asked again.
        retry_after_s: Option<u64>,
    },
    /// The hub's answer makes no sense.
    #[error("The hub's answer for {file} cannot be used: {problem}. Is HF_ENDPOINT right?")]
    Answer {
        /// The file.
        file: String,
        /// What is wrong, a whole clause.
        problem: &'static str,
    },
    /// The hub was not reached, or the line broke.
    #[error(
        "{file} could not be fetched from {host}: {}. Run the command again when there is a connection; it goes on where it stopped.",
        deepest(source)
    )]
    Line {
        /// The file.
        file: String,
        /// Who was asked.
        host: String,
        /// Why.
        #[source]
        source: Box<reqwest::Error>,
    },
    /// The file ended early each time.
    #[error(
        "{file} ended after {bytes} of {wanted} bytes again and again. Run the command again later; it goes on where it stopped."
    )]
    CutOff {
        /// The file.
        file: String,
        /// What has arrived.
        bytes: u64,
        /// What should have.
        wanted: u64,
    },
    /// The bytes that arrived are not those that were published.
    #[error(
        "What arrived as {file} is not what was published (its digest is {found} instead of {wanted}), so it was deleted. Run the command again; if it happens again, something on the way changes files: try another network, or another HF_ENDPOINT."
    )]
    WrongBytes {
        /// The file.
        file: String,
        /// As published.
        wanted: Digest,
        /// As it arrived.
        found: Digest,
    },
    /// The disk has too little room.
    #[error(
        "{needed} are needed at {}, and {free} are free. Free some disk space, or set HF_HOME to a folder on a larger disk. Nothing was fetched.", folder.display()
    )]
    NoSpace {
        /// What has to be written, with a reserve.
        needed: ByteCount,
        /// What is free.
        free: ByteCount,
        /// Where.
        folder: PathBuf,
    },
    /// The disk became full.
    #[error("The disk is full: {} could not be {verb}. Free some space and run the command again; it goes on where it stopped.", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// A past participle.
        verb: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A variable of the environment cannot be used.
    #[error("{variable} {problem}.")]
    Setting {
        /// The variable.
        variable: &'static str,
        /// To be read after it.
        problem: &'static str,
    },
    /// The observer said "cancelled".
    #[error("The download was stopped. What has arrived is kept, and goes on with the next.")]
    Cancelled,
    /// A defect or a failure of the machine.
    #[error("Something went wrong while {doing}. The log has the details.")]
    Machine {
        /// A participle phrase.
        doing: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file or folder could not be read or written.
    #[error("{} could not be {verb}: {source}.", path.display())]
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

/// What is wrong with a card.
#[derive(Debug, thiserror::Error)]
pub enum CardProblem {
    /// It is no TOML, or a key is missing, unknown or of the wrong kind.
    #[error("{0}")]
    Form(Box<toml::de::Error>),
    /// A value breaks a rule.
    #[error("{key} = \"{value}\" {rule}.")]
    Value {
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// To be read after the value.
        rule: &'static str,
    },
    /// A variant has nothing to load.
    #[error("its variant {0} has no files.")]
    NoFiles(String),
    /// A variant names another repository without a revision.
    #[error("its variant {0} has a repository of its own and needs a revision of its own.")]
    NoRevision(String),
}

impl Error {
    /// The closed code for clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::UnknownModel { .. } | Self::NoRepository { .. } => Code::NotFound,
            Self::UnknownVariant { .. }
            | Self::Card { .. }
            | Self::CardTwice { .. }
            | Self::Setting { .. } => Code::BadRequest,
            Self::LicenceNotAccepted { .. } => Code::Forbidden,
            Self::NotInstalled { .. }
            | Self::Damaged { .. }
            | Self::Tensor { .. }
            | Self::Offline { .. }
            | Self::TokenNeeded { .. }
            | Self::TokenRefused { .. } => Code::Unavailable,
            Self::NotOnHub { .. }
            | Self::OtherFile { .. }
            | Self::Refused { .. }
            | Self::Answer { .. }
            | Self::Line { .. }
            | Self::CutOff { .. }
            | Self::WrongBytes { .. } => Code::BadGateway,
            Self::NoSpace { .. } | Self::Full { .. } => Code::StorageFull,
            Self::Cancelled | Self::OtherCommit { .. } => Code::Conflict,
            Self::Machine { .. } | Self::Io { .. } => Code::Internal,
        }
    }

    /// Whether the same request may work in a moment.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Line { source, .. } => !source.is_builder(),
            Self::CutOff { .. } => true,
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 500..=599),
            _ => false,
        }
    }

    /// A failure at `path`; a full disk is [`Error::Full`].
    pub(crate) fn io(
        path: impl Into<PathBuf>,
        verb: &'static str,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { path, verb, source }
            }
            _ => Self::Io { path, verb, source },
        }
    }

    /// Wraps a cause with what was being done.
    pub(crate) fn machine<E>(doing: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |source| Self::Machine {
            doing,
            source: source.into(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Machine { doing, source } => Self::internal(doing, source.as_ref()),
            error => Self::new(error.code(), error.to_string()),
        }
    }
}

/// What an engine that cannot be loaded says.
impl From<Error> for EngineError {
    fn from(error: Error) -> Self {
        match error {
            Error::Cancelled => Self::Cancelled,
            Error::Machine { doing, source } => Self::Failed { doing, source },
            Error::LicenceNotAccepted { .. } => Self::NotAccepted {
                what: error.to_string(),
            },
            error => Self::Unavailable {
                what: error.to_string(),
            },
        }
    }
}

/// The cause of all causes: "connection refused" says more than "error sending request".
fn deepest(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
