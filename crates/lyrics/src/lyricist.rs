use serde::{Deserialize, Serialize};
use songwright_base::{EngineError, EngineInfo, LyricSheet, Observer};

use crate::{
    CategoriesParams, LyricsParams, PromptParams, ReviseParams, RhymesParams, SceneParams,
    TitleParams,
};

/// The tags prompt that a composer is given.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TagsPrompt {
    /// Lower-case English tags in the order genre, voice, instruments, mood, tempo, key.
    pub tags: Vec<String>,
    /// The main genre heard in the description.
    pub genre: Option<String>,
}

impl TagsPrompt {
    /// The one line that composers read: tags joined with ", ".
    #[must_use]
    pub fn line(&self) -> String {
        self.tags.join(", ")
    }
}

/// One category with how sure the engine is of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Category {
    /// "Synthwave", "Dream Pop".
    pub name: String,
    /// 0–1.
    pub confidence: f32,
}

/// Categories, surest first; never empty.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Categories {
    /// Surest first.
    pub categories: Vec<Category>,
}

/// Writes the words of a song. Blocking; called on an engine thread.
pub trait Lyricist: Send {
    /// Who writes.
    fn info(&self) -> EngineInfo;

    /// Why it stands in for a model, a sentence, which every answer repeats; `None` from who does not.
    fn note(&self) -> Option<String> {
        None
    }

    /// Lyrics with section tags.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`] within one step of the observer's saying so;
    /// [`EngineError::Unsupported`] for a language that the engine cannot write.
    fn lyrics(
        &mut self,
        params: &LyricsParams,
        observer: &dyn Observer,
    ) -> Result<LyricSheet, EngineError>;

    /// The tags prompt for a composer.
    ///
    /// # Errors
    /// As [`Lyricist::lyrics`].
    fn prompt(
        &mut self,
        params: &PromptParams,
        observer: &dyn Observer,
    ) -> Result<TagsPrompt, EngineError>;

    /// Genre categories.
    ///
    /// # Errors
    /// As [`Lyricist::lyrics`].
    fn categories(
        &mut self,
        params: &CategoriesParams,
        observer: &dyn Observer,
    ) -> Result<Categories, EngineError>;

    /// A title of one to six words, made from the song.
    ///
    /// # Errors
    /// As [`Lyricist::lyrics`].
    fn title(
        &mut self,
        params: &TitleParams,
        observer: &dyn Observer,
    ) -> Result<String, EngineError>;

    /// Lyrics that are there, changed: those of [`crate::revise::Plan`] with its lines written.
    ///
    /// # Errors
    /// As [`Lyricist::lyrics`].
    fn revise(
        &mut self,
        params: &ReviseParams,
        observer: &dyn Observer,
    ) -> Result<String, EngineError>;

    /// Words that rhyme with a word, each once, the fittest first; one at least.
    ///
    /// # Errors
    /// As [`Lyricist::lyrics`].
    fn rhymes(
        &mut self,
        params: &RhymesParams,
        observer: &dyn Observer,
    ) -> Result<Vec<String>, EngineError>;

    /// What a cover of the song is to show: things that can be seen, in English, on one line without a full
    /// stop. `None` from who cannot think of any, which is what most engines are.
    ///
    /// # Errors
    /// As [`Lyricist::lyrics`].
    fn scene(
        &mut self,
        _params: &SceneParams,
        _observer: &dyn Observer,
    ) -> Result<Option<String>, EngineError> {
        Ok(None)
    }
}
