use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Code, EngineError, InvalidField};

/// A failure as clients see it: a closed code and a sentence that says what to do.
///
/// Causes are logged where the failure is made, never sent.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, thiserror::Error, ToSchema)]
#[error("{detail}")]
pub struct Failure {
    /// What a program tells apart.
    pub code: Code,
    /// What a musician reads.
    pub detail: String,
    /// Seconds after which the same request may be sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
}

impl Failure {
    /// A failure without a waiting time.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            retry_after_s: None,
        }
    }

    /// A defect or a failure of the machine; the cause goes to the log.
    pub fn internal(doing: &'static str, cause: &dyn std::error::Error) -> Self {
        tracing::error!(cause = %Chain(cause), "failed while {doing}");
        Self::new(
            Code::Internal,
            format!("Something went wrong while {doing}. The log has the details."),
        )
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let code = error.code();
        if let EngineError::Failed { doing, source } = &error {
            tracing::error!(cause = %Chain(source.as_ref()), "failed while {doing}");
        }
        let retry_after_s = match &error {
            EngineError::QueueFull { retry_after_s, .. } => Some(*retry_after_s),
            _ => None,
        };
        Self {
            code,
            detail: error.to_string(),
            retry_after_s,
        }
    }
}

impl From<InvalidField> for Failure {
    fn from(error: InvalidField) -> Self {
        Self::new(Code::BadRequest, error.to_string())
    }
}

/// An error with its causes on one line.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
