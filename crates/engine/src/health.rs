use std::sync::{Mutex, PoisonError};

/// `status` of the contract.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HealthStatus {
    /// The last command ended well, or there was none yet.
    Healthy,
    /// The last command failed, an earlier one did not.
    Degraded,
    /// The last three commands failed.
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

/// What an engine's threads last did; written by them after every command.
#[derive(Debug, Default)]
pub struct EngineHealth(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    loaded: usize,
    failures_in_a_row: u32,
    last_failure: Option<String>,
}

impl EngineHealth {
    pub(crate) fn loaded(&self, by: isize) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.loaded = state.loaded.saturating_add_signed(by);
    }

    pub(crate) fn worked(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures_in_a_row = 0;
        state.last_failure = None;
    }

    pub(crate) fn failed(&self, why: &dyn std::fmt::Display) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures_in_a_row += 1;
        state.last_failure = Some(why.to_string());
    }

    /// Whether at least one thread holds a loaded engine.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).loaded > 0
    }

    /// From what last happened.
    #[must_use]
    pub fn status(&self) -> HealthStatus {
        match self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .failures_in_a_row
        {
            0 => HealthStatus::Healthy,
            1 | 2 => HealthStatus::Degraded,
            _ => HealthStatus::Unhealthy,
        }
    }

    /// The last failure, where the last command failed.
    #[must_use]
    pub fn last_failure(&self) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .last_failure
            .clone()
    }
}
