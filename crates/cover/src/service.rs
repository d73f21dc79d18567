use std::sync::Arc;

use songwright_base::{EngineError, Observer, Seed};
use songwright_engine::{Chosen, EnginePlace, PlacedEngine, Residency};

use crate::{Cover, CoverArtist, CoverParams};

/// The cover service: one artist at a time, whichever maker it comes from.
pub struct CoverService {
    place: EnginePlace<dyn CoverArtist>,
}

impl CoverService {
    /// As [`EnginePlace::start`].
    ///
    /// # Errors
    /// As there.
    pub fn start(
        residency: &Arc<Residency>,
        choose: impl Fn(Option<&str>) -> Chosen<dyn CoverArtist> + Send + Sync + 'static,
    ) -> Result<Self, EngineError> {
        Ok(Self {
            place: EnginePlace::start(residency, choose)?,
        })
    }

    /// Whoever drew last, or is about to.
    #[must_use]
    pub fn engine(&self) -> Arc<PlacedEngine<dyn CoverArtist>> {
        self.place.engine()
    }

    /// Who draws now.
    pub async fn chosen(&self) -> Arc<PlacedEngine<dyn CoverArtist>> {
        self.place.chosen().await
    }

    /// As [`CoverArtist::draw`].
    ///
    /// # Errors
    /// As there.
    pub async fn draw(
        &self,
        params: CoverParams,
        observer: Arc<dyn Observer + Send + Sync>,
    ) -> Result<Cover, EngineError> {
        let job = move |artist: &mut (dyn CoverArtist + 'static), observer: &dyn Observer| {
            artist.draw(&params, observer)
        };
        self.place.call(observer, job).await
    }

    /// As [`CoverArtist::draw_each`].
    ///
    /// # Errors
    /// As there.
    pub async fn draw_each(
        &self,
        params: CoverParams,
        seeds: Vec<Seed>,
        observer: Arc<dyn Observer + Send + Sync>,
    ) -> Result<Vec<Cover>, EngineError> {
        let job = move |artist: &mut (dyn CoverArtist + 'static), observer: &dyn Observer| {
            artist.draw_each(&params, &seeds, observer)
        };
        self.place.call(observer, job).await
    }
}
