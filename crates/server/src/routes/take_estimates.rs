//! What new takes of songs would take, before anything runs.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State},
};
use serde::de::DeserializeOwned;
use songwright_api::{
    EditRequest, ExtendRequest, MusicEstimate, NewTake, PromoteRequest, RepaintRequest,
    RetakeRequest,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Routes,
    of_song::{SERVICE, checked},
};
use crate::{Host, error::ApiError, openapi::Refusals};

pub(super) fn routes() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(estimate_retake))
        .routes(routes!(estimate_repaint))
        .routes(routes!(estimate_extend))
        .routes(routes!(estimate_edit))
        .routes(routes!(estimate_promote))
}

type Answer = Result<Json<MusicEstimate>, ApiError>;

async fn answer<T: NewTake + DeserializeOwned>(
    host: &Arc<Host>,
    id: &str,
    request: Request,
) -> Answer {
    let job = checked(host, id, request, T::job).await?;
    let estimate = host.estimate_take(&job).await;
    estimate.map(Json).map_err(ApiError::of(SERVICE))
}

/// What a retake would take: time by earlier runs on this machine, memory, and whether its lyrics fit.
#[utoipa::path(post, path = "/songs/{id}/retake/estimate", tag = "takes",
    operation_id = "estimate_retake", request_body = RetakeRequest,
    params(("id" = String, Path, description = "The song")),
    responses((status = 200, description = "What it would take", body = MusicEstimate), Refusals))]
async fn estimate_retake(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    answer::<RetakeRequest>(&host, &id, request).await
}

/// What a repaint would take.
#[utoipa::path(post, path = "/songs/{id}/repaint/estimate", tag = "takes",
    operation_id = "estimate_repaint", request_body = RepaintRequest,
    params(("id" = String, Path, description = "The song")),
    responses((status = 200, description = "What it would take", body = MusicEstimate), Refusals))]
async fn estimate_repaint(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    answer::<RepaintRequest>(&host, &id, request).await
}

/// What an extension would take.
#[utoipa::path(post, path = "/songs/{id}/extend/estimate", tag = "takes",
    operation_id = "estimate_extend", request_body = ExtendRequest,
    params(("id" = String, Path, description = "The song")),
    responses((status = 200, description = "What it would take", body = MusicEstimate), Refusals))]
async fn estimate_extend(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    answer::<ExtendRequest>(&host, &id, request).await
}

/// What an edit would take: whether the new lyrics can be sung in the song's duration, too.
#[utoipa::path(post, path = "/songs/{id}/edit/estimate", tag = "takes",
    operation_id = "estimate_edit", request_body = EditRequest,
    params(("id" = String, Path, description = "The song")),
    responses((status = 200, description = "What it would take", body = MusicEstimate), Refusals))]
async fn estimate_edit(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    answer::<EditRequest>(&host, &id, request).await
}

/// What a draft at all its steps would take.
#[utoipa::path(post, path = "/songs/{id}/promote/estimate", tag = "takes",
    operation_id = "estimate_promote", request_body = PromoteRequest,
    params(("id" = String, Path, description = "The song")),
    responses((status = 200, description = "What it would take", body = MusicEstimate), Refusals))]
async fn estimate_promote(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    answer::<PromoteRequest>(&host, &id, request).await
}
