/// What can go wrong with ACE-Step v1.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The lyric vocabulary does not load, or does not take a line.
    #[error("the lyric vocabulary")]
    Vocabulary(#[source] tokenizers::Error),
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
    /// A network, or its weights.
    #[error(transparent)]
    Network(#[from] songwright_nn::Error),
}
