//! Bundles: what they need to be played first is played by an operation, like all that is made.

use std::path::{Path, PathBuf};

use songwright_base::{Failure, Operation, Service};
use songwright_song::{BundleFile, BundleWish, PlayStems};
use songwright_storage::{Song, StemFile};

use crate::Host;

/// What such an operation is called.
pub(crate) const PLAY_STEMS: &str = "play_stems";

impl Host {
    /// Writes a bundle into the folder `into`. Stems that were not kept are played again: an operation
    /// of the integrated service, which is cancelled where nobody waits for the bundle any more.
    ///
    /// # Errors
    /// As [`songwright_song::Studio::bundle`]; 400 where the take's engine has no stems; 429, 408 as of every operation.
    pub async fn bundle(
        &self,
        song: &Song,
        wish: BundleWish,
        into: &Path,
    ) -> Result<PathBuf, Failure> {
        let played = self.stems(song, &wish).await?;
        self.studio.bundle(song, wish, played, into).await
    }

    /// The same as a zip that is deleted when it is dropped.
    ///
    /// # Errors
    /// As [`Host::bundle`].
    pub async fn bundle_zip(&self, song: &Song, wish: BundleWish) -> Result<BundleFile, Failure> {
        let played = self.stems(song, &wish).await?;
        self.studio.bundle_zip(song, wish, played).await
    }

    /// The stems that are wanted and were not kept.
    async fn stems(&self, song: &Song, wish: &BundleWish) -> Result<Vec<StemFile>, Failure> {
        let mut takes = song.takes.iter();
        let take = takes.find(|take| take.recording.id == wish.take_id);
        let missing = take.is_some_and(|take| take.recording.stems.is_empty());
        if !wish.stems || !missing {
            return Ok(Vec::new());
        }
        let request = serde_json::to_value(PlayStems {
            take_id: wish.take_id,
        })
        .map_err(|e| Failure::internal("writing down the request", &e))?;
        let operation = self
            .queue
            .submit(Service::Integrated, PLAY_STEMS, request)?;
        let waited_for = WaitedFor(operation);
        let end = waited_for.0.ended().await;
        match end.error {
            Some(failure) => Err(failure),
            None => serde_json::from_value(end.result.unwrap_or_default())
                .map_err(|e| Failure::internal("reading which stems were played", &e)),
        }
    }
}

/// An operation that is of no use to anybody else.
struct WaitedFor(Operation);

impl Drop for WaitedFor {
    fn drop(&mut self) {
        if !self.0.snapshot().state.is_ended() {
            self.0.cancel();
        }
    }
}
