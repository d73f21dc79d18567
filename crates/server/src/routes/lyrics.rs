use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use serde::{Serialize, de::DeserializeOwned};
use songwright_api::{
    CategoriesRequest, CategoriesResponse, ImprovePromptRequest, LyricsRequest, LyricsResponse,
    PromptRequest, PromptResponse, ReviseRequest, RhymesRequest, RhymesResponse, TitleRequest,
    TitleResponse,
};
use songwright_base::{Service, Snapshot};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Routes,
    generate::{Endpoint, generate},
};
use crate::{Host, Settle, error::ApiError, openapi::Refusals};

pub(super) fn routes() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(generate_lyrics))
        .routes(routes!(generate_prompt))
        .routes(routes!(generate_categories))
        .routes(routes!(generate_title))
        .routes(routes!(revise_lyrics))
        .routes(routes!(suggest_rhymes))
        .routes(routes!(improve_prompt))
}

async fn asked<T: DeserializeOwned + Serialize + Settle>(
    host: &Arc<Host>,
    request: Request,
    kind: &'static str,
) -> Result<Response, ApiError> {
    let endpoint = Endpoint {
        service: Service::Lyrics,
        kind,
    };
    generate(host, request, endpoint, |asked: T| Ok(asked.settled()?)).await
}

/// Writes lyrics with section tags.
#[utoipa::path(post, path = "/generate_lyrics", tag = "lyrics", request_body = LyricsRequest,
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The lyrics", body = LyricsResponse),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn generate_lyrics(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Response, ApiError> {
    asked::<LyricsRequest>(&host, request, "generate_lyrics").await
}

/// Writes the tags prompt for a composer.
#[utoipa::path(post, path = "/generate_prompt", tag = "lyrics", request_body = PromptRequest,
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The tags", body = PromptResponse),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn generate_prompt(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Response, ApiError> {
    asked::<PromptRequest>(&host, request, "generate_prompt").await
}

/// Chooses genre categories.
#[utoipa::path(post, path = "/generate_categories", tag = "lyrics", request_body = CategoriesRequest,
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The categories", body = CategoriesResponse),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn generate_categories(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Response, ApiError> {
    asked::<CategoriesRequest>(&host, request, "generate_categories").await
}

/// Names a song.
#[utoipa::path(post, path = "/generate_title", tag = "lyrics", request_body = TitleRequest,
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The title", body = TitleResponse),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn generate_title(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Response, ApiError> {
    asked::<TitleRequest>(&host, request, "generate_title").await
}

/// Changes lyrics that are there: continues them, rewrites a section, fits them to a length, translates
/// them.
#[utoipa::path(post, path = "/revise_lyrics", tag = "lyrics", request_body = ReviseRequest,
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The whole lyrics, changed", body = LyricsResponse),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn revise_lyrics(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Response, ApiError> {
    asked::<ReviseRequest>(&host, request, "revise_lyrics").await
}

/// Finds words that rhyme.
#[utoipa::path(post, path = "/suggest_rhymes", tag = "lyrics", request_body = RhymesRequest,
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "Words that rhyme", body = RhymesResponse),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn suggest_rhymes(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Response, ApiError> {
    asked::<RhymesRequest>(&host, request, "suggest_rhymes").await
}

/// Adds to a tags prompt what it lacks.
#[utoipa::path(post, path = "/improve_prompt", tag = "lyrics", request_body = ImprovePromptRequest,
    params(("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The tags", body = PromptResponse),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn improve_prompt(
    State(host): State<Arc<Host>>,
    request: Request,
) -> Result<Response, ApiError> {
    asked::<ImprovePromptRequest>(&host, request, "improve_prompt").await
}
