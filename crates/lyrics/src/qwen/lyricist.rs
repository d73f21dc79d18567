use candle_core::Device;
use songwright_base::{
    EngineError, EngineInfo, LyricSheet, ModelIdentity, Observer, Progress, Stage,
};

use super::{
    Checkpoint, Error, LanguageModel,
    plan::{POSITIONS, Plan},
    write_categories, write_lyrics, write_revision, write_rhymes, write_tags, write_title,
};
use crate::{
    Categories, CategoriesParams, Lyricist, LyricsParams, PromptParams, ReviseParams, RhymesParams,
    TagsPrompt, TitleParams,
};

/// A language model as a lyricist.
#[derive(Debug)]
pub struct QwenLyricist {
    model: LanguageModel,
    info: EngineInfo,
}

impl QwenLyricist {
    /// Loads a checkpoint by a plan.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] and [`Error::Network`].
    pub fn load(
        checkpoint: &Checkpoint,
        identity: &ModelIdentity,
        device: &Device,
        plan: Plan,
    ) -> Result<Self, Error> {
        Ok(Self {
            model: LanguageModel::load(checkpoint, device, plan.form, POSITIONS)?,
            info: plan.engine(checkpoint, identity, device),
        })
    }
}

fn begun(stage: Stage, observer: &dyn Observer) {
    observer.report(Progress::new(stage, 0, 1));
}

impl Lyricist for QwenLyricist {
    fn info(&self) -> EngineInfo {
        self.info.clone()
    }

    fn lyrics(
        &mut self,
        params: &LyricsParams,
        observer: &dyn Observer,
    ) -> Result<LyricSheet, EngineError> {
        begun(Stage::Lyrics, observer);
        Ok(write_lyrics::lyrics(&mut self.model, params, observer)?)
    }

    fn prompt(
        &mut self,
        params: &PromptParams,
        observer: &dyn Observer,
    ) -> Result<TagsPrompt, EngineError> {
        begun(Stage::Prompt, observer);
        Ok(write_tags::prompt(&mut self.model, params, observer)?)
    }

    fn categories(
        &mut self,
        params: &CategoriesParams,
        observer: &dyn Observer,
    ) -> Result<Categories, EngineError> {
        begun(Stage::Categories, observer);
        Ok(write_categories::categories(
            &mut self.model,
            params,
            observer,
        )?)
    }

    fn title(
        &mut self,
        params: &TitleParams,
        observer: &dyn Observer,
    ) -> Result<String, EngineError> {
        begun(Stage::Title, observer);
        Ok(write_title::title(&mut self.model, params, observer)?)
    }

    fn revise(
        &mut self,
        params: &ReviseParams,
        observer: &dyn Observer,
    ) -> Result<String, EngineError> {
        begun(Stage::Lyrics, observer);
        Ok(write_revision::revise(&mut self.model, params, observer)?)
    }

    fn rhymes(
        &mut self,
        params: &RhymesParams,
        observer: &dyn Observer,
    ) -> Result<Vec<String>, EngineError> {
        begun(Stage::Lyrics, observer);
        Ok(write_rhymes::rhymes(&mut self.model, params, observer)?)
    }
}
