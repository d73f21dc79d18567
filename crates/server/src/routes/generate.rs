//! What all generating endpoints have in common.

use std::sync::Arc;

use axum::{
    Json,
    extract::Request,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use songwright_base::{Failure, Service};

use crate::{
    Host,
    answer::{Job, Outcome, Wish, perform},
    body::read_json,
    error::ApiError,
};

/// An endpoint: whose it is and what its operations are called.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint {
    pub(crate) service: Service,
    pub(crate) kind: &'static str,
}

/// Reads the body as `T`, checks it and settles what is random by `settle`, and answers with the
/// operation's result.
pub(crate) async fn generate<T, S>(
    host: &Arc<Host>,
    request: Request,
    endpoint: Endpoint,
    settle: S,
) -> Result<Response, ApiError>
where
    T: DeserializeOwned + Serialize,
    S: FnOnce(T) -> Result<T, Failure>,
{
    match run(host, request, endpoint, settle).await? {
        Outcome::Accepted(response) => Ok(response),
        Outcome::Done { result, .. } => Ok(Json(result).into_response()),
    }
}

/// As [`generate`], with the result for the endpoint to complete.
pub(crate) async fn run<T, S>(
    host: &Arc<Host>,
    request: Request,
    endpoint: Endpoint,
    settle: S,
) -> Result<Outcome, ApiError>
where
    T: DeserializeOwned + Serialize,
    S: FnOnce(T) -> Result<T, Failure>,
{
    let Endpoint { service, kind } = endpoint;
    let wish = Wish::of(service, request.uri(), request.headers())?;
    let body = read_json(request, host.config.max_body_bytes)
        .await
        .map_err(ApiError::of(service))?;
    let settled =
        settle(body.into().map_err(ApiError::of(service))?).map_err(ApiError::of(service))?;
    perform(host, Job::new(service, kind, &settled)?, &wish).await
}

/// Puts the file whose key is in `from` into `result` as base64.
pub(crate) async fn inline(
    host: &Host,
    service: Service,
    result: &mut Value,
    (from, to): (&str, &str),
) -> Result<(), ApiError> {
    let Some(key) = result.get(from).and_then(Value::as_str) else {
        return Ok(());
    };
    let file = host
        .studio
        .read_file(key)
        .await
        .map_err(ApiError::of(service))?;
    if let Some(object) = result.as_object_mut() {
        object.insert(to.to_owned(), Value::from(BASE64_STANDARD.encode(&file)));
    }
    Ok(())
}
