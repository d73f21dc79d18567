use std::{error::Error as _, time::Duration};

use reqwest::StatusCode;
use songwright_base::EngineError;

use crate::{refusal::Refusal, target::Address};

/// Why a call to a remote service gave nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("the operation was cancelled")]
    Cancelled,
    #[error("it took longer than {} s", limit.as_secs())]
    TooLong { limit: Duration },
    #[error(
        "no connection could be made ({}). Is it running, and is the URL right?",
        cause(source)
    )]
    Unreachable { source: reqwest::Error },
    #[error(
        "the connection broke off before the answer was complete ({}).",
        cause(source)
    )]
    Broken { source: reqwest::Error },
    #[error("it stopped sending in the middle of its answer: nothing came for {} s.", idle.as_secs())]
    Stalled { idle: Duration },
    #[error("its answer is larger than {} MiB.", limit_bytes >> 20)]
    TooLarge { limit_bytes: u64 },
    #[error("{0}")]
    Refused(Refusal),
    #[error("it answered with a web page instead of JSON. Is the URL that of the service?")]
    WebPage,
    #[error("its answer is not JSON ({0}).")]
    NotJson(serde_json::Error),
    #[error("its answer is not of the agreed form: {0}.")]
    WrongForm(serde_path_to_error::Error<serde_json::Error>),
    #[error("{what}")]
    Unusable { what: String },
    #[error("it makes songs from words alone")]
    WordsOnly,
    #[error("no HTTP request could be made")]
    Local(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl CallError {
    pub(crate) fn unusable(what: impl Into<String>) -> Self {
        Self::Unusable { what: what.into() }
    }

    /// Sorts what the HTTP client says while the answer is awaited or read.
    pub(crate) fn transport(source: reqwest::Error) -> Self {
        let source = source.without_url();
        if source.is_connect() {
            Self::Unreachable { source }
        } else {
            Self::Broken { source }
        }
    }

    /// Whether the same request may succeed a little later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused(refusal) => matches!(
                refusal.status,
                StatusCode::REQUEST_TIMEOUT
                    | StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::BAD_GATEWAY
                    | StatusCode::SERVICE_UNAVAILABLE
                    | StatusCode::GATEWAY_TIMEOUT
            ),
            _ => false,
        }
    }

    /// How long the service asked to be left alone.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            _ => None,
        }
    }

    /// The status of a refusal.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused(refusal) => Some(refusal.status),
            _ => None,
        }
    }

    pub(crate) fn into_engine_error(self, address: &Address) -> EngineError {
        let problem = match self {
            Self::Cancelled => return EngineError::Cancelled,
            Self::TooLong { limit } => {
                return EngineError::DeadlinePassed {
                    limit_s: limit.as_secs(),
                };
            }
            Self::WordsOnly => {
                return EngineError::Unsupported {
                    what: format!(
                        "The music service at {} makes songs from words alone: it has no place for what other \
                         takes are made from. That needs a Songwright with ACE-Step as the music service, or \
                         ACE-Step in this process: leave MUSIC_SERVICE_URL away, and songwright models install \
                         ace-step-v1-3.5b",
                        address.shown()
                    ),
                };
            }
            Self::Local(source) => {
                return EngineError::Failed {
                    doing: "preparing a request to another service",
                    source,
                };
            }
            Self::Refused(refusal) => match refusal.into_engine_error(address) {
                Ok(error) => return error,
                Err(problem) => problem,
            },
            other => other.to_string(),
        };
        EngineError::Remote {
            service: address.service.name(),
            url: address.shown(),
            problem,
        }
    }
}

/// The innermost cause: "Connection refused (os error 111)".
fn cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if error.is_timeout() && error.source().is_none() {
        return "timed out".to_owned();
    }
    innermost.to_string()
}
