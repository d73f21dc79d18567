//! Who works for a service, asked anew for each request.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use songwright_base::{EngineError, EngineInfo, Observer};

use crate::{EngineHealth, Load, Residency, Workers, WorkersConfig};

/// How often is looked whether an engine that was replaced is still waited for.
const LEAVING: Duration = Duration::from_millis(200);

/// An engine that can be had, before it is loaded. `F` is what else is known of it by then.
pub struct Maker<E: ?Sized, F = ()> {
    /// Tells it from any other, also from the same model with other files.
    pub key: String,
    /// Who it is.
    pub info: EngineInfo,
    /// How it is kept.
    pub workers: WorkersConfig,
    /// What else is known.
    pub facts: F,
    /// Runs on the engine's thread, at the first request.
    pub load: Box<Load<E>>,
}

impl<E: ?Sized, F> fmt::Debug for Maker<E, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Maker").field("key", &self.key).finish()
    }
}

/// Who is to work now; `None` where whoever does is right.
pub type Chosen<E, F = ()> = Result<Option<Maker<E, F>>, EngineError>;

/// Chooses who is to work, told the key of whoever does. Reads small files.
pub type Choose<E, F = ()> = dyn Fn(Option<&str>) -> Chosen<E, F> + Send + Sync;

/// An engine in its place.
pub struct PlacedEngine<E: ?Sized, F = ()> {
    key: String,
    info: EngineInfo,
    facts: F,
    workers: Workers<E>,
}

impl<E: ?Sized + Send + 'static, F> PlacedEngine<E, F> {
    fn start(maker: Maker<E, F>, residency: &Arc<Residency>) -> Result<Self, EngineError> {
        Ok(Self {
            key: maker.key,
            info: maker.info,
            facts: maker.facts,
            workers: Workers::start(&maker.workers, residency, maker.load)?,
        })
    }

    /// Who it is.
    #[must_use]
    pub fn info(&self) -> &EngineInfo {
        &self.info
    }

    /// What the engine last did.
    #[must_use]
    pub fn health(&self) -> &EngineHealth {
        self.workers.health()
    }

    /// What else its maker knew.
    #[must_use]
    pub fn facts(&self) -> &F {
        &self.facts
    }
}

/// The place of a service's engine: one at a time, on threads of its own. Who that is is asked anew for
/// each request, so that a model that is installed meanwhile is used.
pub struct EnginePlace<E: ?Sized, F = ()> {
    choose: Arc<Choose<E, F>>,
    residency: Arc<Residency>,
    current: Arc<Mutex<Arc<PlacedEngine<E, F>>>>,
}

impl<E: ?Sized + Send + 'static, F: Send + Sync + 'static> EnginePlace<E, F> {
    /// Starts the threads of whom `choose` names.
    ///
    /// # Errors
    /// What `choose` says; as [`Workers::start`].
    pub fn start(
        residency: &Arc<Residency>,
        choose: impl Fn(Option<&str>) -> Chosen<E, F> + Send + Sync + 'static,
    ) -> Result<Self, EngineError> {
        let first = choose(None)?.ok_or_else(|| EngineError::Unavailable {
            what: "There is no engine for this service.".to_owned(),
        })?;
        let engine = PlacedEngine::start(first, residency)?;
        Ok(Self {
            choose: Arc::new(choose),
            residency: residency.clone(),
            current: Arc::new(Mutex::new(Arc::new(engine))),
        })
    }

    /// Whoever worked last, or is about to.
    #[must_use]
    pub fn engine(&self) -> Arc<PlacedEngine<E, F>> {
        let current = self.current.lock();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who works now, which may be another than before. Where that cannot be found out it stays who it
    /// was.
    pub async fn chosen(&self) -> Arc<PlacedEngine<E, F>> {
        let (choose, residency) = (self.choose.clone(), self.residency.clone());
        let current = self.current.clone();
        let looked = tokio::task::spawn_blocking(move || renew(&*choose, &residency, &current));
        match looked.await {
            Ok(Ok(engine)) => engine,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the engine stays who it was");
                self.engine()
            }
            Err(error) => {
                tracing::error!(%error, "the engine stays who it was");
                self.engine()
            }
        }
    }

