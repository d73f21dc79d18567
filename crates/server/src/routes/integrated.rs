use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, Uri},
    response::{IntoResponse as _, Response},
};
use serde_json::Value;
use songwright_api::{
    AnySong, DemoAudio, DescribedSong, Package, SongRequest, SongWithDescribedLyrics,
    SongWithLyrics, WorkflowStatus,
};
use songwright_base::{Failure, OperationId, Service, Snapshot};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Routes, generate::inline};
use crate::{
    Host,
    answer::{Job, Outcome, Wish, perform},
    body::read_json,
    error::ApiError,
    openapi::Refusals,
    query::Parameters,
};

const SERVICE: Service = Service::Integrated;

pub(super) fn routes() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(generate_from_description))
        .routes(routes!(generate_with_lyrics))
        .routes(routes!(generate_with_described_lyrics))
        .routes(routes!(generate_music))
        .routes(routes!(generate))
        .routes(routes!(workflow_status))
}

/// A whole song from one description.
#[utoipa::path(post, path = "/generate_from_description", tag = "integrated", request_body = DescribedSong,
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once"),
        ("inline" = Option<String>, Query, description = "`base64`: with the files in the answer")),
    responses((status = 200, description = "The song", body = Package),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn generate_from_description(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Response, ApiError> {
    make(&host, request, Some("generate_from_description")).await
}

/// A song from a tags prompt and lyrics.
#[utoipa::path(post, path = "/generate_with_lyrics", tag = "integrated", request_body = SongWithLyrics,
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once"),
        ("inline" = Option<String>, Query, description = "`base64`: with the files in the answer")),
    responses((status = 200, description = "The song", body = Package),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn generate_with_lyrics(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Response, ApiError> {
    make(&host, request, Some("generate_with_lyrics")).await
}

/// A song from a tags prompt and a description of its lyrics.
#[utoipa::path(post, path = "/generate_with_described_lyrics", tag = "integrated",
    request_body = SongWithDescribedLyrics,
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once"),
        ("inline" = Option<String>, Query, description = "`base64`: with the files in the answer")),
    responses((status = 200, description = "The song", body = Package),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn generate_with_described_lyrics(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Response, ApiError> {
    make(&host, request, Some("generate_with_described_lyrics")).await
}

/// Any of the three, told apart by its fields.
#[utoipa::path(post, path = "/generate_music", tag = "integrated", request_body = AnySong,
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once"),
        ("inline" = Option<String>, Query, description = "`base64`: with the files in the answer")),
    responses((status = 200, description = "The song", body = Package),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn generate_music(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Response, ApiError> {
    make(&host, request, None).await
}

/// The fixed demo song.
#[utoipa::path(post, path = "/generate", tag = "integrated",
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The audio", body = DemoAudio),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn generate(
    State(host): State<Arc<Host>>,
    uri: Uri,
    headers: HeaderMap,
    _: crate::body::NoBody,
) -> Result<Response, ApiError> {
    let wish = Wish::of(SERVICE, &uri, &headers)?;
    let job = Job::new(SERVICE, "generate", &songwright_song::demo_song())?;
    match perform(&host, job, &wish).await? {
        Outcome::Accepted(response) => Ok(response),
        Outcome::Done { mut result, .. } => {
            inline(&host, SERVICE, &mut result, ("s3_key", "audio_data")).await?;
            let audio_data = result["audio_data"].as_str().unwrap_or_default().to_owned();
            Ok(Json(DemoAudio { audio_data }).into_response())
        }
    }
}

/// How an operation stands.
#[utoipa::path(get, path = "/workflow_status", tag = "integrated",
    params(("operation_id" = String, Query, description = "The operation")),
    responses((status = 200, description = "Its state", body = WorkflowStatus), Refusals))]
async fn workflow_status(
    State(host): State<Arc<Host>>,
    uri: Uri,
) -> Result<Json<WorkflowStatus>, ApiError> {
    let parameters = Parameters::of(SERVICE, &uri)?;
    let Some(text) = parameters.text("operation_id") else {
        return Err(parameters.wrong("operation_id is missing.".to_owned()));
    };
    let operation = super::operations::find(&host, SERVICE, text)?.snapshot();
    Ok(Json(WorkflowStatus {
        operation_id: operation.operation_id,
        status: operation.state,
        stage: operation.stage,
        progress: operation.progress,
        message: operation.message.clone(),
        operation,
    }))
}

async fn make(
    host: &Arc<Host>,
    request: Request,
    endpoint: Option<&'static str>,
) -> Result<Response, ApiError> {
    let wish = Wish::of(SERVICE, request.uri(), request.headers())?;
    let inlined = wants_inline(&Parameters::of(SERVICE, request.uri())?)?;
    let body = read_json(request, host.config.max_body_bytes)
        .await
        .map_err(ApiError::of(SERVICE))?;
    let song: SongRequest = body.into().map_err(ApiError::of(SERVICE))?;
    let kind = match endpoint {
        Some(kind) => kind,
        None => song.endpoint().map_err(ApiError::of(SERVICE))?,
    };
    let song = checked(song, kind).map_err(ApiError::of(SERVICE))?;
    match perform(host, Job::new(SERVICE, kind, &song)?, &wish).await? {
        Outcome::Accepted(response) => Ok(response),
        Outcome::Done { result, id } => answer(host, result, id, inlined).await,
    }
}

fn checked(song: SongRequest, kind: &str) -> Result<SongRequest, Failure> {
    song.kind(kind)?;
    Ok(song.settled()?)
}

fn wants_inline(parameters: &Parameters) -> Result<bool, ApiError> {
    match parameters.text("inline") {
        None => Ok(false),
        Some("base64") => Ok(true),
        Some(other) => Err(parameters.wrong(format!("inline must be base64, not \"{other}\"."))),
    }
}

async fn answer(
    host: &Arc<Host>,
    mut result: Value,
    id: OperationId,
    inlined: bool,
) -> Result<Response, ApiError> {
    if inlined {
        let with_id = |e: ApiError| ApiError {
            operation_id: Some(id),
            ..e
        };
        inline(host, SERVICE, &mut result, ("s3_key", "audio_data"))
            .await
            .map_err(with_id)?;
        inline(
            host,
            SERVICE,
            &mut result,
            ("cover_image_s3_key", "cover_image_data"),
        )
        .await
        .map_err(with_id)?;
        result["storage_mode"] = Value::from("base64");
    }
    Ok(Json(result).into_response())
}
