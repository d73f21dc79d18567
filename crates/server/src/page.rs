use axum::{
    http::{HeaderValue, StatusCode, Uri, header},
    response::{Html, IntoResponse as _, Response},
};
use rust_embed::RustEmbed;

/// The built page; empty where Node was absent when the program was built.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../ui/dist"]
#[allow_missing = true]
struct Built;

const NOT_BUILT: &str = include_str!("page_not_built.html");

const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
    style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// A file of the page, or the page itself for `/`; `None` for what it does not have.
pub(crate) fn file(uri: &Uri) -> Option<Response> {
    let path = uri.path().trim_start_matches('/');
    if path.is_empty() || path == "index.html" {
        return Some(index());
    }
    let found = Built::get(path)?;
    let kind = HeaderValue::from_static(media_type(path));
    let mut response = found.data.into_owned().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    if path.starts_with("assets/") {
        // Their names hold a hash of their content.
        response.headers_mut().insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        );
    }
    Some(response)
}

fn index() -> Response {
    index_of(Built::get("index.html").map(|page| page.data.into_owned()))
}

/// The page, or where it was not built the one command that builds it.
fn index_of(page: Option<Vec<u8>>) -> Response {
    let mut response = match page {
        Some(page) => Html(page).into_response(),
        None => (StatusCode::OK, Html(NOT_BUILT)).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    response
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" | "webmanifest" => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn where_the_page_was_not_built_the_one_command_is_said() {
        let answer = index_of(None);
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(
            answer
                .headers()
                .contains_key(header::CONTENT_SECURITY_POLICY)
        );
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("cargo xtask ui"), "{body}");
        let readme = include_str!("../../../README.md");
        for needs in ["Node 20.19 or newer", "cargo xtask ui"] {
            assert!(body.contains(needs) && readme.contains(needs), "{needs}");
        }
    }
}
