use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use songwright_api::SessionResponse;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Routes;
use crate::{
    Host,
    key::{COOKIE, Kind, MEDIA, SESSION},
    openapi::Refusals,
};

pub(super) fn routes() -> Routes {
    OpenApiRouter::new().routes(routes!(open))
}

/// Exchanges the key for a browser's session.
#[utoipa::path(post, path = "/session", tag = "session", operation_id = "open_session",
    responses((status = 200, description = "The session's cookie is set", body = SessionResponse), Refusals))]
async fn open(State(host): State<Arc<Host>>, _: crate::body::NoBody) -> Response {
    let session = host.sessions.issue(Kind::Session, SESSION);
    let body = SessionResponse {
        media_token: host.sessions.issue(Kind::Media, MEDIA),
        expires_in_s: MEDIA.as_secs(),
    };
    let mut response = Json(body).into_response();
    let cookie = format!(
        "{COOKIE}={session}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}",
        SESSION.as_secs()
    );
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}
