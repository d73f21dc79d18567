use songwright_base::{EngineError, Service, config::Config};
use songwright_cover::{CoverArtist, CoverService};
use songwright_engine::{Residency, WorkersConfig};
use songwright_lyrics::{Lyricist, LyricsService};
use songwright_music::{Composer as _, Maker, MusicService};
use songwright_remote::{RemoteArtist, RemoteComposer, RemoteLyricist, RemoteTarget};

use crate::{neural_cover::LocalArtist, neural_lyrics::LocalLyricist, neural_music::LocalMusic};

/// The sketch engines of words and pictures take next to nothing.
const SKETCH_BYTES: u64 = 8 << 20;
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
        let plan = |service, sketch_bytes| Plan::of(config, serving, service, sketch_bytes);

        let (workers, remote) = plan(Service::Lyrics, SKETCH_BYTES);
        let lyrics = match remote {
            Some(target) => {
                let info = RemoteLyricist::new(target.clone())?.info();
                LyricsService::start(info, &workers, &residency, move || {
                    Ok(Box::new(RemoteLyricist::new(target.clone())?) as Box<dyn Lyricist>)
                })?
            }
            None => {
                let local = LocalLyricist::choose(config)?;
                let workers = WorkersConfig {
                    threads: if local.is_single { 1 } else { workers.threads },
                    memory_bytes: local.memory_bytes,
                    ..workers
                };
                LyricsService::start(local.info, &workers, &residency, local.load)?
            }
        };

        let (workers, remote) = plan(Service::Music, SKETCH_BYTES);
        let music = match remote {
            Some(target) => MusicService::start(&residency, move |current| {
                Ok(match current {
                    Some(_) => None,
                    None => Some(remote_music(&target, &workers)?),
                })
            })?,
            None => {
                let config = config.clone();
                let local = LocalMusic { config, workers };
                MusicService::start(&residency, move |current| local.choose(current))?
            }
        };

        let (workers, remote) = plan(Service::Image, SKETCH_BYTES);
        let cover = match remote {
            Some(target) => {
                let info = RemoteArtist::new(target.clone())?.info();
                CoverService::start(info, &workers, &residency, move || {
                    Ok(Box::new(RemoteArtist::new(target.clone())?) as Box<dyn CoverArtist>)
                })?
            }
            None => {
                let local = LocalArtist::choose(config)?;
                let workers = WorkersConfig {
                    threads: if local.is_single { 1 } else { workers.threads },
                    memory_bytes: local.memory_bytes,
                    ..workers
                };
                CoverService::start(local.info, &workers, &residency, local.load)?
            }
        };
        Ok(Self {
            lyrics,
            music,
            cover,
        })
    }
}

/// Music that is made elsewhere.
fn remote_music(target: &RemoteTarget, workers: &WorkersConfig) -> Result<Maker, EngineError> {
    let target = target.clone();
    Ok(Maker {
        key: target.base_url.clone(),
        info: RemoteComposer::new(target.clone())?.info(),
        workers: workers.clone(),
        bytes_for: Box::new(|_| REMOTE_BYTES),
        load: Box::new(move || Ok(Box::new(RemoteComposer::new(target.clone())?))),
    })
}

struct Plan;

impl Plan {
    fn of(
        config: &Config,
        serving: Serving,
        service: Service,
        sketch_bytes: u64,
    ) -> (WorkersConfig, Option<RemoteTarget>) {
        let remote = remote_target(config, serving, service);
        let settings = config.service(service);
        // Only the integrated service calls the others beside its own requests.
        let threads = settings
            .max_concurrent_requests
            .max(config.service(Service::Integrated).max_concurrent_requests);
        let workers = WorkersConfig {
            name: service.word(),
            threads,
            idle: settings.scaledown_window,
            memory_bytes: if remote.is_some() {
                REMOTE_BYTES
            } else {
                sketch_bytes
            },
        };
        (workers, remote)
    }
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
