use std::sync::{Mutex, PoisonError};

/// `status` of the contract, from well to ill.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum HealthStatus {
    /// The last run ended well, or there was none yet.
    Healthy,
    /// The last run failed, an earlier one did not.
    Degraded,
    /// The last three runs failed.
    Unhealthy,
}

impl HealthStatus {
    /// The contract's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// How the last runs of something ended.
#[derive(Debug, Default)]
pub struct LastRuns(Mutex<Runs>);

#[derive(Debug, Default)]
struct Runs {
    failures_in_a_row: u32,
    last_failure: Option<String>,
}

impl LastRuns {
    pub(crate) fn worked(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Runs::default();
    }

    pub(crate) fn failed(&self, why: &dyn std::fmt::Display) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.failures_in_a_row += 1;
        runs.last_failure = Some(why.to_string());
    }

    /// From what last happened.
    #[must_use]
    pub fn status(&self) -> HealthStatus {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match runs.failures_in_a_row {
            0 => HealthStatus::Healthy,
            1 | 2 => HealthStatus::Degraded,
            _ => HealthStatus::Unhealthy,
        }
    }

    /// The last failure, where the last run failed.
    #[must_use]
    pub fn last_failure(&self) -> Option<String> {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.last_failure.clone()
    }
}

/// What an engine's threads last did; written by them after every command.
#[derive(Debug, Default)]
pub struct EngineHealth {
    loaded: Mutex<usize>,
    /// How their commands ended.
    pub(crate) runs: LastRuns,
}

impl EngineHealth {
    pub(crate) fn loaded(&self, by: isize) {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        *loaded = loaded.saturating_add_signed(by);
    }

    /// Whether at least one thread holds a loaded engine.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) > 0
    }

    /// How the last commands ended.
    #[must_use]
    pub fn last_runs(&self) -> &LastRuns {
        &self.runs
    }
}
