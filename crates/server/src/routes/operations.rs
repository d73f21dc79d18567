use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, Uri},
    response::{
        IntoResponse as _, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::Stream;
use songwright_api::{OperationEvent, OperationList};
use songwright_base::{Code, Failure, Operation, OperationState, Service, Snapshot};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Routes;
use crate::{Host, answer::accepted, error::ApiError, openapi::Refusals, query::Parameters};

/// Events of one operation come no faster than this; the last one always comes.
const PACE: Duration = Duration::from_millis(100);

pub(super) fn routes() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(one, cancel))
        .routes(routes!(resume))
        .routes(routes!(preview))
        .routes(routes!(events))
}

/// The operation that a path or query names.
pub(super) fn find(host: &Host, service: Service, text: &str) -> Result<Operation, ApiError> {
    let unknown = || Failure::new(Code::NotFound, format!("There is no operation \"{text}\"."));
    let id = text
        .parse()
        .map_err(|_| ApiError::new(service, unknown()))?;
    host.queue
        .operations()
        .get(id)
        .map_err(ApiError::of(service))
}

/// All operations, newest first.
#[utoipa::path(get, path = "/operations", tag = "operations", operation_id = "list_operations",
    params(("state" = Option<OperationState>, Query, description = "Only those in this state"),
        ("limit" = Option<u64>, Query, description = "At most so many; 100 where absent")),
    responses((status = 200, description = "Operations", body = OperationList), Refusals))]
async fn list(State(host): State<Arc<Host>>, uri: Uri) -> Result<Json<OperationList>, ApiError> {
    let parameters = Parameters::of(host.serving.at_root(), &uri)?;
    let limit = usize::try_from(parameters.number("limit", 100, 1000)?).unwrap_or(100);
    let wanted = match parameters.text("state") {
        None | Some("") => None,
        Some(text) => Some(
            serde_json::from_value::<OperationState>(text.into())
                .map_err(|_| parameters.wrong(format!("state must be waiting, running, succeeded, failed, cancelled or interrupted, not \"{text}\".")))?,
        ),
    };
    let mut operations = host.queue.operations().list();
    operations.retain(|o| wanted.is_none_or(|w| o.state == w));
    operations.truncate(limit);
    Ok(Json(OperationList { operations }))
}

/// One operation.
#[utoipa::path(get, path = "/operations/{id}", tag = "operations", operation_id = "get_operation",
    params(("id" = String, Path, description = "The operation")),
    responses((status = 200, description = "The operation", body = Snapshot), Refusals))]
async fn one(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
) -> Result<Json<Snapshot>, ApiError> {
    Ok(Json(find(&host, host.serving.at_root(), &id)?.snapshot()))
}

/// Cancels an operation.
#[utoipa::path(delete, path = "/operations/{id}", tag = "operations", operation_id = "cancel_operation",
    params(("id" = String, Path, description = "The operation")),
    responses((status = 200, description = "The operation, which ends within a step", body = Snapshot), Refusals))]
async fn cancel(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
) -> Result<Json<Snapshot>, ApiError> {
    let service = host.serving.at_root();
    let id = find(&host, service, &id)?.id();
    let operation = host.queue.cancel(id).map_err(ApiError::of(service))?;
    // Most end at once, and their true state is the better answer.
    let _ = tokio::time::timeout(Duration::from_millis(500), operation.ended()).await;
    Ok(Json(operation.snapshot()))
}

/// The picture that an operation is drawing, as far as it is.
#[utoipa::path(get, path = "/operations/{id}/preview", tag = "operations", operation_id = "operation_preview",
    params(("id" = String, Path, description = "The operation")),
    responses((status = 200, description = "A PNG", content_type = "image/png"), Refusals))]
async fn preview(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let service = host.serving.at_root();
    let operation = find(&host, service, &id)?;
    let none = || Failure::new(Code::NotFound, "This operation draws nothing now.");
    let preview = operation
        .last_preview()
        .ok_or_else(|| ApiError::new(service, none()))?;
    let encoded = tokio::task::spawn_blocking(move || {
        let image = image::RgbImage::from_raw(preview.width, preview.height, preview.rgb.clone());
        songwright_cover::png(&image.unwrap_or_default(), &[])
    });
    let png = encoded
        .await
        .map_err(|e| Failure::internal("encoding the preview", &e))
        .and_then(|png| png.map_err(|e| Failure::internal("encoding the preview", &e)))
        .map_err(ApiError::of(service))?;
    let headers = [
        (axum::http::header::CONTENT_TYPE, "image/png"),
        (axum::http::header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, png).into_response())
}

/// Lets an operation of an earlier run of the program go on.
#[utoipa::path(post, path = "/operations/{id}/resume", tag = "operations", operation_id = "resume_operation",
    params(("id" = String, Path, description = "The operation")),
    responses((status = 202, description = "Back in the queue", body = Snapshot), Refusals))]
async fn resume(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    _: crate::body::NoBody,
) -> Result<Response, ApiError> {
    let service = host.serving.at_root();
    let id = find(&host, service, &id)?.id();
    let operation = host.queue.resume(id).map_err(ApiError::of(service))?;
    Ok(accepted(&operation))
}

/// Follows an operation by server-sent events. Each is the whole operation, its id grows; the last
/// has an ended state. `Last-Event-ID` leaves out what was seen, in an earlier run of the program too.
#[utoipa::path(get, path = "/operations/{id}/events", tag = "operations", operation_id = "operation_events",
    params(("id" = String, Path, description = "The operation")),
    responses((status = 200, description = "Events named `operation`", body = OperationEvent, content_type = "text/event-stream"), Refusals))]
async fn events(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let operation = find(&host, host.serving.at_root(), &id)?;
    let (number, snapshot) = operation.watch().borrow().clone();
    let seen = headers
        .get("last-event-id")
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.trim().parse().ok())
        // An id that never was has seen nothing.
        .filter(|seen: &u64| *seen <= number);
    if seen == Some(number) && snapshot.state.is_ended() {
        // Tells an EventSource not to come back.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let stream = follow(&host, &operation, seen.unwrap_or(0));
    let mut response = Sse::new(stream)
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
        .into_response();
    response.headers_mut().insert(
        "x-accel-buffering",
        axum::http::HeaderValue::from_static("no"),
    );
    Ok(response)
}

fn follow(
    host: &Arc<Host>,
    operation: &Operation,
    seen: u64,
) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    struct State {
        watch: tokio::sync::watch::Receiver<(u64, Snapshot)>,
        closing: tokio_util::sync::CancellationToken,
        seen: u64,
        ended: bool,
        // Keeps the sender alive.
        _operation: Operation,
    }
    let state = State {
        watch: operation.watch(),
        closing: host.closing.clone(),
        seen,
        ended: false,
        _operation: operation.clone(),
    };
    futures_util::stream::unfold(state, |mut state| async move {
        if state.ended {
            return None;
        }
        if state.seen > 0 && !state.watch.borrow().1.state.is_ended() {
            tokio::time::sleep(PACE).await;
        }
        let seen = state.seen;
        let (number, snapshot) = tokio::select! {
            changed = state.watch.wait_for(|(number, _)| *number > seen) => changed.ok()?.clone(),
            () = state.closing.cancelled() => return None,
        };
        state.seen = number;
        state.ended = snapshot.state.is_ended();
        let event = Event::default().event("operation").id(number.to_string());
        let event = event.json_data(&snapshot).ok()?;
        Some((Ok(event), state))
    })
}
