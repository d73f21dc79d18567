//! New takes of songs in the library.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use serde::de::DeserializeOwned;
use songwright_api::{
    EditRequest, ExtendRequest, NewTake, PromoteRequest, RepaintRequest, RetakeRequest, Song,
};
use songwright_base::Snapshot;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Routes, of_song::of_song};
use crate::{Host, error::ApiError, openapi::Refusals};

pub(super) fn routes() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(retake))
        .routes(routes!(repaint))
        .routes(routes!(extend))
        .routes(routes!(edit))
        .routes(routes!(promote))
}

async fn answer<T: NewTake + DeserializeOwned>(
    host: &Arc<Host>,
    id: &str,
    request: Request,
    kind: &'static str,
) -> Result<Response, ApiError> {
    of_song(host, id, request, (kind, T::job)).await
}

/// The same song, otherwise, as a new take.
#[utoipa::path(post, path = "/songs/{id}/retake", tag = "takes", operation_id = "retake",
    request_body = RetakeRequest,
    params(("id" = String, Path, description = "The song"),
        ("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The song with its new take", body = Song),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn retake(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    answer::<RetakeRequest>(&host, &id, request, "retake").await
}

/// A part of a song made anew, as a new take.
#[utoipa::path(post, path = "/songs/{id}/repaint", tag = "takes", operation_id = "repaint",
    request_body = RepaintRequest,
    params(("id" = String, Path, description = "The song"),
        ("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The song with its new take", body = Song),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn repaint(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    answer::<RepaintRequest>(&host, &id, request, "repaint").await
}

/// A song made longer, as a new take.
#[utoipa::path(post, path = "/songs/{id}/extend", tag = "takes", operation_id = "extend",
    request_body = ExtendRequest,
    params(("id" = String, Path, description = "The song"),
        ("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The song with its new take", body = Song),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn extend(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    answer::<ExtendRequest>(&host, &id, request, "extend").await
}

/// A song with other words or another style, as a new take.
#[utoipa::path(post, path = "/songs/{id}/edit", tag = "takes", operation_id = "edit",
    request_body = EditRequest,
    params(("id" = String, Path, description = "The song"),
        ("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The song with its new take", body = Song),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn edit(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    answer::<EditRequest>(&host, &id, request, "edit").await
}

/// A draft with the same seed at all its steps, as a new take.
#[utoipa::path(post, path = "/songs/{id}/promote", tag = "takes", operation_id = "promote",
    request_body = PromoteRequest,
    params(("id" = String, Path, description = "The song"),
        ("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The song with its new take", body = Song),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn promote(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    answer::<PromoteRequest>(&host, &id, request, "promote").await
}
