use std::net::{IpAddr, SocketAddr, TcpListener};

use songwright_base::{
    Service,
    config::{Config, RemoteService},
};

use super::Check;
use crate::http;

/// How many further ports `run-all` takes.
const FURTHER: u16 = 3;

/// Ports of this machine, and services on others.
pub(super) async fn checks(config: &Config) -> Vec<Check> {
    let client = match http::client() {
        Ok(client) => client,
        Err(error) => return vec![Check::broken("network", error.to_string())],
    };
    let mut checks = vec![port(&client, config).await];
    checks.extend(further_ports(config));
    for service in Service::ALL {
        if let Some(at) = config.remote.get(service) {
            checks.push(remote(&client, service, at).await);
        }
    }
    checks
}

async fn port(client: &reqwest::Client, config: &Config) -> Check {
    let address = SocketAddr::new(config.host, config.port);
    let Err(error) = TcpListener::bind(address) else {
        return Check::ok("port", format!("{address} is free"));
    };
    let local = SocketAddr::new(loopback(config.host), config.port);
    match http::health(client, &format!("http://{local}")).await {
        Ok(health) => Check::ok(
            "port",
            format!(
                "{address}: a Songwright is running there ({})",
                health.service
            ),
        ),
        Err(_) => Check::broken(
            "port",
            format!(
                "{address} cannot be used ({error}): choose another with --port, or 0 for a free one"
            ),
        ),
    }
}

/// An address under which this machine reaches itself.
pub(crate) fn loopback(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(ip) if ip.is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}

fn further_ports(config: &Config) -> Option<Check> {
    let last = config
        .port
        .checked_add(FURTHER)
        .filter(|_| config.port > 0)?;
    let taken: Vec<String> = (config.port + 1..=last)
        .filter(|port| TcpListener::bind((config.host, *port)).is_err())
        .map(|port| port.to_string())
        .collect();
    Some(if taken.is_empty() {
        Check::ok(
            "run-all ports",
            format!("{}–{last} are free", config.port + 1),
        )
    } else {
        Check::note(
            "run-all ports",
            format!(
                "{} are taken: give `run-all` another --port",
                taken.join(", ")
            ),
        )
    })
}

async fn remote(client: &reqwest::Client, service: Service, at: &RemoteService) -> Check {
    let url = &at.url;
    match http::health_of(client, at).await {
        Ok(health) if health.service_name == service.name() && health.status == "healthy" => {
            Check::ok(service.word(), format!("{url} is healthy"))
        }
        Ok(health) if health.service_name == service.name() => {
            Check::note(service.word(), format!("{url} is {}", health.status))
        }
        Ok(health) => Check::broken(
            service.word(),
            format!(
                "{url} is the {}, not the {}",
                health.service_name,
                service.name()
            ),
        ),
        Err(error) => Check::broken(service.word(), format!("{url}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{args::GlobalArgs, doctor::Verdict, settings::Settings};

    fn config(port: u16, music_url: Option<String>) -> Config {
        let flags = GlobalArgs {
            port: Some(port),
            data_dir: Some("x".into()),
            ..GlobalArgs::default()
        };
        let env = |name: &str| music_url.clone().filter(|_| name == "MUSIC_SERVICE_URL");
        Settings::load(&flags, env).unwrap().config
    }

    #[tokio::test]
    async fn a_port_that_another_program_holds_is_broken() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = held.local_addr().unwrap().port();
        // Nobody accepts and answers: the question ends when the program closes.
        let client = http::client().unwrap();
        let config = config(port, None);
        let asked = super::port(&client, &config);
        let check = tokio::time::timeout(std::time::Duration::from_secs(20), asked)
            .await
            .unwrap();
        assert_eq!(check.verdict, Verdict::Broken, "{}", check.detail);
        drop(held);
        assert_eq!(super::port(&client, &config).await.verdict, Verdict::Ok);
    }

    #[tokio::test]
    async fn a_service_that_does_not_answer_is_named() {
        let gone = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let list = checks(&config(0, Some(format!("http://{gone}")))).await;
        let music = list.iter().find(|c| c.name == "music").unwrap();
        assert_eq!(music.verdict, Verdict::Broken);
        assert!(music.detail.contains(&gone.to_string()), "{}", music.detail);
    }
}
