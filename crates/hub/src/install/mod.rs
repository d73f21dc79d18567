//! Brings a model into the cache that this user's programs share.
//!
//! ```text
//! what is there already → what the hub says of the rest → is there room → files, some at a time
//! ```
//! Nothing is fetched before all of it is known to be there, to be what the card says, and to fit.

mod job;
mod partial;
mod present;
mod transfer;

use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use songwright_base::{Observer, Stage};

use crate::{
    ByteCount, Card, Error, Hub, Variant,
    cache::HubCache,
    card::CardFile,
    disk,
    installed::{Installed, licence_not_accepted},
    record::{Kept, Place, Record, Records, Stamp},
    remote::Remote,
    tally::Tally,
};
use job::Job;
use present::Present;
pub(crate) use present::named;
use transfer::{Transfer, blocking};

/// Files on their way at the same time.
const FILES: usize = 4;

/// Whether somebody has read and accepted a model's licence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Acceptance {
    /// Just now.
    Given,
    /// Not now; it may have been before.
    NotGiven,
}

/// What was accepted, now or before.
///
/// # Errors
/// [`Error::LicenceNotAccepted`] where it has to be and was not.
pub(crate) fn accepted(
    (card, variant): (&Card, &Variant),
    acceptance: Acceptance,
    record: Option<&Record>,
) -> Result<Option<String>, Error> {
    let licence = &card.licence;
    let before = record.and_then(|record| record.accepted.clone());
    match acceptance {
        Acceptance::Given => Ok(Some(licence.id.clone())),
        Acceptance::NotGiven if licence.must_accept && before.as_ref() != Some(&licence.id) => {
            Err(licence_not_accepted(card, variant))
        }
        Acceptance::NotGiven => Ok(before),
    }
}

impl Hub {
    /// Brings a variant of a model, or the usual one, into the cache, and compares every file with
    /// its digest. What is there is used; what an earlier run left is gone on with. Reports in
    /// bytes.
    ///
    /// # Errors
    /// [`Error::LicenceNotAccepted`]; what the hub, the line, the disk or the card says. After
    /// [`Error::Cancelled`], as after every failure, what has arrived is kept.
    pub async fn install(
        &self,
        card: &Card,
        variant: Option<&str>,
        acceptance: Acceptance,
        observer: &dyn Observer,
    ) -> Result<Installed, Error> {
        let variant = card.variant(variant)?;
        let records = Records::of(&self.models_dir, card);
        let earlier = records.read(variant);
        let accepted = accepted((card, variant), acceptance, earlier.as_ref())?;
        let cache = match earlier.as_ref().map(|record| &record.place) {
            Some(Place::Folder(_) | Place::Copied) => {
                if let Ok(installed) = self.installed(card, Some(variant.name.as_str()))
                    && installed.is_verified()
                {
                    return Ok(installed);
                }
                self.cache()
            }
            // Where the variables name another cache now, what was installed is still there.
            Some(Place::Cache(root)) => {
                let noted = HubCache::new(root.clone());
                let is_whole = variant.files.iter().all(|file| noted.find(file).is_some());
                if is_whole { noted } else { self.cache() }
            }
            None => self.cache(),
        };

        let present = self.present(&cache, variant, earlier, observer).await?;
        let mut record = Record::new(Place::Cache(cache.root().to_owned()));
        record.accepted = accepted;
        for (file, kept) in present.whole {
            record.files.insert(file.path.to_string(), kept);
        }
        if !present.wanted.is_empty() {
            let jobs = self.jobs(card, &cache, present.wanted).await?;
            self.room(&cache, &jobs)?;
            // Whatever ends this, the next run knows what is ours.
            let paths = jobs.iter().map(|job| job.file.path.to_string());
            record.fetching = paths.collect();
            records.write(variant, &record)?;
            for (job, fetched) in self.fetch(jobs, observer).await? {
                let stamp = Stamp::of(&job.pointer).map_err(Error::io(&job.pointer, "read"))?;
                let kept = Kept {
                    stamp,
                    digest: job.digest.to_string(),
                    fetched,
                };
                record.files.insert(job.file.path.to_string(), kept);
            }
        }
        record.fetching.clear();
        records.write(variant, &record)?;
        self.installed(card, Some(variant.name.as_str()))
    }

