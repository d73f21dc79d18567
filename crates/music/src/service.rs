use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use songwright_base::{EngineError, EngineInfo, Observer};
use songwright_engine::{EngineHealth, Residency, Workers, WorkersConfig};

use crate::{Composer, Composition, MusicParams};

/// How often is looked whether an engine that was replaced is still waited for.
const LEAVING: Duration = Duration::from_millis(200);

/// A composer that can be had, before it is loaded.
pub struct Maker {
    /// Tells it from any other, also from the same model with other files.
    pub key: String,
    /// Who composes.
    pub info: EngineInfo,
    /// How it is kept.
    pub workers: WorkersConfig,
    /// What it takes in memory for a song of so many seconds, in bytes.
    pub bytes_for: Box<dyn Fn(f64) -> u64 + Send + Sync>,
    /// Runs on the engine's thread, at the first request.
    pub load: Box<dyn Fn() -> Result<Box<dyn Composer>, EngineError> + Send + Sync>,
}

impl fmt::Debug for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Maker").field("key", &self.key).finish()
    }
}

/// Who is to compose now; told the key of whoever does, and `None` where that is right. Reads small
/// files.
pub type Choose = dyn Fn(Option<&str>) -> Result<Option<Maker>, EngineError> + Send + Sync;

/// A composer in its place.
pub struct MusicEngine {
    key: String,
    info: EngineInfo,
    bytes_for: Box<dyn Fn(f64) -> u64 + Send + Sync>,
    workers: Workers<dyn Composer>,
}

impl MusicEngine {
    fn start(maker: Maker, residency: &Arc<Residency>) -> Result<Self, EngineError> {
        Ok(Self {
            key: maker.key,
            info: maker.info,
            bytes_for: maker.bytes_for,
            workers: Workers::start(&maker.workers, residency, maker.load)?,
        })
    }

    /// Who composes.
    #[must_use]
    pub fn info(&self) -> &EngineInfo {
        &self.info
    }

    /// What the engine last did.
    #[must_use]
    pub fn health(&self) -> &EngineHealth {
        self.workers.health()
    }

    /// What it takes in memory for a song of so many seconds, in bytes.
    #[must_use]
    pub fn bytes_for(&self, duration_s: f64) -> u64 {
        (self.bytes_for)(duration_s)
    }
}

/// The music service: one engine at a time, whichever maker it comes from, on threads of its own. Who
/// that is is asked anew for each request, so that a model that is installed meanwhile is used.
pub struct MusicService {
    choose: Arc<Choose>,
    residency: Arc<Residency>,
    current: Arc<Mutex<Arc<MusicEngine>>>,
}

impl MusicService {
    /// Starts the threads of whom `choose` names.
    ///
    /// # Errors
    /// What `choose` says; as [`Workers::start`].
    pub fn start(
        residency: &Arc<Residency>,
        choose: impl Fn(Option<&str>) -> Result<Option<Maker>, EngineError> + Send + Sync + 'static,
    ) -> Result<Self, EngineError> {
        let first = choose(None)?.ok_or_else(|| EngineError::Unavailable {
            what: "Nobody makes music here.".to_owned(),
        })?;
        let engine = MusicEngine::start(first, residency)?;
        Ok(Self {
            choose: Arc::new(choose),
            residency: residency.clone(),
            current: Arc::new(Mutex::new(Arc::new(engine))),
        })
    }

    /// Whoever composed last, or is about to.
    #[must_use]
    pub fn engine(&self) -> Arc<MusicEngine> {
        let current = self.current.lock();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who composes now, which may be another than before. Where that cannot be found out it stays who
    /// it was.
    pub async fn chosen(&self) -> Arc<MusicEngine> {
        let (choose, residency) = (self.choose.clone(), self.residency.clone());
        let current = self.current.clone();
        let looked = tokio::task::spawn_blocking(move || renew(&*choose, &residency, &current));
        match looked.await {
            Ok(Ok(engine)) => engine,
            Ok(Err(error)) => {
                tracing::warn!(%error, "who makes music stays as it was");
                self.engine()
            }
            Err(error) => {
                tracing::error!(%error, "who makes music stays as it was");
                self.engine()
            }
        }
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
        let engine = self.chosen().await;
        engine
            .workers
            .call(observer, move |composer, observer| {
                composer.compose(&params, observer)
            })
            .await
    }
}

/// Asks who is to compose, and puts it in its place.
fn renew(
    choose: &Choose,
    residency: &Arc<Residency>,
    current: &Mutex<Arc<MusicEngine>>,
) -> Result<Arc<MusicEngine>, EngineError> {
    // Held meanwhile, so that two requests at once start one engine.
    let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(maker) = choose(Some(current.key.as_str()))? {
        tracing::info!(model = maker.info.model_id, "makes the music from now on");
        let engine = Arc::new(MusicEngine::start(maker, residency)?);
        retire(std::mem::replace(&mut *current, engine));
    }
    Ok(current.clone())
}

/// Lets an engine go once nobody waits for it any more. The last who does waits for its threads, which
/// may still be at work for somebody who has left: that is no place for a thread that others wait for.
fn retire(engine: Arc<MusicEngine>) {
    std::thread::spawn(move || {
        while Arc::strong_count(&engine) > 1 {
            std::thread::sleep(LEAVING);
        }
    });
}
