use std::path::PathBuf;

use songwright_base::EngineError;

/// What can go wrong with SDXL.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The observer said "cancelled".
    #[error("cancelled")]
    Cancelled,
    /// A prompt cannot be cut into tokens.
    #[error("the prompt")]
    Prompt(#[source] tokenizers::Error),
    /// A file of the model is missing, damaged or another model's.
    #[error("{}: {what}.", file.display())]
    Checkpoint {
        /// The file.
        file: PathBuf,
        /// What is wrong with it, and what to do.
        what: String,
    },
    /// The model made something that is no number, in f32 too.
    #[error(
        "the model's result is not a number: its weights are damaged, or its precision is too low"
    )]
    NotFinite,
    /// The model made something that is no number, and there is no room for it in f32.
    #[error(
        "the model's result is not a number, and in full precision it would take {needed_mib} of {budget_mib} MiB"
    )]
    NoRoomForExact {
        /// What it would take at least.
        needed_mib: u64,
        /// What there is.
        budget_mib: u64,
    },
    /// Others have the memory that it needs, and do not give it up.
    #[error(transparent)]
    Booking(EngineError),
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

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Self {
        Self::Network(error.into())
    }
}

impl Error {
    /// Whether a device had no room.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self, Self::Network(error) if error.is_out_of_memory())
    }
}

impl From<Error> for EngineError {
    fn from(error: Error) -> Self {
        match error {
            Error::Cancelled => Self::Cancelled,
            Error::Unsupported(what) => Self::Unsupported { what },
            Error::Booking(error) => error,
            Error::Checkpoint { .. } => Self::Unavailable {
                what: format!("SDXL cannot be loaded. {error}"),
            },
            Error::NotFinite => Self::failed(
                "drawing the cover: the model's result was no picture, in full precision too, so that its \
                 weights may be damaged; `songwright models verify` says whether they are",
            )(error),
            Error::NoRoomForExact { .. } => Self::failed(
                "drawing the cover: the model's result was no picture, and memory_budget_mib leaves no room to \
                 draw it once more in full precision; give it more memory or another seed, and see with \
                 `songwright models verify` whether its weights are damaged",
            )(error),
            other => Self::failed("drawing a cover with SDXL")(other),
        }
    }
}
