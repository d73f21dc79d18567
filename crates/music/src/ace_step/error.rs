use songwright_base::EngineError;

/// What can go wrong with ACE-Step v1.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The lyric vocabulary does not load, or does not take a line.
    #[error("the lyric vocabulary")]
    Vocabulary(#[source] tokenizers::Error),
    /// The model of languages that is in the program does not load.
    #[error("the model of languages")]
    LanguageModel(#[from] songwright_language::Error),
    /// The observer said "cancelled".
    #[error("cancelled")]
    Cancelled,
    /// A model gave another number of velocities than it was asked for.
    #[error("{found} velocities in place of {asked}")]
    Velocities {
        /// How many.
        asked: usize,
        /// How many there were.
        found: usize,
    },
    /// The tags prompt cannot be cut into tokens.
    #[error("the tags prompt")]
    Tags(#[source] tokenizers::Error),
    /// A file of the model is missing, damaged or another model's.
    #[error("{}: {what}.", file.display())]
    Checkpoint {
        /// The file.
        file: std::path::PathBuf,
        /// What is wrong with it, and what to do.
        what: String,
    },
    /// The song needs more memory than there may be used, by what is known of it before.
    #[error("out of memory: {needed_bytes} bytes of {budget_bytes}")]
    Memory {
        /// What it needs.
        needed_bytes: u64,
        /// What may be used.
        budget_bytes: u64,
    },
    /// Others have the memory that it needs, and do not give it up.
    #[error(transparent)]
    Booking(EngineError),
    /// The model made something that is no number.
    #[error(
        "the model's result is not a number: its weights are damaged, or its precision is too low"
    )]
    NotFinite,
    /// What was asked for is beyond this model; the sentence says what can be done instead.
    #[error("{0}")]
    Unsupported(String),
    /// A network, or its weights.
    #[error(transparent)]
    Network(songwright_nn::Error),
}

impl From<songwright_nn::Error> for Error {
    fn from(error: songwright_nn::Error) -> Self {
        match error {
            songwright_nn::Error::Stopped => Self::Cancelled,
            other => Self::Network(other),
        }
    }
}

/// Of a booking.
impl From<EngineError> for Error {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Cancelled => Self::Cancelled,
            other => Self::Booking(other),
        }
    }
}

impl Error {
    /// Whether a device had no room.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        match self {
            Self::Memory { .. } => true,
            Self::Network(error) => error.is_out_of_memory(),
            _ => false,
        }
    }
}

impl From<Error> for EngineError {
    fn from(error: Error) -> Self {
        match error {
            Error::Cancelled => Self::Cancelled,
            Error::Unsupported(what) => Self::Unsupported { what },
            Error::Booking(error) => error,
            Error::Memory {
                needed_bytes,
                budget_bytes,
            } => Self::OutOfMemory {
                needed_mib: needed_bytes.div_ceil(1 << 20),
                available_mib: budget_bytes >> 20,
            },
            Error::Checkpoint { .. } => Self::Unavailable {
                what: format!("ACE-Step v1 cannot be loaded. {error}"),
            },
            other => Self::failed("making music with ACE-Step v1")(other),
        }
    }
}
