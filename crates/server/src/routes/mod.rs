//! Which endpoint is where.

mod files;
mod generate;
mod health;
mod hear;
mod image;
mod integrated;
mod lyrics;
mod models;
mod music;
mod of_song;
mod operations;
mod session;
mod song_cover;
mod songs;
mod take_estimates;
mod takes;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::get,
};
use songwright_base::{Code, Failure, Service};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{Host, Serving, error::ApiError, gate, key, openapi, page};

pub(crate) type Routes = OpenApiRouter<Arc<Host>>;

/// The documented routes.
pub(crate) struct Documented {
    /// What a key is needed for, where there is one.
    locked: Router<Arc<Host>>,
    /// What anybody may ask: whether the service is well.
    open: Router<Arc<Host>>,
    /// What describes both.
    pub(crate) document: OpenApi,
}

/// The routes of all services in one process, or of one service alone.
pub(crate) fn documented(serving: Serving) -> Documented {
    let shared = operations::routes()
        .merge(models::routes())
        .merge(session::routes());
    let services = match serving {
        Serving::All => integrated::routes()
            .merge(songs::routes())
            .merge(song_cover::routes())
            .merge(takes::routes())
            .merge(take_estimates::routes())
            .merge(hear::routes())
            .nest(
                "/lyrics",
                lyrics::routes().merge(health::routes(Service::Lyrics)),
            )
            .nest(
                "/music",
                music::routes().merge(health::routes(Service::Music)),
            )
            .nest(
                "/image",
                image::routes().merge(health::routes(Service::Image)),
            ),
        Serving::One(Service::Lyrics) => lyrics::routes().merge(hear::routes()),
        Serving::One(Service::Music) => music::routes(),
        Serving::One(Service::Image) => image::routes(),
        Serving::One(Service::Integrated) => integrated::routes()
            .merge(songs::routes())
            .merge(song_cover::routes())
            .merge(takes::routes())
            .merge(take_estimates::routes())
            .merge(hear::routes()),
    };
    let (locked, mut document) = OpenApiRouter::with_openapi(openapi::frame())
        .merge(services)
        .merge(shared)
        .merge(files::routes())
        .split_for_parts();
    let (open, described) = health::routes(serving.at_root()).split_for_parts();
    document.merge(described);
    openapi::finish(&mut document);
    Documented {
        locked,
        open,
        document,
    }
}

/// The whole server as a router.
pub fn router(host: &Arc<Host>) -> Router {
    let Documented {
        locked: mut api,
        open,
        document: json,
    } = documented(host.serving);
    if host.serving == Serving::All {
        // The endpoints whose names do not collide with the integrated service's.
        api = api
            .merge(Router::from(lyrics::routes()))
            .merge(Router::from(music::at_root()))
            .merge(Router::from(image::routes()));
    }
    api.route_layer(from_fn_with_state(host.clone(), key::require_key))
        .merge(open)
        .route("/openapi.json", get(move || async move { Json(json) }))
        .merge(openapi::reference())
        .method_not_allowed_fallback(wrong_method)
        .fallback(page_or_404)
        .layer(from_fn(openapi::no_sniffing))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(host.clone(), gate::check))
        .with_state(host.clone())
}

async fn page_or_404(State(host): State<Arc<Host>>, request: Request) -> Response {
    if let Some(response) = page::file(request.uri()) {
        return response;
    }
    let detail = format!(
        "There is nothing at {}. The endpoints are listed at /docs.",
        request.uri().path()
    );
    ApiError::new(host.serving.at_root(), Failure::new(Code::NotFound, detail)).into_response()
}

async fn wrong_method(State(host): State<Arc<Host>>, request: Request) -> Response {
    let detail = format!(
        "{} does not take {}. See /docs.",
        request.uri().path(),
        request.method()
    );
    ApiError::new(
        host.serving.at_root(),
        Failure::new(Code::MethodNotAllowed, detail),
    )
    .into_response()
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    let failure = Failure::new(
        Code::Internal,
        "Something went wrong in the server. The log has the details.",
    );
    ApiError::new(Service::Integrated, failure).into_response()
}