    /// Runs a job on whoever works now, as [`Workers::call`].
    ///
    /// # Errors
    /// As there.
    pub async fn call<T: Send + 'static>(
        &self,
        observer: Arc<dyn Observer + Send + Sync>,
        job: impl FnOnce(&mut E, &dyn Observer) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.chosen().await.workers.call(observer, job).await
    }
}

/// Asks who is to work, and puts it in its place.
fn renew<E: ?Sized + Send + 'static, F: Send + Sync + 'static>(
    choose: &Choose<E, F>,
    residency: &Arc<Residency>,
    current: &Mutex<Arc<PlacedEngine<E, F>>>,
) -> Result<Arc<PlacedEngine<E, F>>, EngineError> {
    // Held meanwhile, so that two requests at once start one engine.
    let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(maker) = choose(Some(current.key.as_str()))? {
        let service = maker.workers.name;
        tracing::info!(service, model = maker.info.model_id, "works from now on");
        let engine = Arc::new(PlacedEngine::start(maker, residency)?);
        retire(std::mem::replace(&mut *current, engine));
    }
    Ok(current.clone())
}

/// Lets an engine go once nobody waits for it any more. The last who does waits for its threads, which
/// may still be at work for somebody who has left: that is no place for a thread that others wait for.
fn retire<E: ?Sized + Send + 'static, F: Send + Sync + 'static>(engine: Arc<PlacedEngine<E, F>>) {
    std::thread::spawn(move || {
        while Arc::strong_count(&engine) > 1 {
            std::thread::sleep(LEAVING);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

    use songwright_base::{EngineKind, Silent};

    use super::*;

    trait Named: Send {
        fn name(&self) -> &'static str;
    }

    impl Named for &'static str {
        fn name(&self) -> &'static str {
            self
        }
    }

    fn maker(name: &'static str) -> Maker<dyn Named> {
        Maker {
            key: name.to_owned(),
            info: EngineInfo {
                kind: EngineKind::Sketch,
                name: name.to_owned(),
                version: String::new(),
                model_id: name.to_owned(),
                device: String::new(),
                licence: String::new(),
            },
            workers: WorkersConfig {
                name: "test",
                threads: 1,
                idle: Duration::from_secs(60),
                memory_bytes: 1,
            },
            facts: (),
            load: Box::new(move |_, _| Ok(Box::new(name))),
        }
    }

    #[tokio::test]
    async fn the_engine_is_asked_for_anew_and_kept_where_nobody_knows() {
        static IS_NEW: AtomicBool = AtomicBool::new(false);
        static IS_LOST: AtomicBool = AtomicBool::new(false);
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let choose = |current: Option<&str>| {
            if IS_LOST.load(SeqCst) {
                let what = "a list cannot be read".to_owned();
                return Err(EngineError::Unavailable { what });
            }
            let name = if IS_NEW.load(SeqCst) { "new" } else { "old" };
            if current == Some(name) {
                return Ok(None);
            }
            MADE.fetch_add(1, SeqCst);
            Ok(Some(maker(name)))
        };
        let place = EnginePlace::start(&Residency::new(10), choose).unwrap();
        let name = async || {
            let job = |engine: &mut (dyn Named + 'static), _: &dyn Observer| Ok(engine.name());
            place.call(Arc::new(Silent), job).await.unwrap()
        };
        assert_eq!((name().await, name().await), ("old", "old"));
        IS_NEW.store(true, SeqCst);
        assert_eq!(place.engine().info().name, "old");
        assert_eq!((name().await, name().await), ("new", "new"));
        assert_eq!(place.engine().info().name, "new");
        IS_LOST.store(true, SeqCst);
        assert_eq!((name().await, MADE.load(SeqCst)), ("new", 2));
    }

    #[test]
    fn without_anybody_it_does_not_start() {
        let nobody = |_: Option<&str>| Ok(None::<Maker<dyn Named>>);
        assert!(EnginePlace::start(&Residency::new(10), nobody).is_err());
    }
}
