use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use songwright_base::{Failure, Service};
use songwright_server::Host;

use crate::{
    Error,
    progress::{self, Style},
};

/// Puts a request through the same queue as the server, shows how far it is, and gives its result.
///
/// # Errors
/// What the queue or the work says; [`Error::Interrupted`] after Ctrl-C.
pub(crate) async fn ask<T: DeserializeOwned>(
    host: &Host,
    (service, kind): (Service, &str),
    request: &impl Serialize,
    style: Style,
) -> Result<T, Error> {
    let request = serde_json::to_value(request)
        .map_err(|e| Failure::internal("writing down the request", &e))?;
    let operation = host.queue.submit(service, kind, request)?;
    let end = progress::follow(&operation, style).await?;
    read(end.result.unwrap_or_default())
}

/// A result in its own type.
///
/// # Errors
/// Where it is of another one.
pub(crate) fn read<T: DeserializeOwned>(result: Value) -> Result<T, Error> {
    let read = serde_json::from_value(result);
    Ok(read.map_err(|e| Failure::internal("reading the result", &e))?)
}
