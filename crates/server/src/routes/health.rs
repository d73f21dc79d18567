use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{Json, extract::State};
use serde_json::{Value, json};
use songwright_api::{DependentService, HealthCheck, ServiceInfo};
use songwright_base::{EngineInfo, Service};
use songwright_cover::StylePreset;
use songwright_engine::{HealthStatus, PlacedEngine};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Routes;
use crate::{Host, openapi::Refusals};

/// Both endpoints of one service. The four pairs differ in the service alone, so the handlers are
/// made by a macro: utoipa documents functions, not closures.
pub(super) fn routes(service: Service) -> Routes {
    match service {
        Service::Lyrics => lyrics::routes(),
        Service::Music => music::routes(),
        Service::Image => image::routes(),
        Service::Integrated => integrated::routes(),
    }
}

macro_rules! endpoints {
    ($module:ident, $service:expr) => {
        mod $module {
            use super::*;

            pub(super) fn routes() -> Routes {
                OpenApiRouter::new().routes(routes!(health_check)).routes(routes!(service_info))
            }

            /// How the service stands, from what last happened.
            #[utoipa::path(get, path = "/health_check", tag = "health",
                operation_id = concat!(stringify!($module), "_health_check"),
                responses((status = 200, description = "Its health", body = HealthCheck), Refusals))]
            async fn health_check(State(host): State<Arc<Host>>) -> Json<HealthCheck> {
                Json(health(&host, $service).await)
            }

            /// What the service can do.
            #[utoipa::path(get, path = "/service_info", tag = "health",
                operation_id = concat!(stringify!($module), "_service_info"),
                responses((status = 200, description = "Its abilities and limits", body = ServiceInfo), Refusals))]
            async fn service_info(State(host): State<Arc<Host>>) -> Json<ServiceInfo> {
                Json(info(&host, $service))
            }
        }
    };
}

endpoints!(lyrics, Service::Lyrics);
endpoints!(music, Service::Music);
endpoints!(image, Service::Image);
endpoints!(integrated, Service::Integrated);

/// An engine of this process, as it stands.
struct Seen {
    info: EngineInfo,
    status: HealthStatus,
    is_loaded: bool,
    last_failure: Option<String>,
}

impl Seen {
    fn of<E: ?Sized + Send + 'static, F>(engine: &PlacedEngine<E, F>) -> Self {
        let health = engine.health();
        Self {
            info: engine.info().clone(),
            status: health.last_runs().status(),
            is_loaded: health.is_loaded(),
            last_failure: health.last_runs().last_failure(),
        }
    }
}

fn engine(host: &Host, service: Service) -> Option<Seen> {
    let studio = &host.studio;
    match service {
        Service::Lyrics => Some(Seen::of(&studio.lyrics.engine())),
        Service::Music => Some(Seen::of(&studio.music.engine())),
        Service::Image => Some(Seen::of(&studio.cover.engine())),
        Service::Integrated => None,
    }
}

async fn health(host: &Host, service: Service) -> HealthCheck {
    let config = host.config.service(service);
    let totals = host.queue.operations().totals(service);
    let dependent = match service {
        Service::Integrated => Some(dependent_services(host).await),
        _ => None,
    };
    let (status, model_loaded, last_failure) = match engine(host, service) {
        Some(seen) => (seen.status, seen.is_loaded, seen.last_failure),
        None => {
            let dependent = dependent.iter().flatten();
            let ill: Vec<_> = dependent
                .filter(|(_, s)| !s.healthy)
                .map(|(name, _)| name.clone())
                .collect();
            let status = match &ill[..] {
                [] => HealthStatus::Healthy,
                ill if ill.iter().any(|name| name == "music") => HealthStatus::Unhealthy,
                _ => HealthStatus::Degraded,
            };
            let loaded = Service::ALL
                .into_iter()
                .any(|s| engine(host, s).is_some_and(|seen| seen.is_loaded));
            let failure = (!ill.is_empty()).then(|| format!("Not healthy: {}.", ill.join(", ")));
            (status, loaded, failure)
        }
    };
    // Files are kept by the operation, not by its engine.
    let whole = host.queue.last_runs(service);
    let (status, last_failure) = if whole.status() > status {
        (whole.status(), whole.last_failure())
    } else {
        (status, last_failure)
    };
    HealthCheck {
        status: status.word().to_owned(),
        model_loaded,
        service_name: service.name().to_owned(),
        service: service.name().to_owned(),
        gpu_type: engine(host, service).map_or_else(|| "cpu".to_owned(), |seen| seen.info.device),
        uptime: host.started.elapsed().as_secs_f64(),
        active_operations: totals.active,
        total_operations: totals.total,
        scaledown_window: config.scaledown_window.as_secs(),
        max_runtime: config.max_runtime.as_secs(),
        timestamp: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs_f64(),
        last_failure,
        dependent_services: dependent,
    }
}

