use std::time::Duration;

use reqwest::{Client, Url, redirect};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Hosts that answer a long request with "ask there again" do so every few minutes.
const REDIRECTS: usize = 20;

/// A client for the service at `base`. With a `token`, whose headers a redirect would carry to
/// any host, it is not led to another one.
///
/// It keeps no idle connections: between two calls nothing would drive them.
pub(crate) fn client_for(base: &Url, token: bool) -> Result<Client, reqwest::Error> {
    let mut builder = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(0)
        // Finds out that a machine has vanished while its answer is awaited for minutes.
        .tcp_keepalive(Duration::from_secs(30))
        .redirect(redirects(base, token))
        .user_agent(concat!("songwright/", env!("CARGO_PKG_VERSION")));
    // Fails where the process has a provider already, which is then used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    if base.scheme() == "http" {
        // No certificates are read, so that plain HTTP works where the system has none.
        builder = builder.tls_certs_only([]);
    }
    if is_this_machine(base) {
        builder = builder.no_proxy();
    }
    builder.build()
}

fn redirects(base: &Url, token: bool) -> redirect::Policy {
    if !token {
        return redirect::Policy::limited(REDIRECTS);
    }
    let home = base.host_str().map(str::to_owned);
    redirect::Policy::custom(move |attempt| {
        let stays = attempt.url().host_str() == home.as_deref();
        if stays && attempt.previous().len() <= REDIRECTS {
            attempt.follow()
        } else {
            attempt.stop()
        }
    })
}

fn is_this_machine(url: &Url) -> bool {
    let host = url
        .host_str()
        .unwrap_or_default()
        .trim_start_matches('[')
        .trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_told_apart() {
        for (url, here) in [
            ("http://localhost:8000", true),
            ("http://127.0.0.2", true),
            ("http://[::1]:8000/music", true),
            ("http://10.0.0.1", false),
            ("https://localhost.example.org", false),
        ] {
            assert_eq!(is_this_machine(&Url::parse(url).unwrap()), here, "{url}");
        }
    }

    #[test]
    fn clients_for_both_schemes_are_made() {
        for url in ["http://localhost:8000", "https://songs.example.org"] {
            assert!(
                client_for(&Url::parse(url).unwrap(), false).is_ok(),
                "{url}"
            );
        }
    }
}
