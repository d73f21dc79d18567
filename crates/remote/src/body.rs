use std::time::Duration;

use reqwest::Response;
use serde::de::DeserializeOwned;

use crate::error::CallError;

/// How long a service may pause within an answer.
const READ_IDLE: Duration = Duration::from_secs(60);

/// Reads an answer of at most `limit_bytes`, as long as it keeps coming.
pub(crate) async fn read(mut response: Response, limit_bytes: u64) -> Result<Vec<u8>, CallError> {
    let too_large = || CallError::TooLarge { limit_bytes };
    let promised = response.content_length().unwrap_or(0);
    if promised > limit_bytes {
        return Err(too_large());
    }
    // A forged length must not reserve memory.
    let mut body = Vec::with_capacity(promised.min(1 << 20) as usize);
    loop {
        let chunk = tokio::time::timeout(READ_IDLE, response.chunk())
            .await
            .map_err(|_| CallError::Stalled { idle: READ_IDLE })?
            .map_err(CallError::transport)?;
        let Some(chunk) = chunk else { return Ok(body) };
        if body.len() as u64 + chunk.len() as u64 > limit_bytes {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
}

/// An answer's JSON as `T`, naming the field that is wrong.
pub(crate) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, CallError> {
    if body.trim_ascii_start().starts_with(b"<") {
        return Err(CallError::WebPage);
    }
    // serde would take a list's items for the fields in order.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(CallError::unusable(
            "its answer is a JSON list instead of an object.",
        ));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value: T = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
        if e.inner().is_data() {
            CallError::WrongForm(e)
        } else {
            CallError::NotJson(e.into_inner())
        }
    })?;
    reader.end().map_err(CallError::NotJson)?;
    Ok(value)
}
