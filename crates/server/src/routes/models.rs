use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State},
    response::Response,
};
use songwright_api::{AdapterList, Model, ModelInstall, ModelList};
use songwright_base::{Failure, Snapshot};
use songwright_hub::Hub;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Routes,
    generate::{Endpoint, generate},
};
use crate::{Host, error::ApiError, models, openapi::Refusals};

pub(super) fn routes() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(one))
        .routes(routes!(install))
        .routes(routes!(adapters))
}

/// The models that there are, and whether they are on this machine.
#[utoipa::path(get, path = "/models", tag = "models", operation_id = "list_models",
    responses((status = 200, description = "Models", body = ModelList), Refusals))]
async fn list(State(host): State<Arc<Host>>) -> Result<Json<ModelList>, ApiError> {
    look(&host, |hub| Ok(models::list(&hub)?)).await
}

/// One model.
#[utoipa::path(get, path = "/models/{id}", tag = "models", operation_id = "get_model",
    params(("id" = String, Path, description = "The model")),
    responses((status = 200, description = "The model", body = Model), Refusals))]
async fn one(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
) -> Result<Json<Model>, ApiError> {
    look(&host, move |hub| Ok(models::one(&hub, &hub.card(&id)?))).await
}

/// Downloads a model and compares every byte with its published digest. What has arrived before is
/// gone on with; the progress is in bytes.
#[utoipa::path(post, path = "/models/{id}/install", tag = "models", operation_id = "install_model",
    request_body = ModelInstall,
    params(("id" = String, Path,
            description = "The model, or a repository of the hub as owner%2Fname@revision"),
        ("async" = Option<bool>, Query, description = "Answer 202 with the operation at once")),
    responses((status = 200, description = "The model, which is installed", body = Model),
        (status = 202, description = "Accepted", body = Snapshot), Refusals))]
async fn install(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let endpoint = Endpoint {
        service: host.serving.at_root(),
        kind: models::INSTALL,
    };
    let data_dir = host.config.data_dir.clone();
    generate(&host, request, endpoint, move |asked: ModelInstall| {
        let asked = ModelInstall { id, ..asked };
        models::check(&data_dir, &asked)?;
        Ok(asked)
    })
    .await
}

/// The LoRA adapters that are here, by the names that `loras` calls them.
#[utoipa::path(get, path = "/adapters", tag = "models", operation_id = "list_adapters",
    responses((status = 200, description = "Adapters", body = AdapterList), Refusals))]
async fn adapters(State(host): State<Arc<Host>>) -> Result<Json<AdapterList>, ApiError> {
    let data_dir = host.config.data_dir.clone();
    tokio::task::spawn_blocking(move || crate::adapters::list(&data_dir))
        .await
        .map_err(|e| Failure::internal("looking at the adapters", &e))
        .map(Json)
        .map_err(ApiError::of(host.serving.at_root()))
}

/// Asks the hub where it may block.
async fn look<T: Send + 'static>(
    host: &Host,
    ask: impl FnOnce(Hub) -> Result<T, Failure> + Send + 'static,
) -> Result<Json<T>, ApiError> {
    let data_dir = host.config.data_dir.clone();
    tokio::task::spawn_blocking(move || ask(models::hub(&data_dir)?))
        .await
        .map_err(|e| Failure::internal("looking at the models", &e))
        .flatten()
        .map(Json)
        .map_err(ApiError::of(host.serving.at_root()))
}
