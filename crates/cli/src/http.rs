//! The client with which services are asked how they are.

use std::time::Duration;

use songwright_api::HealthCheck;

use crate::Error;

/// A service that does not answer within this time counts as not reachable.
const PATIENCE: Duration = Duration::from_secs(5);

/// A client for short questions.
///
/// # Errors
/// [`Error::Http`] where the system's certificates cannot be read.
pub(crate) fn client() -> Result<reqwest::Client, Error> {
    // The second call finds the first one's provider, which is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(PATIENCE)
        .user_agent(concat!("songwright/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(Error::http("starting the HTTP client"))
}

/// What the service at `base_url` says of itself.
///
/// # Errors
/// [`Error::Http`] where it does not answer, or not as a Songwright service does.
pub(crate) async fn health(client: &reqwest::Client, base_url: &str) -> Result<HealthCheck, Error> {
    let doing = "asking a service how it is";
    client
        .get(format!("{base_url}/health_check"))
        .timeout(PATIENCE)
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map_err(Error::http(doing))?
        .json()
        .await
        .map_err(Error::http(doing))
}
