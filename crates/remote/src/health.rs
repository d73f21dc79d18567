use std::time::Duration;

use reqwest::header::AUTHORIZATION;

use crate::{
    body, client,
    target::{base_url, bearer, extended},
    wire::Health,
};

const PATIENCE: Duration = Duration::from_secs(3);
const LIMIT_BYTES: u64 = 1 << 20;

/// Whether the service at `base_url` says within 3 s that it is not `unhealthy`.
///
/// For `dependent_services`; runs within a tokio runtime, cancel-safe.
pub async fn healthy(base: &str, key: Option<&str>) -> bool {
    tokio::time::timeout(PATIENCE, status(base, key))
        .await
        .ok()
        .flatten()
        .is_some_and(|status| status != "unhealthy")
}

async fn status(base: &str, key: Option<&str>) -> Option<String> {
    let base = base_url(base)?;
    let url = extended(&base, ["health_check"]);
    // Over HTTPS it reads the system's certificates.
    let client = tokio::task::spawn_blocking(move || client::client_for(&base))
        .await
        .ok()?
        .ok()?;
    let mut request = client.get(url);
    if let Some(key) = key {
        request = request.header(AUTHORIZATION, bearer(key)?);
    }
    let response = request.send().await.ok()?.error_for_status().ok()?;
    let text = body::read(response, LIMIT_BYTES).await.ok()?;
    Some(body::json::<Health>(&text).ok()?.status)
}
