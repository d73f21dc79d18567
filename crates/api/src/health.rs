use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a service that another depends on stands.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct DependentService {
    /// Whether there is one: in this process, or by its URL.
    pub configured: bool,
    /// Its base URL; null where it runs in this process.
    pub url: Option<String>,
    /// Whether it can be used now.
    pub healthy: bool,
}

/// What `GET /health_check` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct HealthCheck {
    /// `healthy`, `degraded` or `unhealthy`, from what last happened.
    pub status: String,
    /// Whether an engine is loaded now.
    pub model_loaded: bool,
    /// The service's name.
    pub service_name: String,
    /// The same.
    pub service: String,
    /// What computes.
    pub gpu_type: String,
    /// Seconds since the start.
    pub uptime: f64,
    /// Waiting or running.
    pub active_operations: u64,
    /// Since the start.
    pub total_operations: u64,
    /// Idle seconds before the model is unloaded.
    pub scaledown_window: u64,
    /// Seconds after which an operation is stopped.
    pub max_runtime: u64,
    /// Seconds since 1970.
    pub timestamp: f64,
    /// What failed last, where the last command failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
    /// Of the integrated service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependent_services: Option<BTreeMap<String, DependentService>>,
}

/// What `GET /service_info` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ServiceInfo {
    /// The service's name.
    pub service_name: String,
    /// What computes.
    pub gpu_type: String,
    /// The engine's model id.
    pub model_id: String,
    /// The program's version.
    pub version: String,
    /// The endpoints that make something.
    pub supported_operations: Vec<String>,
    /// Limits by field: `[least, most]`.
    #[schema(value_type = Object)]
    pub limits: serde_json::Value,
    /// Idle seconds before the model is unloaded.
    pub scaledown_window: u64,
    /// Seconds after which an operation is stopped.
    pub max_runtime: u64,
    /// Operations at work at the same time.
    pub max_concurrent_requests: u64,
    /// `local` or `s3`.
    pub storage_mode: String,
    /// Of the cover service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supported_styles: Option<Vec<String>>,
    /// Of the cover service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supported_formats: Option<Vec<String>>,
    /// Of the cover service: "256x256 to 1024x1024".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_resolution: Option<String>,
    /// Of the integrated service: `orchestration`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_type: Option<String>,
    /// Of the integrated service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supported_workflows: Option<Vec<String>>,
    /// Of the integrated service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependent_services: Option<Vec<String>>,
    /// Of the integrated service; null where a service runs in this process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_urls: Option<BTreeMap<String, Option<String>>>,
}
