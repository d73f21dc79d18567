use std::sync::Arc;

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::Value;
use songwright_base::{Code, Failure, Operation, OperationId, OperationState, Service};

use crate::{Host, error::ApiError, query::Parameters};

/// How a generating endpoint is to answer.
pub(crate) struct Wish {
    asynchronous: bool,
}

impl Wish {
    /// From `?async=true` or `Prefer: respond-async`.
    pub(crate) fn of(service: Service, uri: &Uri, headers: &HeaderMap) -> Result<Self, ApiError> {
        let preferred = headers
            .get_all("prefer")
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.split([',', ';']))
            .any(|p| p.trim().eq_ignore_ascii_case("respond-async"));
        let asked = Parameters::of(service, uri)?.flag("async")?;
        Ok(Self {
            asynchronous: preferred || asked,
        })
    }
}

/// What is submitted.
pub(crate) struct Job {
    pub(crate) service: Service,
    pub(crate) kind: &'static str,
    pub(crate) request: Value,
}

impl Job {
    pub(crate) fn new<T: Serialize>(
        service: Service,
        kind: &'static str,
        request: &T,
    ) -> Result<Self, ApiError> {
        let request = serde_json::to_value(request).map_err(|e| {
            ApiError::new(service, Failure::internal("writing down the request", &e))
        })?;
        Ok(Self {
            service,
            kind,
            request,
        })
    }
}

/// The end of a job: its result, or the 202 that was wished for.
pub(crate) enum Outcome {
    Done { id: OperationId, result: Value },
    Accepted(Response),
}

/// Submits a job and waits for its end, unless the client wishes otherwise. A client that goes
/// away cancels it.
pub(crate) async fn perform(host: &Arc<Host>, job: Job, wish: &Wish) -> Result<Outcome, ApiError> {
    let service = job.service;
    if host.closing.is_cancelled() {
        return Err(ApiError::new(service, closing()));
    }
    let queue = host.queue.clone();
    let submitted = tokio::task::spawn_blocking({
        let runtime = tokio::runtime::Handle::current();
        move || {
            let _runtime = runtime.enter();
            queue.submit(service, job.kind, job.request)
        }
    });
    let operation = submitted
        .await
        .map_err(|e| ApiError::new(service, Failure::internal("queueing the request", &e)))?
        .map_err(ApiError::of(service))?;
    if wish.asynchronous {
        return Ok(Outcome::Accepted(accepted(&operation)));
    }
    let mut leaving = Leaving {
        host,
        operation: operation.clone(),
        armed: true,
    };
    let end = tokio::select! {
        end = operation.ended() => end,
        () = closed_while_waiting(host, &operation) => {
            leaving.armed = false;
            return Err(ApiError { operation_id: Some(operation.id()), ..ApiError::new(service, closing()) });
        }
    };
    leaving.armed = false;
    match (end.state, end.error) {
        (OperationState::Succeeded, _) => Ok(Outcome::Done {
            id: operation.id(),
            result: end.result.unwrap_or_default(),
        }),
        (_, error) => Err(ApiError {
            failure: error.unwrap_or_else(closing),
            operation_id: Some(operation.id()),
            service,
            partial: end.result.map(Box::new),
        }),
    }
}

/// 202 with the operation, its URL in `Location`.
pub(crate) fn accepted(operation: &Operation) -> Response {
    let mut response = (StatusCode::ACCEPTED, Json(operation.snapshot())).into_response();
    if let Ok(location) = HeaderValue::from_str(&format!("/operations/{}", operation.id())) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response.headers_mut().insert(
        "preference-applied",
        HeaderValue::from_static("respond-async"),
    );
    response
}

fn closing() -> Failure {
    Failure::new(
        Code::Unavailable,
        "Songwright is shutting down. What was not done is kept and goes on at the next start when asked.",
    )
}

async fn closed_while_waiting(host: &Host, operation: &Operation) {
    host.closing.cancelled().await;
    let mut watch = operation.watch();
    // What runs may end well; what waits does not begin any more.
    let _ = watch
        .wait_for(|(_, s)| s.state == OperationState::Waiting)
        .await;
}

/// Cancels the operation of a client that is gone, but not of a server that is.
struct Leaving<'a> {
    host: &'a Host,
    operation: Operation,
    armed: bool,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if self.armed && !self.host.closing.is_cancelled() {
            tracing::info!("[{}] Cancelled: the client went away", self.operation.id());
            self.operation.cancel();
        }
    }
}
