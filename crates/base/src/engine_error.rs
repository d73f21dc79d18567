use crate::Code;

/// Why an engine (a lyricist, a composer, a cover artist) did not deliver.
///
/// The `Display` text is a sentence that a musician can act on; the cause stays in `source`.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The observer said "cancelled".
    #[error("The operation was cancelled.")]
    Cancelled,
    /// The operation's deadline passed.
    #[error(
        "The operation took longer than the allowed {limit_s} s and was stopped. Ask for a shorter song, or raise max_runtime_seconds."
    )]
    DeadlinePassed {
        /// The limit in seconds.
        limit_s: u64,
    },
    /// The engine cannot do what was asked; `what` names it and says what can be done instead.
    #[error("{what}")]
    Unsupported {
        /// The whole sentence.
        what: String,
    },
    /// As many jobs wait as the engine's queue takes.
    #[error(
        "The {service} is busy: {waiting} operations are already waiting. Try again in {retry_after_s} s."
    )]
    QueueFull {
        /// The service's name.
        service: &'static str,
        /// How many wait.
        waiting: usize,
        /// When a place is likely to be free, in seconds.
        retry_after_s: u64,
    },
    /// The engine needs more memory than there is.
    #[error(
        "Not enough memory: {needed_mib} MiB are needed and {available_mib} MiB may be used. Ask for a shorter duration or a smaller picture, choose a smaller model or make this one smaller (songwright models quantize), or raise memory_budget_mib where the machine has more."
    )]
    OutOfMemory {
        /// MiB needed.
        needed_mib: u64,
        /// MiB that may still be used.
        available_mib: u64,
    },
    /// The model is not installed, or the engine is shutting down.
    #[error("{what}")]
    Unavailable {
        /// The whole sentence, with what to do.
        what: String,
    },
    /// The terms of the model have to be accepted first.
    #[error("{what}")]
    NotAccepted {
        /// The whole sentence, with what to do.
        what: String,
    },
    /// A remote service failed or answered what cannot be used.
    #[error("The {service} at {url} failed: {problem}")]
    Remote {
        /// The service's name.
        service: &'static str,
        /// Its base URL, without credentials.
        url: String,
        /// What happened.
        problem: String,
    },
    /// A remote service does not take a request that passed every check here.
    #[error("The {service} at {url} does not take this request: {reason}")]
    Refused {
        /// The service's name.
        service: &'static str,
        /// Its base URL, without credentials.
        url: String,
        /// What it says of it.
        reason: String,
    },
    /// Anything else; `doing` says what was being done.
    #[error("Something went wrong while {doing}. The log has the details.")]
    Failed {
        /// A participle phrase: "reading the SoundFont".
        doing: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl EngineError {
    /// Wraps a cause with what was being done.
    pub fn failed<E>(doing: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |source| Self::Failed {
            doing,
            source: source.into(),
        }
    }

    /// The closed code for clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Cancelled => Code::Conflict,
            Self::DeadlinePassed { .. } => Code::Timeout,
            Self::Unsupported { .. } => Code::BadRequest,
            Self::QueueFull { .. } => Code::QueueFull,
            Self::OutOfMemory { .. } => Code::OutOfMemory,
            Self::Unavailable { .. } => Code::Unavailable,
            Self::NotAccepted { .. } => Code::Forbidden,
            Self::Remote { .. } | Self::Refused { .. } => Code::BadGateway,
            Self::Failed { .. } => Code::Internal,
        }
    }
}
