use reqwest::{Method, header};
use songwright_base::Service;

use super::{MAX_BODY_BYTES, probe::Probe};
use crate::services::endpoints;

/// Sends what must be refused.
pub(super) async fn provoke_all(probe: &mut Probe) {
    let (path, field) = match probe.service {
        Service::Lyrics => ("/generate_lyrics", "description"),
        Service::Music => ("/generate_music", "prompt"),
        Service::Image => ("/generate_cover_image", "prompt"),
        Service::Integrated => ("/generate_from_description", "full_described_song"),
    };
    for (what, body, status) in [
        ("4 characters", format!("{{\"{field}\": \"four\"}}"), 400),
        ("a number for a text", format!("{{\"{field}\": 5}}"), 400),
        ("nothing that is asked for", "{}".to_owned(), 400),
        ("no JSON", "{".to_owned(), 400),
        ("a body too large", " ".repeat(MAX_BODY_BYTES + 1), 413),
    ] {
        let request = probe
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        probe
            .refused(&format!("POST {path}, {what}"), request, status)
            .await;
    }
    let request = probe
        .request(Method::POST, path)
        .header(header::CONTENT_TYPE, "text/plain")
        .body("{}");
    probe
        .refused(&format!("POST {path}, not called JSON"), request, 415)
        .await;

    for endpoint in endpoints(probe.service) {
        let (wrong, name) = match endpoint.method {
            "POST" => (Method::GET, "GET"),
            _ => (Method::POST, "POST"),
        };
        let path = endpoint.path.replace("{key}", "no-such-file.wav");
        let request = probe.request(wrong, &path);
        probe
            .refused(&format!("{name} {}", endpoint.path), request, 405)
            .await;
    }

    for (what, path, of) in [
        ("no such endpoint", "/no_such_endpoint", None),
        (
            "no such file",
            "/download_image?file_key=no-such-file.png",
            Some(Service::Image),
        ),
        (
            "a key with ..",
            "/download_image?file_key=..%2F..%2Fetc%2Fpasswd",
            Some(Service::Image),
        ),
        (
            "a path for a key",
            "/download_image?file_key=%2Fetc%2Fpasswd",
            Some(Service::Image),
        ),
        (
            "no such file",
            "/files/no-such-file.wav",
            Some(Service::Integrated),
        ),
        (
            "no such operation",
            "/workflow_status?operation_id=00000000-0000-4000-8000-000000000000",
            Some(Service::Integrated),
        ),
    ] {
        if of.is_none_or(|of| of == probe.service) {
            let short = path.split('?').next().unwrap_or(path);
            let request = probe.request(Method::GET, path);
            probe
                .refused(&format!("GET {short}, {what}"), request, 404)
                .await;
        }
    }
}
