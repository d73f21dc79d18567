use std::path::Path;

use songwright_base::EngineError;

/// What can go wrong with a language model.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the model is missing, damaged or another model's.
    #[error("{}: {what}.", file.display())]
    Checkpoint {
        /// The file.
        file: std::path::PathBuf,
        /// What is wrong with it, and what to do.
        what: String,
    },
    /// A network, or its weights.
    #[error(transparent)]
    Network(songwright_nn::Error),
    /// A text cannot be cut into tokens.
    #[error("cutting a text into tokens")]
    Tokenizer(#[source] tokenizers::Error),
    /// The observer said "cancelled".
    #[error("cancelled")]
    Cancelled,
    /// A grammar, or what keeps to it.
    #[error("a grammar: {what}")]
    Grammar {
        /// What is wrong with it.
        what: String,
    },
    /// A grammar allows no token at all.
    #[error("no token may follow")]
    NothingAllowed,
    /// The network made something that is no number.
    #[error(
        "the model's result is not a number: its weights are damaged, or its precision is too low"
    )]
    NotFinite,
    /// An answer is not what its grammar says, which should not be.
    #[error("an answer that cannot be read: {answer:?}")]
    Unreadable {
        /// What was written.
        answer: String,
    },
    /// A file of `assets/prompts` is wrong.
    #[error("a prompt of this program")]
    Prompt(#[source] Box<toml::de::Error>),
    /// A chat template is none, or refuses what it is given.
    #[error("the chat template: {0:#}")]
    Template(#[source] minijinja::Error),
}

impl From<songwright_nn::Error> for Error {
    fn from(error: songwright_nn::Error) -> Self {
        match error {
            songwright_nn::Error::Stopped => Self::Cancelled,
            other => Self::Network(other),
        }
    }
}

impl Error {
    /// Whether a device had no room.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self, Self::Network(error) if error.is_out_of_memory())
    }

    pub(super) fn checkpoint(file: &Path, what: impl Into<String>) -> Self {
        Self::Checkpoint {
            file: file.to_owned(),
            what: what.into(),
        }
    }
}

impl From<Error> for EngineError {
    fn from(error: Error) -> Self {
        match error {
            Error::Checkpoint { .. } => Self::Unavailable {
                what: format!("The language model cannot be loaded. {error}"),
            },
            Error::Cancelled => Self::Cancelled,
            Error::Network(songwright_nn::Error::Full { wanted, capacity }) => Self::Unsupported {
                what: format!(
                    "The text is too long for this language model: {wanted} tokens are more than \
                     its {capacity}. Shorten the description or the lyrics, or choose a model that \
                     reads more."
                ),
            },
            other => Self::failed("writing with a language model")(other),
        }
    }
}
