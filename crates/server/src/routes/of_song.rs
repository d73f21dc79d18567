//! Work on a song in the library.

use std::sync::Arc;

use axum::{
    Json,
    extract::Request,
    response::{IntoResponse as _, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use songwright_base::{Failure, InvalidField, Service};
use uuid::Uuid;

use super::songs::song_id;
use crate::{
    Host,
    answer::{Job, Outcome, Wish, perform},
    body::read_json,
    error::ApiError,
};

pub(super) const SERVICE: Service = Service::Integrated;

/// Does what a request wishes of a song, as an operation of a kind. `job` checks the request whole and draws its
/// seed.
pub(super) async fn of_song<T: DeserializeOwned, J: Serialize>(
    host: &Arc<Host>,
    id: &str,
    request: Request,
    (kind, job): (
        &'static str,
        impl FnOnce(T, Uuid) -> Result<J, InvalidField>,
    ),
) -> Result<Response, ApiError> {
    let wish = Wish::of(SERVICE, request.uri(), request.headers())?;
    let job = checked(host, id, request, job).await?;
    match perform(host, Job::new(SERVICE, kind, &job)?, &wish).await? {
        Outcome::Accepted(response) => Ok(response),
        Outcome::Done { result, .. } => Ok(Json(result).into_response()),
    }
}

/// What a request wishes of a song that is there, checked whole.
pub(super) async fn checked<T: DeserializeOwned, J>(
    host: &Arc<Host>,
    id: &str,
    request: Request,
    job: impl FnOnce(T, Uuid) -> Result<J, InvalidField>,
) -> Result<J, ApiError> {
    let song_id = song_id(id)?;
    let body = read_json(request, host.config.max_body_bytes)
        .await
        .map_err(ApiError::of(SERVICE))?;
    let body: T = body.into().map_err(ApiError::of(SERVICE))?;
    let job = job(body, song_id).map_err(|wrong| ApiError::new(SERVICE, Failure::from(wrong)))?;
    // That the song is there is known before it is queued.
    host.studio
        .library(move |library| library.song(song_id))
        .await
        .map_err(ApiError::of(SERVICE))?;
    Ok(job)
}
