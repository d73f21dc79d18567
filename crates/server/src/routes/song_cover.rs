//! Another cover for a song in the library.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use songwright_api::{Song, SongCoverJob, SongCoverRequest};
use songwright_base::Snapshot;
use songwright_song::cover_request;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Routes, of_song::of_song};
use crate::{Host, error::ApiError, openapi::Refusals};

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
    let job = |request, song_id| {
        let request = cover_request::settled(request)?;
        Ok(SongCoverJob { song_id, request })
    };
    of_song(&host, &id, request, ("new_cover", job)).await
}
