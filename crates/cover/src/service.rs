use std::sync::Arc;

use songwright_base::{EngineError, EngineInfo, Observer};
use songwright_engine::{EngineHealth, Residency, Workers, WorkersConfig};

use crate::{Cover, CoverArtist, CoverParams};

/// The cover service: one engine, whichever maker it comes from, on threads of its own.
pub struct CoverService {
    info: EngineInfo,
    workers: Workers<dyn CoverArtist>,
}

impl CoverService {
    /// Starts the threads; `load` runs on them at the first request. `info` is what is known of
    /// the engine before.
    ///
    /// # Errors
    /// As [`Workers::start`].
    pub fn start(
        info: EngineInfo,
        config: &WorkersConfig,
        residency: &Arc<Residency>,
        load: impl Fn() -> Result<Box<dyn CoverArtist>, EngineError> + Send + Sync + 'static,
    ) -> Result<Self, EngineError> {
        Ok(Self {
            info,
            workers: Workers::start(config, residency, load)?,
        })
    }

    /// Who draws.
    #[must_use]
    pub fn info(&self) -> &EngineInfo {
        &self.info
    }

    /// What the engine last did.
    #[must_use]
    pub fn health(&self) -> &EngineHealth {
        self.workers.health()
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
        self.workers
            .call(observer, move |engine, observer| {
                engine.draw(&params, observer)
            })
            .await
    }
}
