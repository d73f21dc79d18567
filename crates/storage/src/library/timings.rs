use rusqlite::params;

use super::{Library, now_ms};
use crate::Error;

/// How many of the newest runs the mean is taken over.
const RUNS: u32 = 20;

impl Library {
    /// Notes that `engine` took `seconds` for `units` of `stage` (seconds of audio, steps, …).
    /// Older runs than the newest 20 are forgotten. A run of no units says nothing and is left out.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn record_timing(
        &self,
        stage: &str,
        engine: &str,
        units: f64,
        seconds: f64,
    ) -> Result<(), Error> {
        if units <= 0.0 || !units.is_finite() || seconds < 0.0 || !seconds.is_finite() {
            return Ok(());
        }
        self.write("noting a timing", |c| {
            let note = || -> rusqlite::Result<_> {
                c.execute(
                    "INSERT INTO stage_timings (stage, engine, units, seconds, recorded_at_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![stage, engine, units, seconds, now_ms()],
                )?;
                c.execute(
                    "DELETE FROM stage_timings WHERE stage = ?1 AND engine = ?2 AND seq NOT IN
                         (SELECT seq FROM stage_timings WHERE stage = ?1 AND engine = ?2
                          ORDER BY seq DESC LIMIT ?3)",
                    params![stage, engine, RUNS],
                )
            };
            note().map(drop).map_err(Error::database("noting a timing"))
        })
    }

    /// The mean seconds that `engine` took for one unit of `stage` in its newest 20 runs, a long
    /// run counting for more than a short one; `None` before the first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn seconds_per_unit(&self, stage: &str, engine: &str) -> Result<Option<f64>, Error> {
        self.read("reading timings", |c| {
            c.query_row(
                "SELECT sum(seconds) / sum(units) FROM
                     (SELECT seconds, units FROM stage_timings WHERE stage = ?1 AND engine = ?2
                      ORDER BY seq DESC LIMIT ?3)",
                params![stage, engine, RUNS],
                |row| row.get(0),
            )
        })
    }
}
