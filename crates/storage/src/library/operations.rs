use rusqlite::{OptionalExtension as _, params};
use songwright_base::{
    Failure, Journal, OperationId, OperationRecord, OperationState, Service, Snapshot,
};

use super::{Library, QueueClaim};
use crate::Error;

/// How many ended operations are kept.
const HISTORY: u32 = 1000;

impl Journal for Library {
    fn submitted(&self, record: &OperationRecord) -> Result<(), Failure> {
        self.write_operation(record).map_err(Failure::from)
    }

    fn changed(&self, record: &OperationRecord) {
        if let Err(error) = self.write_operation(record) {
            tracing::error!(
                "[{}] Journal: its state \"{}\" was not written: {error}",
                record.operation_id,
                word(record.state)
            );
        }
    }
}

impl Library {
    /// Operations of an earlier run of the claimed services, in order of arrival: what was running
    /// is interrupted from now on, what was waiting is still waiting; of what ended the newest
    /// thousand are kept. To be called before these services take requests.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn recover(&self, claim: &QueueClaim) -> Result<Vec<Snapshot>, Error> {
        let mut records = self.operations(claim.services())?;
        for record in &mut records {
            if record.state == OperationState::Running {
                record.interrupt();
                self.write_operation(record)?;
            }
        }
        self.write("forgetting old operations", |c| {
            c.execute(
                "DELETE FROM operations WHERE state NOT IN ('waiting', 'running') AND seq NOT IN
                     (SELECT seq FROM operations ORDER BY seq DESC LIMIT ?1)",
                [HISTORY],
            )
            .map_err(Error::database("forgetting old operations"))
        })?;
        Ok(records)
    }

    /// Operations of `services` as they were last written, in order of arrival.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn operations(&self, services: &[Service]) -> Result<Vec<Snapshot>, Error> {
        let all = self.read("listing operations", |c| {
            c.prepare("SELECT record_json FROM operations ORDER BY seq")?
                .query_map([], |row| super::from_json::<Snapshot>(row, "record_json"))?
                .collect::<Result<Vec<_>, _>>()
        })?;
        Ok(all
            .into_iter()
            .filter(|r| services.contains(&r.service))
            .collect())
    }

    /// One operation as it was last written.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn operation(&self, id: OperationId) -> Result<Option<Snapshot>, Error> {
        self.read("looking up an operation", |c| {
            c.query_row(
                "SELECT record_json FROM operations WHERE id = ?1",
                [id.0],
                |row| super::from_json(row, "record_json"),
            )
            .optional()
        })
    }

    fn write_operation(&self, record: &Snapshot) -> Result<(), Error> {
        self.write("writing an operation", |c| {
            let write = || -> rusqlite::Result<_> {
                c.execute(
                    "INSERT INTO operations (id, service, state, record_json)
                     VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (id) DO UPDATE
                         SET state = excluded.state, record_json = excluded.record_json",
                    params![
                        record.operation_id.0,
                        record.service.name(),
                        word(record.state),
                        super::to_json(record)?
                    ],
                )
            };
            write()
                .map(drop)
                .map_err(Error::database("writing an operation"))
        })
    }
}

fn word(state: OperationState) -> &'static str {
    match state {
        OperationState::Waiting => "waiting",
        OperationState::Running => "running",
        OperationState::Succeeded => "succeeded",
        OperationState::Failed => "failed",
        OperationState::Cancelled => "cancelled",
        OperationState::Interrupted => "interrupted",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use songwright_base::Operations;

    use super::*;

    #[test]
    fn the_queue_outlives_the_program_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library.db");
        let ids: Vec<_> = {
            let library = std::sync::Arc::new(Library::open(&path).unwrap());
            let operations = Operations::new(library);
            let start = |n: u64| {
                operations
                    .start(Service::Music, "generate_music", json!(n))
                    .unwrap()
            };
            let (first, second, third) = (start(1), start(2), start(3));
            first.start(std::time::Duration::from_secs(9));
            let elsewhere = operations.start(Service::Image, "k", json!(0)).unwrap();
            elsewhere.start(std::time::Duration::from_secs(9));
            [first, second, third].iter().map(|o| o.id()).collect()
        };
        let library = Library::open(&path).unwrap();
        let records = library
            .recover(&library.claim_queue(&[Service::Music]).unwrap())
            .unwrap();
        let states: Vec<_> = records.iter().map(|r| (r.operation_id, r.state)).collect();
        assert_eq!(
            states,
            [
                (ids[0], OperationState::Interrupted),
                (ids[1], OperationState::Waiting),
                (ids[2], OperationState::Waiting)
            ]
        );
        assert_eq!(
            library.operation(ids[0]).unwrap().unwrap().state,
            OperationState::Interrupted
        );
        let image = library.operations(&[Service::Image]).unwrap();
        assert_eq!(
            image[0].state,
            OperationState::Running,
            "another process's operation"
        );
    }
}
