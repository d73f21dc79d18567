//! The client with which services are asked how they are.

use std::time::Duration;

use songwright_api::HealthCheck;
use songwright_base::config::RemoteService;

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
        // A token would go along to whatever host a redirect names.
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("songwright/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(Error::http("starting the HTTP client"))
}

/// What the service at `base_url` says of itself.
///
/// # Errors
/// [`Error::Http`] where it does not answer, or not as a Songwright service does.
pub(crate) async fn health(client: &reqwest::Client, base_url: &str) -> Result<HealthCheck, Error> {
    ask(client.get(format!("{base_url}/health_check"))).await
}

/// The same of a service that runs elsewhere, which may ask for a key.
///
/// # Errors
/// As [`health`].
pub(crate) async fn health_of(
    client: &reqwest::Client,
    at: &RemoteService,
) -> Result<HealthCheck, Error> {
    let mut request = client.get(format!("{}/health_check", at.url));
    if let Some(key) = &at.key {
        request = request.bearer_auth(key);
    }
    if let Some(token) = &at.modal {
        request = request
            .header("Modal-Key", &token.key)
            .header("Modal-Secret", &token.secret);
    }
    ask(request).await
}

async fn ask(request: reqwest::RequestBuilder) -> Result<HealthCheck, Error> {
    let doing = "asking a service how it is";
    request
        .timeout(PATIENCE)
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map_err(Error::http(doing))?
        .json()
        .await
        .map_err(Error::http(doing))
}
