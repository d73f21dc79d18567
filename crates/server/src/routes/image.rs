use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{StatusCode, Uri},
    response::Response,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use songwright_api::{
    AvailableStyles, CoverImageRequest, CoverImageResponse, DownloadedImage, Drawing, StyleText,
    UploadedImage, Whole,
};
use songwright_base::{Code, Failure, Service, Snapshot};
use songwright_cover::StylePreset;
use songwright_song::cover_request;
use songwright_storage::ObjectKey;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Routes,
    generate::{Endpoint, generate},
};
use crate::{Host, body::read_bytes, error::ApiError, openapi::Refusals, query::Parameters};

const SERVICE: Service = Service::Image;
/// The largest picture that is taken.
const MOST_BYTES: usize = 64 << 20;

pub(super) fn routes() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(generate_cover_image))
        .routes(routes!(get_available_styles))
        .routes(routes!(download_image))
        .routes(routes!(upload_image))
}

/// Draws a cover.
#[utoipa::path(post, path = "/generate_cover_image", tag = "image", request_body = CoverImageRequest,
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "Where the cover is", body = CoverImageResponse),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn generate_cover_image(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Response, ApiError> {
    let endpoint = Endpoint {
        service: SERVICE,
        kind: "generate_cover_image",
    };
    generate(&host, request, endpoint, |r: CoverImageRequest| {
        let seed = i64::try_from(cover_request::check(&r)?.seed.0)
            .ok()
            .map(Whole);
        Ok(CoverImageRequest {
            drawing: Drawing { seed, ..r.drawing },
            ..r
        })
    })
    .await
}

/// The styles that covers come in.
#[utoipa::path(get, path = "/get_available_styles", tag = "image",
    responses((status = 200, description = "The styles", body = AvailableStyles), Refusals))]
async fn get_available_styles() -> Json<AvailableStyles> {
    let text = |preset: StylePreset| StyleText {
        description: preset.text().description.clone(),
        best_for: preset.text().best_for.clone(),
    };
    Json(AvailableStyles {
        available_styles: StylePreset::ALL
            .into_iter()
            .map(|p| (p.name().to_owned(), text(p)))
            .collect(),
        custom_style_supported: true,
        style_mixing_supported: true,
    })
}

/// A cover in base64.
#[utoipa::path(get, path = "/download_image", tag = "image",
    params(("file_key" = String, Query, description = "A key that was answered before")),
    responses((status = 200, description = "The file", body = DownloadedImage), Refusals))]
async fn download_image(
    State(host): State<Arc<Host>>,
    uri: Uri,
) -> Result<Json<DownloadedImage>, ApiError> {
    let parameters = Parameters::of(SERVICE, &uri)?;
    let Some(key) = parameters.text("file_key") else {
        return Err(parameters.wrong("file_key is missing.".to_owned()));
    };
    let not_found = || Failure::new(Code::NotFound, format!("There is no image {key}."));
    let is_png = ObjectKey::parse(key).is_ok_and(|k| k.extension() == "png");
    if !is_png {
        return Err(ApiError::new(SERVICE, not_found()));
    }
    let file = host
        .studio
        .read_file(key)
        .await
        .map_err(ApiError::of(SERVICE))?;
    Ok(Json(DownloadedImage {
        image_data: BASE64_STANDARD.encode(&file),
        file_size: file.len() as u64,
        filename: key.to_owned(),
        format: "PNG".to_owned(),
    }))
}

/// Takes a picture that covers can be drawn over, as `redraw_key`: a PNG or JPEG file with sides of 64 to 4096 pixels. It
/// is kept for a week.
#[utoipa::path(post, path = "/upload_image", tag = "image",
    request_body(content = String, content_type = "image/png"),
    responses((status = 201, description = "What requests call it", body = UploadedImage), Refusals))]
async fn upload_image(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<(StatusCode, Json<UploadedImage>), ApiError> {
    let file = read_bytes(request, MOST_BYTES)
        .await
        .map_err(ApiError::of(SERVICE))?;
    let kept = host.studio.keep_picture(file).await;
    Ok((
        StatusCode::CREATED,
        Json(kept.map_err(ApiError::of(SERVICE))?),
    ))
}
