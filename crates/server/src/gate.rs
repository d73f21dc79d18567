//! Which hosts and origins may talk to the server at all.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use songwright_base::{Code, Failure};

use crate::{Host, error::ApiError};

/// Refuses foreign `Host` names (DNS rebinding) and changes asked for by foreign pages, and
/// answers CORS for the origins that are configured.
pub(crate) async fn check(State(host): State<Arc<Host>>, request: Request, next: Next) -> Response {
    let service = host.serving.at_root();
    let refuse = |detail: &str| {
        ApiError::new(service, Failure::new(Code::Forbidden, detail)).into_response()
    };
    let Some(named) = named_host(&request) else {
        return refuse("The request names no Host.");
    };
    if !host_allowed(&host, &named) {
        return refuse("This server is not known under that Host name. Add it to allowed_hosts.");
    }
    let headers = request.headers();
    let origin = headers.get(header::ORIGIN).cloned();
    let listed = origin.as_ref().filter(|o| is_listed(&host, o)).cloned();
    if request.method() == Method::OPTIONS
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    {
        return match listed {
            Some(origin) => preflight(origin),
            None => refuse("Pages of that origin may not use this server. Add it to cors_origins."),
        };
    }
    let changes = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if changes
        && let Some(origin) = &origin
        && listed.is_none()
        && !same_origin(headers, origin)
    {
        return refuse(
            "Pages of that origin may not change anything here. Add it to cors_origins.",
        );
    }
    let mut response = next.run(request).await;
    if let Some(origin) = listed {
        allow(response.headers_mut(), origin);
    }
    response
}

/// The host's name without its port, in lower case.
fn named_host(request: &Request) -> Option<String> {
    let authority = match request.uri().authority() {
        Some(authority) => authority.as_str().to_owned(),
        None => request
            .headers()
            .get(header::HOST)?
            .to_str()
            .ok()?
            .to_owned(),
    };
    Some(without_port(&authority).to_ascii_lowercase())
}

fn without_port(authority: &str) -> &str {
    if let Some(v6) = authority.strip_prefix('[') {
        return v6.split(']').next().unwrap_or_default();
    }
    authority
        .rsplit_once(':')
        .map_or(authority, |(name, _)| name)
}

/// Names can be made to point anywhere, addresses cannot: on a public bind every address is taken.
fn host_allowed(host: &Host, named: &str) -> bool {
    if named == "localhost" || host.config.allowed_hosts.iter().any(|h| h == named) {
        return true;
    }
    match named.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback() || ip == host.config.host || !host.config.host.is_loopback(),
        Err(_) => false,
    }
}

fn is_listed(host: &Host, origin: &HeaderValue) -> bool {
    origin.to_str().is_ok_and(|o| {
        host.config
            .cors_origins
            .iter()
            .any(|listed| listed.eq_ignore_ascii_case(o))
    })
}

fn same_origin(headers: &HeaderMap, origin: &HeaderValue) -> bool {
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_ascii_lowercase);
    let Some(host) = headers.get(header::HOST).and_then(text) else {
        return false;
    };
    let Some(origin) = text(origin) else {
        return false;
    };
    origin == format!("http://{host}") || origin == format!("https://{host}")
}

fn preflight(origin: HeaderValue) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    allow(headers, origin);
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, HEAD, POST, PATCH, DELETE"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type, range, prefer, last-event-id"),
    );
    headers.insert(
        header::ACCESS_CONTROL_MAX_AGE,
        HeaderValue::from_static("600"),
    );
    response
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "content-range, accept-ranges, content-disposition, location, retry-after",
        ),
    );
    headers.append(header::VARY, HeaderValue::from_static("origin"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_left_out() {
        assert_eq!(without_port("127.0.0.1:8000"), "127.0.0.1");
        assert_eq!(without_port("[::1]:8000"), "::1");
        assert_eq!(without_port("studio.local"), "studio.local");
    }
}
