use std::time::{Duration, Instant};

use serde_json::json;
use songwright_base::Service;
use songwright_remote::healthy;

use crate::{
    server::{Reply, Server, dying_after},
    targets::target,
};

fn is_healthy(url: &str, key: Option<&str>) -> bool {
    let mut target = target(Service::Music, url);
    target.key = key.map(str::to_owned);
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(healthy(&target))
}

#[test]
fn health_is_what_the_service_says() {
    for (status, word, want) in [
        (200, "healthy", true),
        (200, "degraded", true),
        (200, "unhealthy", false),
        (503, "healthy", false),
    ] {
        let server = Server::saying(status, json!({"status": word}));
        assert_eq!(
            is_healthy(&format!("{}/music", server.url()), Some("k")),
            want,
            "{status} {word}"
        );
        let asked = server.asked();
        assert_eq!(
            (asked[0].method.as_str(), asked[0].path.as_str()),
            ("GET", "/music/health_check")
        );
        assert_eq!(asked[0].authorization.as_deref(), Some("Bearer k"));
    }
    let server = Server::saying(200, json!({"ok": true}));
    assert!(!is_healthy(&server.url(), None));
    assert!(!is_healthy(&dying_after("HTTP/1.1 200"), None));
    assert!(!is_healthy("not a url", None));
}

#[test]
fn a_service_that_hangs_is_not_healthy_after_three_seconds() {
    let server = Server::start(|_, _| Reply::Hang);
    let start = Instant::now();
    assert!(!is_healthy(&server.url(), None));
    let took = start.elapsed();
    assert!(
        (Duration::from_secs(3)..Duration::from_secs(10)).contains(&took),
        "{took:?}"
    );
}
