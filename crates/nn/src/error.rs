use candle_core::Shape;

/// What can go wrong between a checkpoint and a result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A network asks for a tensor that the checkpoint lacks.
    #[error("{origin} holds no tensor {name}")]
    Missing {
        /// The tensor's full name.
        name: String,
        /// The file or folder that was searched.
        origin: String,
    },
    /// A tensor is there, and is not of this network.
    #[error("the tensor {name} of {origin} has the shape {found:?}; this model has {wanted:?}")]
    Shape {
        /// The tensor's full name.
        name: String,
        /// The file or folder that holds it.
        origin: String,
        /// What the network asks for.
        wanted: Shape,
        /// What the file holds.
        found: Shape,
    },
    /// A file that cannot be read as what it says it is.
    #[error("{path}: {what}")]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A file cannot be written.
    #[error("{}: it cannot be written", path.display())]
    Write {
        /// The file.
        path: std::path::PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A text is longer than a network, or the memory set aside for it, takes.
    #[error("{wanted} tokens are more than the {capacity} that there is room for")]
    Full {
        /// Tokens of the text.
        wanted: usize,
        /// Tokens that there is room for.
        capacity: usize,
    },
    /// It was ended early: a loading (see [`crate::Weights::telling`]), a packing, or a network's work (see
    /// [`crate::stop`]).
    #[error("the work was stopped")]
    Stopped,
    /// Something that candle refuses.
    #[error(transparent)]
    Candle(#[from] candle_core::Error),
}

impl Error {
    /// Whether a device had no room.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        let text = self.to_string().to_lowercase();
        text.contains("out of memory") || text.contains("out_of_memory")
    }
}

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;
