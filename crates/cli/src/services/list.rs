use serde::Serialize;
use songwright_base::{Service, config::Config};

use super::{Endpoint, endpoints, needs};
use crate::{Error, doctor::loopback, http, print};

/// A service as `list` shows it.
#[derive(Debug, Serialize)]
struct Listed {
    name: &'static str,
    service_name: &'static str,
    needs: Vec<&'static str>,
    /// Where it is looked for.
    url: String,
    /// Whether the configuration names another process for it.
    remote: bool,
    /// What it says of itself; null where nobody answers.
    health: Option<String>,
    endpoints: &'static [Endpoint],
}

/// The four services, and how those that run are.
pub(crate) async fn list(config: &Config, json: bool) -> Result<(), Error> {
    let client = http::client()?;
    let mut listed = Vec::new();
    for service in Service::ALL {
        let remote = config.remote.get(service);
        let here = format!(
            "http://{}",
            std::net::SocketAddr::new(loopback(config.host), config.port)
        );
        let url = match (remote, service) {
            (Some(at), _) => at.url.clone(),
            (None, Service::Integrated) => here,
            (None, other) => format!("{here}/{}", other.word()),
        };
        let health = match remote {
            Some(at) => http::health_of(&client, at).await,
            None => http::health(&client, &url).await,
        };
        // Another program on the port, or another service, is not this one.
        let health = health
            .ok()
            .filter(|health| health.service_name == service.name());
        listed.push(Listed {
            name: service.word(),
            service_name: service.name(),
            needs: needs(service).iter().map(|s| s.word()).collect(),
            url,
            remote: remote.is_some(),
            health: health.map(|health| health.status),
            endpoints: endpoints(service),
        });
    }
    if json {
        return print::json(&listed);
    }
    for service in &listed {
        show(service)?;
    }
    print::line("Start one with `songwright run NAME`, all in one process with `songwright serve`.")
}

fn show(service: &Listed) -> Result<(), Error> {
    print::line(format!("{:<12} {}", service.name, service.service_name))?;
    let needs = match service.needs.as_slice() {
        [] => "nothing".to_owned(),
        needs => needs.join(", "),
    };
    print::line(format!("  needs      {needs}"))?;
    let health = service.health.as_deref().unwrap_or("not running");
    print::line(format!("  at         {} ({health})", service.url))?;
    for (i, endpoint) in service.endpoints.iter().enumerate() {
        let label = if i == 0 { "endpoints" } else { "" };
        print::line(format!(
            "  {label:<10} {:<4} {}",
            endpoint.method, endpoint.path
        ))?;
    }
    print::line("")
}
