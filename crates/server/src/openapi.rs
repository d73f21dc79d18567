use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use songwright_api::ErrorBody;
use utoipa::{
    IntoResponses,
    openapi::{
        Info, License, OpenApi,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_swagger_ui::SwaggerUi;

use crate::{Serving, routes};

/// Every way in which a request may be refused; all with the same body.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the variants are read by the derive alone")]
pub(crate) enum Refusals {
    #[response(
        status = 400,
        description = "The request breaks a limit or is not of the documented form"
    )]
    BadRequest(ErrorBody),
    #[response(status = 401, description = "The key is missing or wrong")]
    Unauthorized(ErrorBody),
    #[response(
        status = 403,
        description = "The host or origin is not allowed, or the model's licence has to be accepted first"
    )]
    Forbidden(ErrorBody),
    #[response(status = 404, description = "There is no such thing")]
    NotFound(ErrorBody),
    #[response(status = 405, description = "Not with this method")]
    MethodNotAllowed(ErrorBody),
    #[response(status = 408, description = "The operation took too long")]
    Timeout(ErrorBody),
    #[response(
        status = 409,
        description = "The operation was cancelled, or its state does not fit"
    )]
    Conflict(ErrorBody),
    #[response(status = 413, description = "The body is too large")]
    PayloadTooLarge(ErrorBody),
    #[response(status = 415, description = "The body is not JSON")]
    UnsupportedMediaType(ErrorBody),
    #[response(status = 416, description = "The range lies outside the file")]
    RangeNotSatisfiable(ErrorBody),
    #[response(status = 429, description = "The queue is full; see Retry-After")]
    QueueFull(ErrorBody),
    #[response(status = 500, description = "A defect")]
    Internal(ErrorBody),
    #[response(status = 502, description = "A service behind this one failed")]
    BadGateway(ErrorBody),
    #[response(
        status = 503,
        description = "The model is not installed or loading, or the server is closing"
    )]
    Unavailable(ErrorBody),
    #[response(status = 507, description = "Out of memory or disk space")]
    OutOfSpace(ErrorBody),
}

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(ErrorBody)))]
struct Bodies;

/// The document without its paths.
pub(crate) fn frame() -> OpenApi {
    let mut info = Info::new("Songwright", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Describe a song, get the song: lyrics, audio, cover art and tags, made on your own machine.".to_owned(),
    );
    info.license = Some(License::new("MIT OR Apache-2.0"));
    // Responses that are derived refer to their body without bringing it along.
    let mut document = <Bodies as utoipa::OpenApi>::openapi();
    document.info = info;
    document
}

/// Adds what concerns every path.
pub(crate) fn finish(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components
        .security_schemes
        .insert("key".to_owned(), SecurityScheme::Http(bearer).into());
}

/// The OpenAPI 3.1 document of all services in one process, as pretty JSON.
#[must_use]
pub fn openapi() -> String {
    let document = routes::documented(Serving::All).document;
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// The reference page at `/docs`, with everything it needs.
pub(crate) fn reference<S: Clone + Send + Sync + 'static>() -> Router<S> {
    SwaggerUi::new("/docs")
        .config(utoipa_swagger_ui::Config::from("/openapi.json"))
        .into()
}

pub(crate) async fn no_sniffing(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}
