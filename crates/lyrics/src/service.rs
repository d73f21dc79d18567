use std::sync::Arc;

use songwright_base::{EngineError, EngineInfo, LyricSheet, Observer};
use songwright_engine::{Chosen, EnginePlace, PlacedEngine, Residency};

use crate::{
    Categories, CategoriesParams, Lyricist, LyricsParams, PromptParams, TagsPrompt, TitleParams,
};

/// The lyrics service: one lyricist at a time, whichever maker it comes from.
pub struct LyricsService {
    place: EnginePlace<dyn Lyricist>,
}

/// A result with who made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Written<T> {
    /// The result.
    pub value: T,
    /// Who wrote it.
    pub engine: EngineInfo,
}

type Watcher = Arc<dyn Observer + Send + Sync>;

impl LyricsService {
    /// As [`EnginePlace::start`].
    ///
    /// # Errors
    /// As there.
    pub fn start(
        residency: &Arc<Residency>,
        choose: impl Fn(Option<&str>) -> Chosen<dyn Lyricist> + Send + Sync + 'static,
    ) -> Result<Self, EngineError> {
        Ok(Self {
            place: EnginePlace::start(residency, choose)?,
        })
    }

    /// Whoever wrote last, or is about to.
    #[must_use]
    pub fn engine(&self) -> Arc<PlacedEngine<dyn Lyricist>> {
        self.place.engine()
    }

    /// Who writes now.
    pub async fn chosen(&self) -> Arc<PlacedEngine<dyn Lyricist>> {
        self.place.chosen().await
    }

    /// As [`Lyricist::lyrics`].
    ///
    /// # Errors
    /// As there.
    pub async fn lyrics(
        &self,
        params: LyricsParams,
        observer: Watcher,
    ) -> Result<Written<LyricSheet>, EngineError> {
        self.call(observer, move |engine, observer| {
            engine.lyrics(&params, observer)
        })
        .await
    }

    /// As [`Lyricist::prompt`].
    ///
    /// # Errors
    /// As there.
    pub async fn prompt(
        &self,
        params: PromptParams,
        observer: Watcher,
    ) -> Result<Written<TagsPrompt>, EngineError> {
        self.call(observer, move |engine, observer| {
            engine.prompt(&params, observer)
        })
        .await
    }

    /// As [`Lyricist::categories`].
    ///
    /// # Errors
    /// As there.
    pub async fn categories(
        &self,
        params: CategoriesParams,
        observer: Watcher,
    ) -> Result<Written<Categories>, EngineError> {
        self.call(observer, move |engine, observer| {
            engine.categories(&params, observer)
        })
        .await
    }

    /// As [`Lyricist::title`].
    ///
    /// # Errors
    /// As there.
    pub async fn title(
        &self,
        params: TitleParams,
        observer: Watcher,
    ) -> Result<Written<String>, EngineError> {
        self.call(observer, move |engine, observer| {
            engine.title(&params, observer)
        })
        .await
    }

    async fn call<T: Send + 'static>(
        &self,
        observer: Watcher,
        job: impl FnOnce(&mut (dyn Lyricist + 'static), &dyn Observer) -> Result<T, EngineError>
        + Send
        + 'static,
    ) -> Result<Written<T>, EngineError> {
        let work = move |engine: &mut (dyn Lyricist + 'static), observer: &dyn Observer| {
            let value = job(engine, observer)?;
            Ok(Written {
                value,
                engine: engine.info(),
            })
        };
        self.place.call(observer, work).await
    }
}
