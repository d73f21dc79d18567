use songwright_base::EngineError;

use crate::{MusicParams, MusicTask};

/// What is known of a composer before it is loaded.
pub trait ComposerFacts: Send + Sync {
    /// What it takes in memory for a song of so many seconds, in bytes.
    fn bytes_for(&self, duration_s: f64) -> u64;

    /// Whether it can make this. Reads the heads of files at most, and no weights; memory is left out, as
    /// [`Self::bytes_for`] tells it.
    ///
    /// # Errors
    /// What [`crate::Composer::compose`] would say before it began: [`EngineError::Unsupported`] names what is beyond
    /// it, and what can be asked for instead.
    fn check(&self, params: &MusicParams) -> Result<(), EngineError>;
}

/// Those of a composer that starts from words alone.
#[derive(Clone, Copy, Debug)]
pub struct FromWords {
    /// Who it is, as the beginning of a sentence.
    pub who: &'static str,
    /// What it takes for any song, in bytes.
    pub bytes: u64,
}

impl ComposerFacts for FromWords {
    fn bytes_for(&self, _duration_s: f64) -> u64 {
        self.bytes
    }

    fn check(&self, params: &MusicParams) -> Result<(), EngineError> {
        match &params.task {
            MusicTask::Text2Music => Ok(()),
            other => Err(EngineError::Unsupported {
                what: format!(
                    "{} makes songs from words alone, and cannot {} one. Install ACE-Step: \
                     songwright models install ace-step-v1-3.5b",
                    self.who,
                    other.word()
                ),
            }),
        }
    }
}
