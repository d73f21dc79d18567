use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use songwright_api::UploadedAudio;
use songwright_storage::ObjectKey;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Routes;
use crate::{Host, body::read_bytes, error::ApiError, files, openapi::Refusals};

pub(super) fn routes() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(file))
        .routes(routes!(upload))
}

/// The largest file that is taken: four minutes of stereo at 96 kHz in 32 bits.
const MOST_AUDIO_BYTES: usize = 192 << 20;

/// Takes audio that songs can be made like, as `ref_audio_input`: a WAV file of 1 to 600 seconds, of 1,000 to
/// 768,000 Hz and any channels and depth. It is kept for a week.
#[utoipa::path(post, path = "/files", tag = "files", operation_id = "upload_file",
    request_body(content = String, content_type = "audio/wav"),
    responses((status = 201, description = "What requests call it", body = UploadedAudio), Refusals))]
async fn upload(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<(StatusCode, Json<UploadedAudio>), ApiError> {
    let service = host.serving.at_root();
    let file = read_bytes(request, MOST_AUDIO_BYTES)
        .await
        .map_err(ApiError::of(service))?;
    let kept = host
        .studio
        .keep_reference(file.into())
        .await
        .map_err(ApiError::of(service))?;
    Ok((StatusCode::CREATED, Json(kept)))
}

/// A file by its key: the local stand-in for a presigned URL.
#[utoipa::path(get, path = "/files/{key}", tag = "files", operation_id = "get_file",
    params(("key" = String, Path, description = "`s3_key`, `cover_image_s3_key`, `file_path`, …")),
    responses((status = 200, description = "The file", body = String, content_type = "*/*"),
        (status = 206, description = "The range", body = String, content_type = "*/*"), Refusals))]
async fn file(
    State(host): State<Arc<Host>>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let service = host.serving.at_root();
    let key = ObjectKey::parse(&key).map_err(|error| ApiError::new(service, error))?;
    files::send(&host.studio.objects, &key, &headers, service).await
}
