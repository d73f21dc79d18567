//! The time that something takes.

use std::time::Instant;

use anyhow::Result;

/// CPU time of all threads, and wall time, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// Of all threads.
    pub cpu_s: f64,
    /// By the clock.
    pub wall_s: f64,
}

impl Spent {
    /// More than anything takes.
    pub const MAX: Self = Self {
        cpu_s: f64::MAX,
        wall_s: f64::MAX,
    };

    /// The smaller of both numbers.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self {
            cpu_s: self.cpu_s.min(other.cpu_s),
            wall_s: self.wall_s.min(other.wall_s),
        }
    }
}

/// What a run takes.
///
/// # Errors
/// Those of the run.
pub fn measure(run: impl FnOnce() -> Result<()>) -> Result<Spent> {
    let (cpu, wall) = (process_s(), Instant::now());
    run()?;
    let wall_s = wall.elapsed().as_secs_f64();
    let cpu_s = match (cpu, process_s()) {
        (Some(before), Some(after)) => after - before,
        _ => wall_s,
    };
    Ok(Spent { cpu_s, wall_s })
}

/// CPU seconds of the process so far; `None` where this system is not asked.
#[cfg(unix)]
#[expect(clippy::cast_precision_loss, reason = "a process is not that old")]
fn process_s() -> Option<f64> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9)
}

#[cfg(not(unix))]
fn process_s() -> Option<f64> {
    None
}
