use std::sync::Arc;

use axum::{Json, extract::State, http::Uri};
use songwright_api::Heard;
use songwright_base::{Service, length_between};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Routes;
use crate::{Host, error::ApiError, openapi::Refusals, query::Parameters};

pub(super) fn routes() -> Routes {
    OpenApiRouter::new().routes(routes!(hear))
}

/// What the built-in engines hear in a description.
#[utoipa::path(get, path = "/hear", tag = "lyrics",
    params(("description" = String, Query, description = "At most 1000 characters")),
    responses((status = 200, description = "What was heard", body = Heard), Refusals))]
async fn hear(State(_): State<Arc<Host>>, uri: Uri) -> Result<Json<Heard>, ApiError> {
    let parameters = Parameters::of(Service::Lyrics, &uri)?;
    let Some(text) = parameters.text("description") else {
        return Err(parameters.wrong("description is missing.".to_owned()));
    };
    let text =
        length_between("description", text, 1..=1000).map_err(ApiError::of(Service::Lyrics))?;
    let heard = songwright_sketch::lyrics::hear(&text);
    Ok(Json(Heard {
        genre: heard.genre,
        bpm: heard.bpm.map(f64::from),
        key: heard.key,
        voice: heard.voice,
        instruments: heard.instruments,
        moods: heard.moods,
        themes: heard.themes,
        not_understood: heard.not_understood,
    }))
}
