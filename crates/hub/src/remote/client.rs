use std::time::Duration;

use reqwest::{Client, ClientBuilder, Url, redirect};

use super::Patience;
use crate::Error;

const CONNECT: Duration = Duration::from_secs(10);
const REDIRECTS: usize = 10;

/// One client that follows redirects not at all, and one that does.
pub(super) fn both(endpoint: &Url, patience: &Patience) -> Result<(Client, Client), Error> {
    // Fails where the process has a provider already, which is then used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let make = |policy: fn() -> redirect::Policy| {
        builder(endpoint, patience)
            .redirect(policy())
            .build()
            .or_else(|error| match endpoint.scheme() {
                // Plain HTTP works where the system has no certificates.
                "http" => builder(endpoint, patience)
                    .redirect(policy())
                    .tls_certs_only([])
                    .build(),
                _ => Err(error),
            })
            .map_err(Error::machine("preparing to ask the hub"))
    };
    Ok((
        make(redirect::Policy::none)?,
        make(|| redirect::Policy::limited(REDIRECTS))?,
    ))
}

fn builder(endpoint: &Url, patience: &Patience) -> ClientBuilder {
    let builder = Client::builder()
        .connect_timeout(CONNECT)
        .read_timeout(patience.silence)
        .user_agent(concat!("songwright/", env!("CARGO_PKG_VERSION")));
    if is_this_machine(endpoint) {
        builder.no_proxy()
    } else {
        builder
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let ip = host.parse::<std::net::IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}
