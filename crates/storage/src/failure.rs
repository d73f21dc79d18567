use songwright_base::Failure;

use crate::Error;

/// The causes go to the log, the sentence and its code to the client.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if let Some(cause) = std::error::Error::source(&error) {
            tracing::error!(%cause, "{error}");
        }
        Self::new(error.code(), error.to_string())
    }
}
