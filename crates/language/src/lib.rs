//! Which language a text is in.

mod langid;

pub use langid::LangId;

/// What can go wrong with telling languages apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    /// The embedded model cannot be read, which a test rules out.
    #[error("the embedded model that tells languages apart cannot be read")]
    Model,
}
