use std::{fs, sync::Arc, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use bytes::Bytes;
use reqwest::Response;
use tokio::{sync::mpsc, task::spawn_blocking};

use super::{job::Job, partial::Partial};
use crate::{
    ByteCount, Error, Patience, cache,
    hashing::{self, Compared},
    lock::Lock,
    remote::Remote,
    tally::Tally,
};

const LOCK_POLL: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Parts that were read and not yet written.
const PARTS: usize = 64;

/// What fetches files. Cheap to clone.
#[derive(Clone)]
pub(super) struct Transfer {
    pub(super) remote: Remote,
    pub(super) patience: Patience,
    pub(super) tally: Arc<Tally>,
}

impl Transfer {
    /// Brings a file into the cache; whether it had to be fetched.
    pub(super) async fn fetch(&self, job: Arc<Job>) -> Result<bool, Error> {
        let lock = self.lock(&job).await?;
        // Another program was quicker, or it came with another revision.
        let is_wanted = !self.is_there(&job).await?;
        if is_wanted {
            let (opened, tally) = (job.clone(), self.tally.clone());
            let partial = blocking(move || Partial::open(opened, tally, lock)).await?;
            let whole = self.persist(&job, partial).await?;
            blocking(move || whole.finish()).await?;
        }
        let linked = job.clone();
        blocking(move || cache::link(&linked.blob, &linked.pointer)).await?;
        Ok(is_wanted)
    }

    async fn lock(&self, job: &Job) -> Result<Lock, Error> {
        let mut is_said = false;
        loop {
            if let Some(lock) = Lock::try_take(&job.lock)? {
                return Ok(lock);
            }
            if !is_said {
                let file = &job.file.path;
                self.tally.note(format!(
                    "Another program is fetching {file}; waiting for it"
                ));
                is_said = true;
            }
            tokio::time::sleep(LOCK_POLL).await;
        }
    }

    /// Whether the blob is in the cache already. One that is wrong is deleted.
    async fn is_there(&self, job: &Arc<Job>) -> Result<bool, Error> {
        let (job, tally) = (job.clone(), self.tally.clone());
        blocking(move || {
            if !job.blob.exists() {
                return Ok(false);
            }
            let mut counted = 0;
            let compared = hashing::compare(&job.blob, &job.digest, |bytes| {
                counted += bytes;
                tally.add(bytes)
            });
            match compared {
                Compared::Same => return Ok(true),
                Compared::Stopped => return Err(Error::Cancelled),
                Compared::Wrong(fault) => {
                    tally.note(format!("{} {fault}; it comes again", job.file.path));
                }
            }
            tally.take_back(counted);
            fs::remove_file(&job.blob).map_err(Error::io(&job.blob, "deleted"))?;
            Ok(false)
        })
        .await
    }

    /// Tries until the file is whole, or nothing comes any more.
    async fn persist(&self, job: &Arc<Job>, mut partial: Partial) -> Result<Partial, Error> {
        let mut pauses = self.pauses();
        while partial.bytes() < job.bytes {
            let before = partial.bytes();
            let tried;
            (partial, tried) = self.attempt(job, partial).await?;
            let error = match tried {
                Ok(()) if partial.bytes() == job.bytes => break,
                Ok(()) => Error::CutOff {
                    file: job.file.path.to_string(),
                    bytes: partial.bytes(),
                    wanted: job.bytes,
                },
                Err(error) if error.is_transient() => error,
                Err(error) => return Err(error),
            };
            if partial.bytes() > before {
                pauses = self.pauses();
            }
            let Some(pause) = pauses.next() else {
                return Err(error);
            };
            let pause = match error {
                Error::Refused {
                    retry_after_s: Some(s),
                    ..
                } => pause.max(Duration::from_secs(s).min(LONGEST_PAUSE)),
                _ => pause,
            };
            tracing::info!("trying again in {:.1} s: {error}", pause.as_secs_f64());
            self.tally.note(format!(
                "The connection broke; {} goes on at {}",
                job.file.path,
                ByteCount(partial.bytes())
            ));
            tokio::time::sleep(pause).await;
        }
        Ok(partial)
    }

    fn pauses(&self) -> impl Iterator<Item = Duration> + use<> {
        ExponentialBuilder::default()
            .with_min_delay(self.patience.first_pause)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(self.patience.tries)
            .with_jitter()
            .build()
    }

    /// One connection. The inner result is what ended it.
    async fn attempt(
        &self,
        job: &Arc<Job>,
        mut partial: Partial,
    ) -> Result<(Partial, Result<(), Error>), Error> {
        let start = partial.bytes();
        let answer = self.remote.bytes(&job.file, &job.commit, start).await;
        let (response, goes_on) = match answer {
            Ok(answer) => answer,
            // What is left is not the beginning of what the hub has.
            Err(Error::Refused { status: 416, .. }) if start > 0 => {
                return blocking(move || partial.restart().map(|()| (partial, Ok(())))).await;
            }
            Err(error) => return Ok((partial, Err(error))),
        };
        let (sender, receiver) = mpsc::channel(PARTS);
        let writing = spawn_blocking(move || {
            if !goes_on && let Err(error) = partial.restart() {
                return (partial, Err(error));
            }
            partial.append(receiver)
        });
        let read = self.read(job, response, sender).await;
        let (partial, written) = writing.await.map_err(Error::machine("writing a file"))?;
        Ok((partial, written.and(read)))
    }

    async fn read(
        &self,
        job: &Job,
        mut response: Response,
        sender: mpsc::Sender<Bytes>,
    ) -> Result<(), Error> {
        let line = |error| self.remote.line(job.file.path.as_str())(error);
        while let Some(part) = response.chunk().await.map_err(line)? {
            // Whoever writes has a reason of its own to stop, which is then told.
            if sender.send(part).await.is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Runs what blocks where it may.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    spawn_blocking(work)
        .await
        .map_err(Error::machine("working on a model's files"))?
}
