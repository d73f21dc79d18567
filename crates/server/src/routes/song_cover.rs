//! Another cover for a song in the library.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State},
    response::{IntoResponse as _, Response},
};
use songwright_api::{Song, SongCoverJob, SongCoverRequest};
use songwright_base::{Failure, Service, Snapshot};
use songwright_song::cover_request;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Routes, songs::song_id};
use crate::{
    Host,
    answer::{Job, Outcome, Wish, perform},
    body::read_json,
    error::ApiError,
    openapi::Refusals,
};

const SERVICE: Service = Service::Integrated;

pub(super) fn routes() -> Routes {
    OpenApiRouter::new().routes(routes!(new_cover))
}

/// Another cover for a song, drawn anew or over its newest one. The older covers stay.
#[utoipa::path(post, path = "/songs/{id}/cover", tag = "songs", operation_id = "new_cover",
    request_body = SongCoverRequest,
    params(("id" = String, Path, description = "The song"),
        ("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The song with its new cover", body = Song),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn new_cover(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let song_id = song_id(&id)?;
    let wish = Wish::of(SERVICE, request.uri(), request.headers())?;
    let body = read_json(request, host.config.max_body_bytes)
        .await
        .map_err(ApiError::of(SERVICE))?;
    let request: SongCoverRequest = body.into().map_err(ApiError::of(SERVICE))?;
    let request = cover_request::settled(request)
        .map_err(|wrong| ApiError::new(SERVICE, Failure::from(wrong)))?;
    // That the song is there is known before it is queued.
    host.studio
        .library(move |library| library.song(song_id))
        .await
        .map_err(ApiError::of(SERVICE))?;
    let job = Job::new(SERVICE, "new_cover", &SongCoverJob { song_id, request })?;
    match perform(&host, job, &wish).await? {
        Outcome::Accepted(response) => Ok(response),
        Outcome::Done { result, .. } => Ok(Json(result).into_response()),
    }
}
