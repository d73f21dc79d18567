use songwright_base::{EngineError, EngineInfo, Service, config::Config};
use songwright_cover::{CoverArtist, CoverService};
use songwright_engine::{Chosen, Maker, Residency, WorkersConfig};
use songwright_lyrics::{Lyricist, LyricsService};
use songwright_music::{Composer, ComposerFacts, MusicService, ace_step::AdapterFolder};
use songwright_remote::{RemoteArtist, RemoteComposer, RemoteFacts, RemoteLyricist, RemoteTarget};

use crate::{
    adapters, local_makers::Chooser, neural_cover::LocalArtists, neural_lyrics::LocalLyricists,
    neural_music::LocalComposers,
};

/// What a connection takes.
const REMOTE_BYTES: u64 = 1 << 20;

/// Which services this process serves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Serving {
    /// The integrated service at the root, the others below their prefixes.
    All,
    /// One service alone, at the root.
    One(Service),
}

impl Serving {
    /// The services whose requests this process takes.
    #[must_use]
    pub fn services(self) -> Vec<Service> {
        match self {
            Self::All => Service::ALL.to_vec(),
            Self::One(service) => vec![service],
        }
    }

    /// The service whose endpoints are at the root.
    #[must_use]
    pub const fn at_root(self) -> Service {
        match self {
            Self::All => Service::Integrated,
            Self::One(service) => service,
        }
    }
}

/// The three services from whichever maker the configuration says.
pub(crate) struct Engines {
    pub(crate) lyrics: LyricsService,
    pub(crate) music: MusicService,
    pub(crate) cover: CoverService,
}

impl Engines {
    pub(crate) fn assemble(config: &Config, serving: Serving) -> Result<Self, EngineError> {
        let residency = Residency::new(config.memory_budget_bytes);
        let plan = |service| workers(config, serving, service);
        let budget_bytes = config.memory_budget_bytes;

        let lyrics = match plan(Service::Lyrics) {
            (workers, Some(target)) => {
                let info = RemoteLyricist::new(target.clone())?.info();
                let load =
                    move || Ok(Box::new(RemoteLyricist::new(target.clone())?) as Box<dyn Lyricist>);
                LyricsService::start(&residency, elsewhere(info, || (), workers, load))?
            }
            (workers, None) => {
                let makers = LocalLyricists { budget_bytes };
                let chooser = chooser(makers, config, workers);
                LyricsService::start(&residency, move |current| chooser.choose(current))?
            }
        };
        let music = match plan(Service::Music) {
            (workers, Some(target)) => {
                let info = RemoteComposer::new(target.clone())?.info();
                let facts = || Box::new(RemoteFacts) as Box<dyn ComposerFacts>;
                let load =
                    move || Ok(Box::new(RemoteComposer::new(target.clone())?) as Box<dyn Composer>);
                MusicService::start(&residency, elsewhere(info, facts, workers, load))?
            }
            (workers, None) => {
                let makers = LocalComposers {
                    budget_bytes,
                    adapters: AdapterFolder::at(&adapters::folder(&config.data_dir)),
                };
                let chooser = chooser(makers, config, workers);
                MusicService::start(&residency, move |current| chooser.choose(current))?
            }
        };
        let cover = match plan(Service::Image) {
            (workers, Some(target)) => {
                let info = RemoteArtist::new(target.clone())?.info();
                let load = move || {
                    Ok(Box::new(RemoteArtist::new(target.clone())?) as Box<dyn CoverArtist>)
                };
                CoverService::start(&residency, elsewhere(info, || (), workers, load))?
            }
            (workers, None) => {
                let makers = LocalArtists { budget_bytes };
                let chooser = chooser(makers, config, workers);
                CoverService::start(&residency, move |current| chooser.choose(current))?
            }
        };
        Ok(Self {
            lyrics,
            music,
            cover,
        })
    }
}

/// Chooses between the makers of this machine.
fn chooser<M>(makers: M, config: &Config, workers: WorkersConfig) -> Chooser<M> {
    Chooser {
        makers,
        config: config.clone(),
        workers,
    }
}

/// Work that is done elsewhere, always by the same.
fn elsewhere<E: ?Sized, F>(
    info: EngineInfo,
    facts: impl Fn() -> F + Send + Sync + 'static,
    workers: WorkersConfig,
    load: impl Fn() -> Result<Box<E>, EngineError> + Clone + Send + Sync + 'static,
) -> impl Fn(Option<&str>) -> Chosen<E, F> + Send + Sync + 'static {
    move |current| {
        let load = load.clone();
        Ok(current.is_none().then(|| Maker {
            key: "elsewhere".to_owned(),
            info: info.clone(),
            workers: workers.clone(),
            facts: facts(),
            load: Box::new(move |_, _| load()),
        }))
    }
}

/// How a service's engine is kept, and where it runs elsewhere.
fn workers(
    config: &Config,
    serving: Serving,
    service: Service,
) -> (WorkersConfig, Option<RemoteTarget>) {
    let settings = config.service(service);
    // Only the integrated service calls the others beside its own requests.
    let threads = settings
        .max_concurrent_requests
        .max(config.service(Service::Integrated).max_concurrent_requests);
    let workers = WorkersConfig {
        name: service.word(),
        threads,
        idle: settings.scaledown_window,
        memory_bytes: REMOTE_BYTES,
    };
    (workers, remote_target(config, serving, service))
}

/// Where a service runs elsewhere; one that this process itself serves never does.
pub(crate) fn remote_target(
    config: &Config,
    serving: Serving,
    service: Service,
) -> Option<RemoteTarget> {
    if serving == Serving::One(service) {
        return None;
    }
    let at = config.remote.get(service)?;
    Some(RemoteTarget {
        service,
        base_url: at.url.clone(),
        key: at.key.clone(),
        modal: at.modal.clone(),
        max_runtime: config.service(service).max_runtime,
    })
}
