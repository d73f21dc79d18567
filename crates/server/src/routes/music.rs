use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, Uri},
    response::{IntoResponse as _, Response},
};
use songwright_api::{
    AudioGeneration, MusicEstimate, MusicRequest, MusicResponse, MusicToStorageResponse,
};
use songwright_base::{Failure, Service, Snapshot};
use songwright_music::MusicParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Routes,
    generate::{Endpoint, generate, inline, run},
};
use crate::{
    Host,
    answer::{Job, Outcome, Wish, perform},
    body::read_json,
    error::ApiError,
    openapi::Refusals,
};

const SERVICE: Service = Service::Music;

pub(super) fn routes() -> Routes {
    at_root().routes(routes!(generate_music))
}

/// The integrated service has a `/generate_music` of its own.
pub(super) fn at_root() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(generate_music_to_storage))
        .routes(routes!(generate_demo_music))
        .routes(routes!(estimate))
}

fn settled(request: MusicRequest) -> Result<MusicRequest, Failure> {
    MusicParams::try_from(&request)?;
    let audio = AudioGeneration::try_from(&request.audio)?.into();
    let diffusion = request.diffusion.settled()?;
    Ok(MusicRequest {
        audio,
        diffusion,
        ..request
    })
}

/// Makes music and answers with the WAV in base64.
#[utoipa::path(post, path = "/generate_music", operation_id = "generate_music_audio", tag = "music",
    request_body = MusicRequest,
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The music", body = MusicResponse),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn generate_music(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Response, ApiError> {
    let endpoint = Endpoint {
        service: SERVICE,
        kind: "generate_music",
    };
    with_audio(&host, run(&host, request, endpoint, settled).await?).await
}

/// Makes music and leaves it in the store.
#[utoipa::path(post, path = "/generate_music_to_storage", tag = "music", request_body = MusicRequest,
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "Where the music is", body = MusicToStorageResponse),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn generate_music_to_storage(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Response, ApiError> {
    let endpoint = Endpoint {
        service: SERVICE,
        kind: "generate_music_to_storage",
    };
    generate(&host, request, endpoint, settled).await
}

/// Makes a fixed piece of music.
#[utoipa::path(post, path = "/generate_demo_music", tag = "music",
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The music", body = MusicResponse),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn generate_demo_music(
    State(host): State<Arc<Host>>,
    uri: Uri,
    headers: HeaderMap,
    _: crate::body::NoBody,
) -> Result<Response, ApiError> {
    let wish = Wish::of(SERVICE, &uri, &headers)?;
    let job = Job::new(
        SERVICE,
        "generate_demo_music",
        &songwright_song::demo_music(),
    )?;
    with_audio(&host, perform(&host, job, &wish).await?).await
}

/// What a request for music would take, before anything runs: whether its lyrics can be sung in its
/// duration, how long it takes on this machine by earlier runs, and how much memory.
#[utoipa::path(post, path = "/estimate", operation_id = "estimate_music", tag = "music",
    request_body = MusicRequest,
    responses((status = 200, description = "What it would take", body = MusicEstimate), Refusals))]
async fn estimate(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Json<MusicEstimate>, ApiError> {
    let body = read_json(request, host.config.max_body_bytes)
        .await
        .map_err(ApiError::of(SERVICE))?;
    let asked: MusicRequest = body.into().map_err(ApiError::of(SERVICE))?;
    let estimate = host.estimate(&asked).await;
    estimate.map(Json).map_err(ApiError::of(SERVICE))
}

async fn with_audio(host: &Arc<Host>, outcome: Outcome) -> Result<Response, ApiError> {
    match outcome {
        Outcome::Accepted(response) => Ok(response),
        Outcome::Done { mut result, .. } => {
            inline(host, SERVICE, &mut result, ("file_path", "audio_data")).await?;
            Ok(Json(result).into_response())
        }
    }
}