async fn dependent_services(host: &Host) -> BTreeMap<String, DependentService> {
    let look = async |service: Service| {
        let remote = host.remote(service);
        let healthy = match &remote {
            Some(target) => songwright_remote::healthy(target).await,
            None => {
                engine(host, service).is_some_and(|seen| seen.status != HealthStatus::Unhealthy)
            }
        };
        (
            service.word().to_owned(),
            DependentService {
                configured: true,
                url: remote.map(|target| target.base_url),
                healthy,
            },
        )
    };
    let (lyrics, music, image) = tokio::join!(
        look(Service::Lyrics),
        look(Service::Music),
        look(Service::Image)
    );
    BTreeMap::from([lyrics, music, image])
}

fn info(host: &Host, service: Service) -> ServiceInfo {
    let config = host.config.service(service);
    let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let (operations, limits): (&[&str], Value) = match service {
        Service::Lyrics => (
            &[
                "generate_lyrics",
                "generate_prompt",
                "generate_categories",
                "generate_title",
                "revise_lyrics",
                "suggest_rhymes",
                "improve_prompt",
            ],
            json!({"description": [5, 1000], "style": [0, 100], "language": [0, 50],
                   "mood": [0, 100], "instruments": [0, 10], "max_categories": [1, 10],
                   "lyrics": [1, 5000], "sections": [1, 8], "max_rhymes": [1, 50]}),
        ),
        Service::Music => (
            &[
                "generate_music",
                "generate_music_to_storage",
                "generate_demo_music",
            ],
            json!({"prompt": [5, 500], "lyrics": [1, 5000], "audio_duration": [10, 600],
                   "infer_step": [1, 200], "guidance_scale": [1, 30], "seed": [-1, i32::MAX]}),
        ),
        Service::Image => (
            &[
                "generate_cover_image",
                "get_available_styles",
                "download_image",
                "upload_image",
            ],
            json!({"prompt": [5, 500], "style": [0, 100], "width": [256, 1024],
                   "height": [256, 1024], "num_inference_steps": [1, 10], "seed": [0, u32::MAX]}),
        ),
        Service::Integrated => (
            &[
                "generate_from_description",
                "generate_with_lyrics",
                "generate_with_described_lyrics",
                "generate_music",
                "generate",
            ],
            json!({"full_described_song": [5, 1000], "prompt": [5, 500], "lyrics": [10, 5000],
                   "described_lyrics": [5, 1000], "audio_duration": [10, 600],
                   "infer_step": [1, 200], "guidance_scale": [1, 30], "seed": [-1, i32::MAX]}),
        ),
    };
    let is_image = service == Service::Image;
    let is_integrated = service == Service::Integrated;
    let others = [Service::Lyrics, Service::Music, Service::Image];
    ServiceInfo {
        service_name: service.name().to_owned(),
        gpu_type: engine(host, service).map_or_else(|| "cpu".to_owned(), |seen| seen.info.device),
        model_id: engine(host, service).map_or_else(
            || "songwright/orchestration".to_owned(),
            |seen| seen.info.model_id,
        ),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        supported_operations: words(operations),
        limits,
        scaledown_window: config.scaledown_window.as_secs(),
        max_runtime: config.max_runtime.as_secs(),
        max_concurrent_requests: config.max_concurrent_requests as u64,
        storage_mode: host.studio.objects.mode().name().to_owned(),
        supported_styles: is_image.then(|| {
            StylePreset::ALL
                .iter()
                .map(|p| p.name().to_owned())
                .collect()
        }),
        supported_formats: is_image.then(|| words(&["PNG"])),
        image_resolution: is_image.then(|| "256x256 to 1024x1024".to_owned()),
        service_type: is_integrated.then(|| "orchestration".to_owned()),
        supported_workflows: is_integrated.then(|| {
            words(&[
                "generate_from_description",
                "generate_with_lyrics",
                "generate_with_described_lyrics",
            ])
        }),
        dependent_services: is_integrated
            .then(|| others.iter().map(|s| s.word().to_owned()).collect()),
        service_urls: is_integrated.then(|| {
            others
                .iter()
                .map(|s| (s.word().to_owned(), host.remote_url(*s)))
                .collect()
        }),
    }
}
