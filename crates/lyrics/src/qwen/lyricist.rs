use candle_core::Device;
use songwright_base::{
    EngineError, EngineInfo, LyricSheet, ModelIdentity, Observer, Progress, Stage,
};
use songwright_nn::device;

use super::{
    Checkpoint, Error, LanguageModel,
    plan::{POSITIONS, Plan},
    write_categories, write_lyrics, write_revision, write_rhymes, write_scene, write_tags,
    write_title,
};
use crate::{
    Categories, CategoriesParams, Lyricist, LyricsParams, PromptParams, ReviseParams, RhymesParams,
    SceneParams, TagsPrompt, TitleParams,
};

/// A language model as a lyricist.
#[derive(Debug)]
pub struct QwenLyricist {
    model: LanguageModel,
    info: EngineInfo,
}

impl QwenLyricist {
    /// Loads a checkpoint onto a device by a plan, and tells how far it is.
    ///
    /// # Errors
    /// [`Error::Cancelled`] within one tensor; [`Error::Checkpoint`] and [`Error::Network`].
    pub fn load(
        checkpoint: &Checkpoint,
        identity: &ModelIdentity,
        (on, plan): (&Device, Plan),
        observer: &dyn Observer,
    ) -> Result<Self, Error> {
        let parameters = usize::try_from(checkpoint.parameters()?).unwrap_or(usize::MAX);
        let model = songwright_engine::load(observer, parameters, |told| {
            let weights = checkpoint.weights(plan.form.dtype, on).telling(told);
            LanguageModel::load(checkpoint, &weights.quantised(plan.form.blocks), POSITIONS)
        });
        device::return_freed_memory();
        Ok(Self {
            model: model?,
            info: plan.engine(checkpoint, identity, on),
        })
    }

    /// Has something written, and gives the memory back that was freed by then: that of keys and values above all.
    fn write<T>(
        &mut self,
        stage: Stage,
        observer: &dyn Observer,
        work: impl FnOnce(&mut LanguageModel) -> Result<T, Error>,
    ) -> Result<T, EngineError> {
        observer.report(Progress::new(stage, 0, 1));
        let written = work(&mut self.model);
        device::return_freed_memory();
        Ok(written?)
    }
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
        self.write(Stage::Lyrics, observer, |model| {
            write_lyrics::lyrics(model, params, observer)
        })
    }

    fn prompt(
        &mut self,
        params: &PromptParams,
        observer: &dyn Observer,
    ) -> Result<TagsPrompt, EngineError> {
        self.write(Stage::Prompt, observer, |model| {
            write_tags::prompt(model, params, observer)
        })
    }

    fn categories(
        &mut self,
        params: &CategoriesParams,
        observer: &dyn Observer,
    ) -> Result<Categories, EngineError> {
        self.write(Stage::Categories, observer, |model| {
            write_categories::categories(model, params, observer)
        })
    }

    fn title(
        &mut self,
        params: &TitleParams,
        observer: &dyn Observer,
    ) -> Result<String, EngineError> {
        self.write(Stage::Title, observer, |model| {
            write_title::title(model, params, observer)
        })
    }

    fn revise(
        &mut self,
        params: &ReviseParams,
        observer: &dyn Observer,
    ) -> Result<String, EngineError> {
        self.write(Stage::Lyrics, observer, |model| {
            write_revision::revise(model, params, observer)
        })
    }

    fn rhymes(
        &mut self,
        params: &RhymesParams,
        observer: &dyn Observer,
    ) -> Result<Vec<String>, EngineError> {
        self.write(Stage::Lyrics, observer, |model| {
            write_rhymes::rhymes(model, params, observer)
        })
    }

    fn scene(
        &mut self,
        params: &SceneParams,
        observer: &dyn Observer,
    ) -> Result<Option<String>, EngineError> {
        let scene = |model: &mut _| write_scene::scene(model, params, observer);
        self.write(Stage::Cover, observer, scene).map(Some)
    }
}
