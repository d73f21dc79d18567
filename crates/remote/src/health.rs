use std::time::Duration;

use crate::{body, client, target::RemoteTarget, wire::Health};

const PATIENCE: Duration = Duration::from_secs(3);
const LIMIT_BYTES: u64 = 1 << 20;

/// Whether the service at `target` says within 3 s that it is not `unhealthy`.
///
/// For `dependent_services`; runs within a tokio runtime, cancel-safe.
pub async fn healthy(target: &RemoteTarget) -> bool {
    tokio::time::timeout(PATIENCE, status(target))
        .await
        .ok()
        .flatten()
        .is_some_and(|status| status != "unhealthy")
}

async fn status(target: &RemoteTarget) -> Option<String> {
    let address = target.address().ok()?;
    let url = address.endpoint(["health_check"]);
    let credentials = address.credentials;
    let (base, token) = (address.base, target.modal.is_some());
    // Over HTTPS it reads the system's certificates.
    let client = tokio::task::spawn_blocking(move || client::client_for(&base, token))
        .await
        .ok()?
        .ok()?;
    let request = client.get(url).headers(credentials);
    let response = request.send().await.ok()?.error_for_status().ok()?;
    let text = body::read(response, LIMIT_BYTES).await.ok()?;
    Some(body::json::<Health>(&text).ok()?.status)
}
