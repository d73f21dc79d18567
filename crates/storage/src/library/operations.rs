use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::files::optional;
use super::{Library, from_json, from_json_or_null, now_ms, to_json};
use crate::Error;

/// Where an operation stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// In the queue.
    Waiting,
    /// Being worked on.
    Running,
    /// Ended well.
    Done,
    /// Ended with an error.
    Failed,
    /// Ended because somebody said so.
    Cancelled,
    /// Was running when the process died.
    Interrupted,
}

impl OperationState {
    const ALL: [Self; 6] = [
        Self::Waiting,
        Self::Running,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
        Self::Interrupted,
    ];

    /// The name in snake_case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

impl ToSql for OperationState {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.name().into())
    }
}

impl FromSql for OperationState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        Self::ALL
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or(FromSqlError::InvalidType)
    }
}

/// How long one stage of an operation took.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct StageTiming {
    /// The stage's name.
    pub stage: String,
    /// Wall-clock seconds.
    pub seconds: f64,
}

/// A request to be put into the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOperation {
    /// Its id, chosen by who received it.
    pub id: Uuid,
    /// "music-generator", …
    pub service: String,
    /// The endpoint's name: "generate_from_description".
    pub kind: String,
    /// The request's body, enough to run it after a restart.
    pub request: Value,
}

/// A request in the queue or in its history.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Operation {
    /// Its place in the order of arrival.
    pub seq: i64,
    /// Its id.
    pub id: Uuid,
    /// "music-generator", …
    pub service: String,
    /// The endpoint's name.
    pub kind: String,
    /// The request's body.
    pub request: Value,
    /// Where it stands.
    pub state: OperationState,
    /// Milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// Milliseconds since 1970 (UTC).
    pub started_at_ms: Option<i64>,
    /// Milliseconds since 1970 (UTC).
    pub ended_at_ms: Option<i64>,
    /// Why it failed, as sent to clients.
    pub error: Option<Value>,
    /// What it made, as sent to clients.
    pub result: Option<Value>,
    /// The song it made; `None` where there is none or it was deleted.
    pub song_id: Option<Uuid>,
    /// How long its stages took, in order.
    pub timings: Vec<StageTiming>,
}

/// How an operation ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OperationEnd {
    /// Why it failed, as sent to clients.
    pub error: Option<Value>,
    /// What it made, as sent to clients; with an error, what was made before it.
    pub result: Option<Value>,
    /// The song it made.
    pub song_id: Option<Uuid>,
    /// How long its stages took, in order.
    pub timings: Vec<StageTiming>,
}

/// Which operations to list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OperationFilter {
    /// Only in this state.
    pub state: Option<OperationState>,
    /// Only those that arrived before this one ([`Operation::seq`]).
    pub before_seq: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

