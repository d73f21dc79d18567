use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use songwright_api::{MusicEstimate, MusicRequest, TakeJob};
use songwright_base::{
    Code, Failure, Journal, Operations, Service,
    config::{Config, StorageConfig},
};
use songwright_engine::{Aside, Queue, Work};
use songwright_music::MusicParams;
use songwright_remote::RemoteTarget;
use songwright_song::{Allowed, Studio};
use songwright_storage::{Library, ObjectConfig, Objects, QueueClaim, S3Config, Scratch};
use tokio_util::sync::CancellationToken;

use crate::{
    assembly::{Engines, Serving},
    key::Sessions,
    models, work,
};

/// Models come over slow lines too.
const INSTALL_LIMIT: Duration = Duration::from_secs(7 * 24 * 3600);

/// Everything behind the server: configuration, queue, engines, files and library. The command
/// line uses it without a server.
pub struct Host {
    /// What is configured.
    pub config: Config,
    /// Which services are served.
    pub serving: Serving,
    /// Every request goes through it.
    pub queue: Arc<Queue>,
    /// What songs are made with.
    pub studio: Arc<Studio>,
    pub(crate) started: Instant,
    pub(crate) sessions: Sessions,
    pub(crate) closing: CancellationToken,
    /// Held while this process owns the queue of its services in this data folder.
    claim: Option<QueueClaim>,
}

impl Host {
    /// Opens the data folder, the library and the file store, and takes in what an earlier run of
    /// the program left in the queue. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// What the folder, the library or the store says, as a sentence.
    pub async fn open(config: Config, serving: Serving) -> Result<Arc<Self>, Failure> {
        let data_dir = config.data_dir.clone();
        std::fs::create_dir_all(&data_dir).map_err(|e| {
            Failure::new(
                Code::Internal,
                format!(
                    "The data folder {} cannot be made: {e}. Choose another with --data-dir.",
                    data_dir.display()
                ),
            )
        })?;
        let library = Arc::new(Library::open(&data_dir.join("library.db"))?);
        let objects = Objects::open(&object_config(&config), &library)?;
        // Another process may serve the same folder: its running operations are its own.
        let claim = match library.claim_queue(&serving.services()) {
            Ok(claim) => Some(claim),
            Err(songwright_storage::Error::QueueInUse) => None,
            Err(error) => return Err(error.into()),
        };
        let records = match &claim {
            Some(claim) => library.recover(claim)?,
            None => Vec::new(),
        };
        let engines = Engines::assemble(&config, serving)?;
        let studio = Arc::new(Studio {
            lyrics: engines.lyrics,
            music: engines.music,
            cover: engines.cover,
            objects,
            library: library.clone(),
            scratch: Scratch::of(&data_dir),
        });
        let journal: Arc<dyn Journal> = library;
        let worker = studio.clone();
        let work: Arc<Work> = Arc::new(move |operation| {
            let (studio, data_dir) = (worker.clone(), data_dir.clone());
            Box::pin(async move {
                if operation.snapshot().kind == models::INSTALL {
                    let installed = models::install(&data_dir, &operation).await;
                    // Health and estimates speak of it from now on.
                    studio.renew_engines().await;
                    installed
                } else {
                    work::run(&studio, operation).await
                }
            })
        });
        let queue = Queue::new(
            Arc::new(Operations::new(journal)),
            &config.services,
            config.queue_limit,
            Aside {
                kinds: &[models::INSTALL],
                max_runtime: INSTALL_LIMIT,
            },
            work,
        );
        queue.restore(records);
        let host = Arc::new(Self {
            config,
            serving,
            queue,
            studio,
            started: Instant::now(),
            sessions: Sessions::default(),
            closing: CancellationToken::new(),
            claim,
        });
        if let Some(claim) = &host.claim {
            host.studio.sweep(claim).await;
        }
        Ok(host)
    }

    /// What a request for music would take, before anything runs.
    ///
    /// # Errors
    /// 400 for what is out of its limits; 404 for reference audio that is not there.
    pub async fn estimate(&self, asked: &MusicRequest) -> Result<MusicEstimate, Failure> {
        let params = MusicParams::try_from(asked)?;
        let allowed = self.allowed(Service::Music);
        self.studio.estimate(&params, allowed).await
    }

    /// What new takes of a song would take, before anything runs.
    ///
    /// # Errors
    /// 404 for an unknown song or take; 409 for a draft that cannot be promoted.
    pub async fn estimate_take(&self, job: &TakeJob) -> Result<MusicEstimate, Failure> {
        let allowed = self.allowed(Service::Integrated);
        self.studio.estimate_take(job, allowed).await
    }

    fn allowed(&self, service: Service) -> Allowed {
        Allowed {
            memory_bytes: self.config.memory_budget_bytes,
            limit_s: self.config.service(service).max_runtime.as_secs(),
        }
    }

    /// Whether a service runs in another process, and where.
    #[must_use]
    pub fn remote_url(&self, service: Service) -> Option<String> {
        self.remote(service).map(|target| target.base_url)
    }

    /// A service that runs in another process.
    pub(crate) fn remote(&self, service: Service) -> Option<RemoteTarget> {
        crate::assembly::remote_target(&self.config, self.serving, service)
    }
}

fn object_config(config: &Config) -> ObjectConfig {
    match &config.storage {
        StorageConfig::Local => ObjectConfig::Local {
            dir: config.data_dir.join("files"),
        },
        StorageConfig::S3(s3) => ObjectConfig::S3(S3Config {
            bucket: s3.bucket.clone(),
            endpoint: s3.endpoint_url.clone(),
            region: s3.region.clone(),
            ..S3Config::default()
        }),
    }
}
