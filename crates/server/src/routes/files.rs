use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use songwright_storage::ObjectKey;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Routes;
use crate::{Host, error::ApiError, files, openapi::Refusals};

pub(super) fn routes() -> Routes {
    OpenApiRouter::new().routes(routes!(file))
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