    /// Whether [`Hub::install`] would begin: whether there is such a variant, and its licence was
    /// accepted where that is asked for.
    ///
    /// # Errors
    /// [`Error::UnknownVariant`]; [`Error::LicenceNotAccepted`].
    pub fn may_install(
        &self,
        card: &Card,
        variant: Option<&str>,
        acceptance: Acceptance,
    ) -> Result<(), Error> {
        let variant = card.variant(variant)?;
        let earlier = Records::of(&self.models_dir, card).read(variant);
        accepted((card, variant), acceptance, earlier.as_ref()).map(drop)
    }

    async fn present(
        &self,
        cache: &HubCache,
        variant: &Variant,
        record: Option<Record>,
        observer: &dyn Observer,
    ) -> Result<Present, Error> {
        let (cache, variant) = (cache.clone(), variant.clone());
        let bytes = present::bytes(&cache, &variant);
        let tally = Arc::new(Tally::default());
        let counted = tally.clone();
        let sorting = blocking(move || present::sort(&cache, &variant, record.as_ref(), &counted));
        if bytes == 0 {
            return sorting.await;
        }
        tally.watch(sorting, Stage::Verify, bytes, observer).await
    }

    /// Asks the hub about every file before one is fetched.
    async fn jobs(
        &self,
        card: &Card,
        cache: &HubCache,
        wanted: Vec<CardFile>,
    ) -> Result<Vec<Arc<Job>>, Error> {
        if self.environment.offline {
            return Err(Error::Offline {
                title: card.title.clone(),
                file: wanted
                    .first()
                    .map(|f| f.path.to_string())
                    .unwrap_or_default(),
            });
        }
        let remote = Remote::new(&self.environment, &self.patience)?;
        let mut files: Vec<(CardFile, String)> = Vec::new();
        for file in wanted {
            let same = files.iter().find(|(other, _)| other.source == file.source);
            let commit = match same {
                Some((_, commit)) => commit.clone(),
                None if file.source.revision.is_commit() => file.source.revision.to_string(),
                None => {
                    let commit = remote.commit(&file.source).await?;
                    cache.note_commit(&file.source, &commit)?;
                    commit
                }
            };
            files.push((file, commit));
        }
        let metadata = remote.metadata(&files).await?;
        files
            .into_iter()
            .zip(metadata)
            .map(|((file, commit), said)| Ok(Arc::new(Job::new(cache, file, commit, said)?)))
            .collect()
    }

    fn room(&self, cache: &HubCache, jobs: &[Arc<Job>]) -> Result<(), Error> {
        let missing = jobs.iter().map(|job| job.missing_bytes()).sum();
        let needed = disk::with_reserve(missing);
        // Where the system does not say, the disk itself will.
        let free = (self.free_bytes)(cache.root()).unwrap_or(u64::MAX);
        if free < needed {
            return Err(Error::NoSpace {
                needed: ByteCount(needed),
                free: ByteCount(free),
                folder: disk::existing_ancestor(cache.root()),
            });
        }
        Ok(())
    }

    async fn fetch(
        &self,
        jobs: Vec<Arc<Job>>,
        observer: &dyn Observer,
    ) -> Result<Vec<(Arc<Job>, bool)>, Error> {
        let bytes = jobs.iter().map(|job| job.bytes).sum();
        let tally = Arc::new(Tally::default());
        let transfer = Transfer {
            remote: Remote::new(&self.environment, &self.patience)?,
            patience: self.patience,
            tally: tally.clone(),
        };
        let fetching = stream::iter(jobs)
            .map(|job| {
                let transfer = &transfer;
                async move { Ok((job.clone(), transfer.fetch(job).await?)) }
            })
            .buffer_unordered(FILES)
            .try_collect();
        tally
            .watch(fetching, Stage::Download, bytes, observer)
            .await
    }
}
