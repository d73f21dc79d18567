/// What can go wrong with ACE-Step v1 outside its networks.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The lyric vocabulary does not load, or does not take a line.
    #[error("the lyric vocabulary")]
    Vocabulary(#[source] tokenizers::Error),
}
