use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{Library, QueueClaim, now_ms};
use crate::{Error, ObjectKey, StoredFile};

/// A file that belongs to no song: a cover or a demo made by itself, or what an operation had
/// made before it failed.
#[derive(Clone, Debug, PartialEq)]
pub struct LooseFile {
    /// The file.
    pub file: StoredFile,
    /// When it was added, in milliseconds since 1970 (UTC).
    pub added_at_ms: i64,
}

impl Library {
    /// Records a stored file that belongs to no song (yet): it is kept from now on. A song that is
    /// added with it takes it over.
    ///
    /// # Errors
    /// [`Error::KeyInUse`] where the key is known already.
    pub fn add_loose_file(&self, file: &StoredFile) -> Result<(), Error> {
        self.write("adding a file", |c| {
            let added = c
                .execute(
                    "INSERT INTO files (key, bytes, sha256, added_at_ms) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (key) DO NOTHING",
                    params![file.key, file.bytes as i64, file.sha256, now_ms()],
                )
                .map_err(Error::database("adding a file"))?;
            require_added(added, &file.key)
        })
    }

    /// Loose files that were added before `before_ms`, oldest first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn loose_files(&self, before_ms: i64) -> Result<Vec<LooseFile>, Error> {
        self.read("listing loose files", |c| {
            c.prepare(
                "SELECT key, bytes, sha256, added_at_ms FROM files
                 WHERE song_id IS NULL AND added_at_ms < ?1 ORDER BY added_at_ms, key",
            )?
            .query_map([before_ms], |row| {
                Ok(LooseFile {
                    file: stored_file(row)?,
                    added_at_ms: row.get("added_at_ms")?,
                })
            })?
            .collect()
        })
    }

    /// Forgets a loose file, after which its object is to be deleted. Says whether there was one.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn forget_loose_file(&self, key: &ObjectKey) -> Result<bool, Error> {
        self.write("forgetting a file", |c| {
            c.execute(
                "DELETE FROM files WHERE key = ?1 AND song_id IS NULL",
                [key],
            )
            .map(|n| n > 0)
            .map_err(Error::database("forgetting a file"))
        })
    }

    /// Size and SHA-256 of a known file.
    ///
    /// # Errors
    /// [`Error::NoSuchObject`].
    pub fn file(&self, key: &ObjectKey) -> Result<StoredFile, Error> {
        self.read("looking up a file", |c| {
            optional(c.query_row(
                "SELECT key, bytes, sha256 FROM files WHERE key = ?1",
                [key],
                stored_file,
            ))
        })?
        .ok_or_else(|| Error::NoSuchObject {
            key: key.to_string(),
        })
    }

    /// Every file that the library knows.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn files(&self) -> Result<Vec<StoredFile>, Error> {
        self.read("listing files", |c| {
            c.prepare("SELECT key, bytes, sha256 FROM files ORDER BY key")?
                .query_map([], stored_file)?
                .collect()
        })
    }

    /// Notes that an object is about to be written under `key`: until a row names it, it is deleted
    /// again where it stays behind.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Full`].
    pub(crate) fn note_unkept(&self, key: &ObjectKey) -> Result<(), Error> {
        self.write("noting a new file", |c| {
            c.execute(
                "INSERT INTO unkept_files (key, since_ms) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET since_ms = excluded.since_ms",
                params![key, now_ms()],
            )
            .map(drop)
            .map_err(Error::database("noting a new file"))
        })
    }

    /// Notes that no object is left under `key`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub(crate) fn forget_unkept(&self, key: &ObjectKey) -> Result<(), Error> {
        self.write("forgetting a file", |c| {
            c.execute("DELETE FROM unkept_files WHERE key = ?1", [key])
                .map(drop)
                .map_err(Error::database("forgetting a file"))
        })
    }

    /// What this library began to write or to delete before `before_ms` (milliseconds since 1970, UTC)
    /// and did not finish: a crash came between. A younger one may be in use by another process, which
    /// needs no claim to add a song. What others keep in the same store is never among them.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn unkept_files(
        &self,
        _claim: &QueueClaim,
        before_ms: i64,
    ) -> Result<Vec<ObjectKey>, Error> {
        self.read("listing left-over files", |c| {
            c.prepare(
                "SELECT key FROM unkept_files WHERE since_ms < ?1
                   AND NOT EXISTS (SELECT 1 FROM files WHERE files.key = unkept_files.key)
                 ORDER BY key",
            )?
            .query_map([before_ms], |row| row.get(0))?
            .collect()
        })
    }
}

/// Records `file` as the song's; a loose one is taken over.
pub(super) fn claim(c: &Connection, file: &StoredFile, song_id: Uuid) -> Result<(), Error> {
    let claimed = c
        .execute(
            "INSERT INTO files (key, bytes, sha256, song_id, added_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (key) DO UPDATE
                 SET song_id = excluded.song_id, bytes = excluded.bytes, sha256 = excluded.sha256
                 WHERE files.song_id IS NULL OR files.song_id = excluded.song_id",
            params![file.key, file.bytes as i64, file.sha256, song_id, now_ms()],
        )
        .map_err(Error::database("adding a file"))?;
    require_added(claimed, &file.key)
}

fn require_added(changed: usize, key: &ObjectKey) -> Result<(), Error> {
    if changed == 1 {
        return Ok(());
    }
    Err(Error::KeyInUse {
        key: key.to_string(),
    })
}

pub(super) fn stored_file(row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredFile> {
    Ok(StoredFile {
        key: row.get("key")?,
        bytes: row.get::<_, i64>("bytes")?.unsigned_abs(),
        sha256: row.get("sha256")?,
    })
}

/// `None` where there is no row.
pub(super) fn optional<T>(result: rusqlite::Result<T>) -> rusqlite::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        Err(e) => Err(e),
    }
}