impl Library {
    /// Puts a request into the queue. It outlives a crash from the moment this returns.
    ///
    /// # Errors
    /// [`Error::Database`] for an id that is known already, [`Error::Full`].
    pub fn submit(&self, new: &NewOperation) -> Result<Operation, Error> {
        self.write("queueing an operation", |c| {
            let insert = || -> rusqlite::Result<_> {
                c.execute(
                    "INSERT INTO operations (id, service, kind, request_json, state, created_at_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![
                        new.id,
                        new.service,
                        new.kind,
                        to_json(&new.request)?,
                        OperationState::Waiting,
                        now_ms()
                    ],
                )
            };
            insert().map_err(Error::database("queueing an operation"))?;
            by_id(c, new.id)
        })
    }

    /// Notes that work on a waiting operation begins.
    ///
    /// # Errors
    /// [`Error::NoSuchOperation`]; [`Error::OperationState`] where it is not waiting.
    pub fn mark_running(&self, id: Uuid) -> Result<(), Error> {
        self.write("starting an operation", |c| {
            let changed = c
                .execute(
                    "UPDATE operations SET state = 'running', started_at_ms = ?2
                     WHERE id = ?1 AND state = 'waiting'",
                    params![id, now_ms()],
                )
                .map_err(Error::database("starting an operation"))?;
            require_changed(c, changed, id, OperationState::Running)
        })
    }

    /// Notes how an operation ended; one that is waiting may be cancelled or fail too.
    ///
    /// # Errors
    /// [`Error::NoSuchOperation`]; [`Error::OperationState`] where it has ended before or `state`
    /// is no end.
    pub fn finish(&self, id: Uuid, state: OperationState, end: &OperationEnd) -> Result<(), Error> {
        self.write("ending an operation", |c| {
            let update = || -> rusqlite::Result<_> {
                c.execute(
                    "UPDATE operations SET state = ?2, ended_at_ms = ?3, error_json = ?4,
                         result_json = ?5, song_id = ?6, timings_json = ?7
                     WHERE id = ?1 AND state IN ('waiting', 'running')",
                    params![
                        id,
                        state,
                        now_ms(),
                        end.error.as_ref().map(to_json).transpose()?,
                        end.result.as_ref().map(to_json).transpose()?,
                        end.song_id,
                        to_json(&end.timings)?
                    ],
                )
            };
            let changed = if state.is_ended() {
                update().map_err(Error::database("ending an operation"))?
            } else {
                0
            };
            require_changed(c, changed, id, state)
        })
    }

    /// The queue, in the order of arrival.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn waiting(&self) -> Result<Vec<Operation>, Error> {
        self.read("reading the queue", |c| {
            c.prepare("SELECT * FROM operations WHERE state = 'waiting' ORDER BY seq")?
                .query_map([], read_operation)?
                .collect()
        })
    }

    /// To be called once at the start, before anything runs: what was running when the process
    /// died is interrupted, with an error that says so; what was waiting is still waiting.
    /// Gives back the interrupted ones.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn recover(&self) -> Result<Vec<Operation>, Error> {
        self.write("recovering the queue", |c| {
            let error = serde_json::json!({
                "detail": "Songwright stopped while this was being made. Start it again to get the song.",
            });
            let update = || -> rusqlite::Result<_> {
                c.prepare(
                    "UPDATE operations SET state = 'interrupted', ended_at_ms = ?1, error_json = ?2
                     WHERE state = 'running' RETURNING *",
                )?
                .query_map(params![now_ms(), to_json(&error)?], read_operation)?
                .collect::<rusqlite::Result<Vec<_>>>()
            };
            let mut interrupted =
                update().map_err(Error::database("recovering the queue"))?;
            interrupted.sort_by_key(|operation| operation.seq);
            Ok(interrupted)
        })
    }

    /// One operation.
    ///
    /// # Errors
    /// [`Error::NoSuchOperation`].
    pub fn operation(&self, id: Uuid) -> Result<Operation, Error> {
        by_id(&self.lock(), id)
    }

    /// Operations, newest first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn operations(&self, filter: &OperationFilter) -> Result<Vec<Operation>, Error> {
        self.read("listing operations", |c| {
            c.prepare(
                "SELECT * FROM operations
                 WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR seq < ?2)
                 ORDER BY seq DESC LIMIT ?3",
            )?
            .query_map(
                params![filter.state, filter.before_seq, filter.limit],
                read_operation,
            )?
            .collect()
        })
    }

    /// Forgets all but the newest `keep` ended operations; says how many went.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn prune_operations(&self, keep: u32) -> Result<usize, Error> {
        self.write("forgetting old operations", |c| {
            c.execute(
                "DELETE FROM operations WHERE state NOT IN ('waiting', 'running') AND seq NOT IN
                     (SELECT seq FROM operations WHERE state NOT IN ('waiting', 'running')
                      ORDER BY seq DESC LIMIT ?1)",
                [keep],
            )
            .map_err(Error::database("forgetting old operations"))
        })
    }
}

fn require_changed(
    c: &Connection,
    changed: usize,
    id: Uuid,
    wanted: OperationState,
) -> Result<(), Error> {
    if changed == 1 {
        return Ok(());
    }
    Err(Error::OperationState {
        id,
        state: by_id(c, id)?.state.name(),
        wanted: wanted.name(),
    })
}

fn by_id(c: &Connection, id: Uuid) -> Result<Operation, Error> {
    optional(c.query_row(
        "SELECT * FROM operations WHERE id = ?1",
        [id],
        read_operation,
    ))
    .map_err(Error::database("reading an operation"))?
    .ok_or(Error::NoSuchOperation { id })
}

fn read_operation(row: &Row<'_>) -> rusqlite::Result<Operation> {
    Ok(Operation {
        seq: row.get("seq")?,
        id: row.get("id")?,
        service: row.get("service")?,
        kind: row.get("kind")?,
        request: from_json(row, "request_json")?,
        state: row.get("state")?,
        created_at_ms: row.get("created_at_ms")?,
        started_at_ms: row.get("started_at_ms")?,
        ended_at_ms: row.get("ended_at_ms")?,
        error: from_json_or_null(row, "error_json")?,
        result: from_json_or_null(row, "result_json")?,
        song_id: row.get("song_id")?,
        timings: from_json(row, "timings_json")?,
    })
}
