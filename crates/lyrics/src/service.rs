use std::sync::Arc;

use songwright_base::{EngineError, EngineInfo, LyricSheet, Observer};
use songwright_engine::{Chosen, EnginePlace, PlacedEngine, Residency};

use crate::{
    Categories, CategoriesParams, ImproveParams, Lyricist, LyricsParams, PromptParams,
    ReviseParams, RhymesParams, SceneParams, TagsPrompt, TitleParams, improve::improved,
    tags::within_limit,
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
    /// Why they stand in for a model, where they do.
    pub notes: Vec<String>,
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

    /// As [`Lyricist::prompt`], and no longer than the music service takes.
    ///
    /// # Errors
    /// As there.
    pub async fn prompt(
        &self,
        params: PromptParams,
        observer: Watcher,
    ) -> Result<Written<TagsPrompt>, EngineError> {
        let made = self
            .call(observer, move |engine, observer| {
                engine.prompt(&params, observer)
            })
            .await?;
        Ok(Written {
            value: within_limit(made.value),
            engine: made.engine,
            notes: made.notes,
        })
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

    /// As [`Lyricist::revise`].
    ///
    /// # Errors
    /// As there.
    pub async fn revise(
        &self,
        params: ReviseParams,
        observer: Watcher,
    ) -> Result<Written<String>, EngineError> {
        self.call(observer, move |engine, observer| {
            engine.revise(&params, observer)
        })
        .await
    }

    /// As [`Lyricist::scene`].
    ///
    /// # Errors
    /// As there.
    pub async fn scene(
        &self,
        params: SceneParams,
        observer: Watcher,
    ) -> Result<Written<Option<String>>, EngineError> {
        self.call(observer, move |engine, observer| {
            engine.scene(&params, observer)
        })
        .await
    }

    /// As [`Lyricist::rhymes`].
    ///
    /// # Errors
    /// As there.
    pub async fn rhymes(
        &self,
        params: RhymesParams,
        observer: Watcher,
    ) -> Result<Written<Vec<String>>, EngineError> {
        self.call(observer, move |engine, observer| {
            engine.rhymes(&params, observer)
        })
        .await
    }

    /// A tags prompt made better: the tags that are there, and what they lack by [`Lyricist::prompt`].
    ///
    /// # Errors
    /// As there.
    pub async fn improve(
        &self,
        params: ImproveParams,
        observer: Watcher,
    ) -> Result<Written<TagsPrompt>, EngineError> {
        let made = self.prompt(params.prompt, observer).await?;
        Ok(Written {
            value: improved(params.tags, made.value),
            engine: made.engine,
            notes: made.notes,
        })
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
                notes: engine.note().into_iter().collect(),
            })
        };
        self.place.call(observer, work).await
    }
}
