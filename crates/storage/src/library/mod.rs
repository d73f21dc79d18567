//! The library: songs, takes, covers, files and operations in SQLite.

mod files;
mod migrations;
mod operations;
mod queue_claim;
mod search;
mod song;
mod songs;
mod takes;
mod timings;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, TransactionBehavior};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use files::LooseFile;
pub use queue_claim::QueueClaim;
pub use song::{
    Artwork, Lineage, NewSong, Recording, Song, SongCover, SongFilter, SongPage, SongSummary,
    SongText, StemFile, Take, TakeWords,
};

use crate::Error;

/// How long a call waits for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The library database.
///
/// Calls are synchronous and short (milliseconds, an fsync where they write). From async code:
/// `let library = Arc::clone(&library);`
/// `tokio::task::spawn_blocking(move || library.song(id)).await`.
///
/// A row is written in one transaction that is on the disk when the call returns, so a crash at
/// any moment leaves either all of it or nothing.
#[derive(Debug)]
pub struct Library {
    connection: Mutex<Connection>,
    path: PathBuf,
}

impl Library {
    /// Opens the database file `path`, makes it where it is missing and brings an older one up to
    /// date. The folder must exist.
    ///
    /// # Errors
    /// [`Error::NewerLibrary`] where a newer version wrote it; [`Error::Database`];
    /// [`Error::Full`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut connection =
            Connection::open(path).map_err(Error::database("opening the library"))?;
        Self::configure(&connection).map_err(Error::database("opening the library"))?;
        migrations::bring_up_to_date(&mut connection, path)?;
        Ok(Self {
            connection: Mutex::new(connection),
            path: path.to_owned(),
        })
    }

    fn configure(connection: &Connection) -> rusqlite::Result<()> {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        // A queued request that was acknowledged must outlive a power cut, so every commit syncs.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the database is sound: SQLite's own check of every page and of every reference.
    ///
    /// # Errors
    /// [`Error::Database`] with the first things that are not.
    pub fn check(&self) -> Result<(), Error> {
        let connection = self.lock();
        let doing = "checking the library";
        let found: String = connection
            .query_row("PRAGMA integrity_check(10)", [], |row| row.get(0))
            .map_err(Error::database(doing))?;
        let dangling: i64 = connection
            .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
                row.get(0)
            })
            .map_err(Error::database(doing))?;
        if found == "ok" && dangling == 0 {
            return Ok(());
        }
        Err(Error::database(doing)(format!(
            "{found}; {dangling} references lead nowhere"
        )))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere rolls its transaction back: the connection stays usable.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` in one transaction; an error rolls all of it back.
    fn write<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut connection = self.lock();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(Error::database(doing))?;
        let result = work(&transaction)?;
        transaction.commit().map_err(Error::database(doing))?;
        Ok(result)
    }
}

/// Now, in milliseconds since 1970 (UTC).
pub(crate) fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}

fn to_json<T: Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
}

fn from_json<T: DeserializeOwned>(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|e| bad_column(row, column, e))
}

fn from_json_or_null<T: DeserializeOwned>(
    row: &rusqlite::Row<'_>,
    column: &str,
) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|e| bad_column(row, column, e))
}

fn bad_column<E>(row: &rusqlite::Row<'_>, column: &str, error: E) -> rusqlite::Error
where
    E: std::error::Error + Send + Sync + 'static,
{
    let index = row.as_ref().column_index(column).unwrap_or_default();
    rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, Box::new(error))
}
