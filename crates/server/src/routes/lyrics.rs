use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use songwright_api::{
    CategoriesRequest, CategoriesResponse, ImprovePromptRequest, LyricsRequest, LyricsResponse,
    PromptRequest, PromptResponse, ReviseRequest, RhymesRequest, RhymesResponse, TitleRequest,
    TitleResponse, Whole,
};
use songwright_base::{Seed, Service, Snapshot};
use songwright_lyrics::{
    CategoriesParams, ImproveParams, LyricsParams, PromptParams, ReviseParams, RhymesParams,
    TitleParams,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Routes,
    generate::{Endpoint, generate},
};
use crate::{Host, error::ApiError, openapi::Refusals};

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

const fn endpoint(kind: &'static str) -> Endpoint {
    Endpoint {
        service: Service::Lyrics,
        kind,
    }
}

fn drawn(seed: Seed) -> Option<Whole> {
    i64::try_from(seed.0).ok().map(Whole)
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
    generate(
        &host,
        request,
        endpoint("generate_lyrics"),
        |r: LyricsRequest| {
            let seed = drawn(LyricsParams::try_from(&r)?.seed);
            Ok(LyricsRequest { seed, ..r })
        },
    )
    .await
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
    generate(
        &host,
        request,
        endpoint("generate_prompt"),
        |r: PromptRequest| {
            let seed = drawn(PromptParams::try_from(&r)?.seed);
            Ok(PromptRequest { seed, ..r })
        },
    )
    .await
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
    generate(
        &host,
        request,
        endpoint("generate_categories"),
        |r: CategoriesRequest| {
            CategoriesParams::try_from(&r)?;
            Ok(r)
        },
    )
    .await
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
    generate(
        &host,
        request,
        endpoint("generate_title"),
        |r: TitleRequest| {
            let seed = drawn(TitleParams::try_from(&r)?.seed);
            Ok(TitleRequest { seed, ..r })
        },
    )
    .await
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
    generate(
        &host,
        request,
        endpoint("revise_lyrics"),
        |r: ReviseRequest| {
            let seed = drawn(ReviseParams::try_from(&r)?.seed);
            Ok(ReviseRequest { seed, ..r })
        },
    )
    .await
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
    generate(
        &host,
        request,
        endpoint("suggest_rhymes"),
        |r: RhymesRequest| {
            let seed = drawn(RhymesParams::try_from(&r)?.seed);
            Ok(RhymesRequest { seed, ..r })
        },
    )
    .await
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
    generate(
        &host,
        request,
        endpoint("improve_prompt"),
        |r: ImprovePromptRequest| {
            let seed = drawn(ImproveParams::try_from(&r)?.prompt.seed);
            Ok(ImprovePromptRequest { seed, ..r })
        },
    )
    .await
}
