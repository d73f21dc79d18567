use candle_core::{DType, Device};
use songwright_base::{EngineError, EngineInfo, EngineKind, LyricSheet, Observer, Progress, Stage};

use super::{
    Checkpoint, Error, LanguageModel,
    plan::{POSITIONS, Plan},
    write_categories, write_lyrics, write_tags, write_title,
};
use crate::{
    Categories, CategoriesParams, Lyricist, LyricsParams, PromptParams, TagsPrompt, TitleParams,
};

/// A language model as a lyricist.
#[derive(Debug)]
pub struct QwenLyricist {
    model: LanguageModel,
    info: EngineInfo,
}

/// Which model a checkpoint is, as its card says.
#[derive(Clone, Debug)]
pub struct Identity {
    /// For people.
    pub name: String,
    /// For clients.
    pub model_id: String,
    /// An SPDX expression.
    pub licence: String,
}

impl Identity {
    /// Who writes, on a device and with a plan.
    #[must_use]
    pub fn info(&self, checkpoint: &Checkpoint, device: &Device, plan: Plan) -> EngineInfo {
        let precision = match (checkpoint.is_gguf(), plan.form.blocks, plan.form.dtype) {
            (true, ..) => "gguf".to_owned(),
            (_, Some(blocks), _) => format!("{blocks:?}").to_lowercase(),
            (_, None, DType::BF16) => "bf16".to_owned(),
            (_, None, _) => "f32".to_owned(),
        };
        EngineInfo {
            kind: EngineKind::Neural,
            name: self.name.clone(),
            version: format!("1 ({precision})"),
            model_id: self.model_id.clone(),
            device: match device {
                Device::Cpu => "cpu",
                Device::Cuda(_) => "cuda",
                Device::Metal(_) => "metal",
            }
            .to_owned(),
            licence: self.licence.clone(),
        }
    }
}

impl QwenLyricist {
    /// Loads a checkpoint by a plan.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] and [`Error::Network`].
    pub fn load(
        checkpoint: &Checkpoint,
        identity: &Identity,
        device: &Device,
        plan: Plan,
    ) -> Result<Self, Error> {
        Ok(Self {
            model: LanguageModel::load(checkpoint, device, plan.form, POSITIONS)?,
            info: identity.info(checkpoint, device, plan),
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
}
