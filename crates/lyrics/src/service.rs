use std::sync::Arc;

use songwright_base::{EngineError, EngineInfo, LyricSheet, Observer};
use songwright_engine::{EngineHealth, Residency, Workers, WorkersConfig};

use crate::{
    Categories, CategoriesParams, Lyricist, LyricsParams, PromptParams, TagsPrompt, TitleParams,
};

/// The lyrics service: one lyricist, whichever maker it comes from, on threads of its own.
pub struct LyricsService {
    info: EngineInfo,
    workers: Workers<dyn Lyricist>,
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
    /// Starts the threads; `load` runs on them at the first request. `info` is what is known of
    /// the engine before.
    ///
    /// # Errors
    /// As [`Workers::start`].
    pub fn start(
        info: EngineInfo,
        config: &WorkersConfig,
        residency: &Arc<Residency>,
        load: impl Fn() -> Result<Box<dyn Lyricist>, EngineError> + Send + Sync + 'static,
    ) -> Result<Self, EngineError> {
        Ok(Self {
            info,
            workers: Workers::start(config, residency, load)?,
        })
    }

    /// Who writes.
    #[must_use]
    pub fn info(&self) -> &EngineInfo {
        &self.info
    }

    /// What the engine last did.
    #[must_use]
    pub fn health(&self) -> &EngineHealth {
        self.workers.health()
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
        self.workers.call(observer, work).await
    }
}
