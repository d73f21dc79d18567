//! Files that go: those of deleted songs, what a crash left behind, what nobody took.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use songwright_base::Failure;
use songwright_storage::QueueClaim;
use uuid::Uuid;

use crate::{Studio, new_files::delete};

/// What got no row in so long gets none: another process that adds to the same library may still be
/// sending the rest of a large song to a bucket.
const UNKEPT_AGE: Duration = Duration::from_secs(24 * 3600);
/// A file of which so long ago a half was written is no longer written.
const HALF_WRITTEN_AGE: Duration = Duration::from_secs(3600);
/// The longest that a bundle is sent, or a benchmark runs.
const SCRATCH_AGE: Duration = Duration::from_secs(24 * 3600);
/// Results of single services are kept for a week.
const LOOSE_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

impl Studio {
    /// Deletes a song and its files. What cannot be deleted now is swept at a later start.
    ///
    /// # Errors
    /// 404 for an unknown song.
    pub async fn delete_song(&self, id: Uuid) -> Result<(), Failure> {
        let keys = self.library(move |library| library.delete_song(id)).await?;
        delete(&self.objects, keys).await;
        Ok(())
    }

    /// Deletes what a crash left of this library's own files, and results of single services that
    /// nobody took. Nothing else in the folder or bucket is touched.
    pub async fn sweep(&self, claim: &QueueClaim) {
        if let Err(error) = self.objects.remove_half_written(HALF_WRITTEN_AGE) {
            tracing::warn!("{error}");
        }
        if let Err(error) = self.scratch.sweep(SCRATCH_AGE) {
            tracing::warn!("{error}");
        }
        match self.library.loose_files(before(LOOSE_AGE)) {
            Ok(old) => {
                for loose in old {
                    let key = loose.file.key;
                    // Forgotten first: a row without a file is a lie.
                    match self.library.forget_loose_file(&key) {
                        Ok(_) => delete(&self.objects, vec![key]).await,
                        Err(error) => tracing::warn!("{error}"),
                    }
                }
            }
            Err(error) => tracing::warn!("{error}"),
        }
        match self.library.unkept_files(claim, before(UNKEPT_AGE)) {
            Ok(left) => {
                for key in &left {
                    tracing::info!(key = key.as_str(), "deleting a file that no song owns");
                }
                delete(&self.objects, left).await;
            }
            Err(error) => tracing::warn!("Left-over files were not looked for: {error}"),
        }
    }
}

/// So long ago, in milliseconds since 1970 (UTC).
fn before(age: Duration) -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(now.saturating_sub(age).as_millis()).unwrap_or(i64::MAX)
}
