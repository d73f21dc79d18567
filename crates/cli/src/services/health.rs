use std::net::SocketAddr;

use songwright_base::{Code, Failure, config::Config};

use crate::{Error, doctor::loopback, http, print};

/// Prints what a service says of its health; fails unless that is "healthy" or "degraded".
pub(crate) async fn health(config: &Config, url: Option<String>) -> Result<(), Error> {
    let here = SocketAddr::new(loopback(config.host), config.port);
    let url = url.unwrap_or_else(|| format!("http://{here}"));
    let health = http::health(&http::client()?, url.trim_end_matches('/')).await?;
    print::line(&health.status)?;
    if health.status == "unhealthy" {
        let why = health
            .last_failure
            .unwrap_or_else(|| "no cause is known".to_owned());
        return Err(Failure::new(Code::Unavailable, why).into());
    }
    Ok(())
}
