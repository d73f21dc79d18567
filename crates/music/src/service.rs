use std::sync::Arc;

use songwright_base::{EngineError, Observer};
use songwright_engine::{Chosen, EnginePlace, PlacedEngine, Residency};

use crate::{Composer, ComposerFacts, Composition, MusicParams};

/// A composer in its place.
pub type MusicEngine = PlacedEngine<dyn Composer, Box<dyn ComposerFacts>>;

/// The music service: one composer at a time, whichever maker it comes from.
pub struct MusicService {
    place: EnginePlace<dyn Composer, Box<dyn ComposerFacts>>,
}

impl MusicService {
    /// As [`EnginePlace::start`].
    ///
    /// # Errors
    /// As there.
    pub fn start(
        residency: &Arc<Residency>,
        choose: impl Fn(Option<&str>) -> Chosen<dyn Composer, Box<dyn ComposerFacts>>
        + Send
        + Sync
        + 'static,
    ) -> Result<Self, EngineError> {
        Ok(Self {
            place: EnginePlace::start(residency, choose)?,
        })
    }

    /// Whoever composed last, or is about to.
    #[must_use]
    pub fn engine(&self) -> Arc<MusicEngine> {
        self.place.engine()
    }

    /// Who composes now.
    pub async fn chosen(&self) -> Arc<MusicEngine> {
        self.place.chosen().await
    }

    /// As [`ComposerFacts::check`], of whoever composes now.
    ///
    /// # Errors
    /// As there.
    pub async fn check(&self, params: MusicParams) -> Result<(), EngineError> {
        let engine = self.place.chosen().await;
        let check = tokio::task::spawn_blocking(move || engine.facts().check(&params));
        check
            .await
            .map_err(EngineError::failed("looking at what is asked for"))?
    }

    /// As [`Composer::compose`], by whoever composes now.
    ///
    /// # Errors
    /// As there.
    pub async fn compose(
        &self,
        params: MusicParams,
        observer: Arc<dyn Observer + Send + Sync>,
    ) -> Result<Composition, EngineError> {
        let job = move |composer: &mut (dyn Composer + 'static), observer: &dyn Observer| {
            composer.compose(&params, observer)
        };
        self.place.call(observer, job).await
    }
}
