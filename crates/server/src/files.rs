use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures_util::StreamExt as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use songwright_base::{Code, Failure, Service};
use songwright_song::BundleFile;
use songwright_storage::{Error, ObjectKey, Objects};
use tokio_util::io::ReaderStream;

use crate::error::ApiError;

/// A file of the store with its type, and with Range as players ask for it.
pub(crate) async fn send(
    objects: &Objects,
    key: &ObjectKey,
    headers: &HeaderMap,
    service: Service,
) -> Result<Response, ApiError> {
    let failed = |error: Error| ApiError::new(service, error);
    let info = objects.head(key).await.map_err(failed)?;
    let range = match wanted_range(headers, info.bytes) {
        Ok(range) => range,
        Err(failure) => return Ok(beyond(ApiError::new(service, failure), info.bytes)),
    };
    let stream = objects.stream(key, range.clone()).await.map_err(failed)?;
    let (status, length) = match &range {
        None => (StatusCode::OK, info.bytes),
        Some(range) => (StatusCode::PARTIAL_CONTENT, range.end - range.start),
    };
    let mut response = (status, Body::from_stream(stream)).into_response();
    let answer = response.headers_mut();
    answer.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(key.media_type()),
    );
    answer.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    answer.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // A key is never written twice.
    answer.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=31536000, immutable"),
    );
    if let Some(range) = range
        && let Ok(value) = HeaderValue::from_str(&format!(
            "bytes {}-{}/{}",
            range.start,
            range.end - 1,
            info.bytes
        ))
    {
        answer.insert(header::CONTENT_RANGE, value);
    }
    Ok(response)
}

/// 416 with the size, so that a client can ask for what there is.
fn beyond(error: ApiError, bytes: u64) -> Response {
    let mut response = error.into_response();
    if let Ok(size) = HeaderValue::from_str(&format!("bytes */{bytes}")) {
        response.headers_mut().insert(header::CONTENT_RANGE, size);
    }
    response
}

/// The one range that is asked for; several, or a header that is not understood, are the whole
/// file, as RFC 9110 allows.
fn wanted_range(headers: &HeaderMap, bytes: u64) -> Result<Option<std::ops::Range<u64>>, Failure> {
    let Some(text) = headers.get(header::RANGE).and_then(|v| v.to_str().ok()) else {
        return Ok(None);
    };
    let Ok(parsed) = http_range_header::parse_range_header(text) else {
        return Ok(None);
    };
    match parsed.validate(bytes).as_deref() {
        Ok([one]) => Ok(Some(*one.start()..one.end() + 1)),
        Ok(_) => Ok(None),
        Err(_) => Err(Failure::new(
            Code::RangeNotSatisfiable,
            format!("The range \"{text}\" lies outside the file, which has {bytes} bytes."),
        )),
    }
}

/// A bundle, deleted when it is sent or the client goes away.
pub(crate) async fn send_once(bundle: BundleFile) -> Result<Response, Failure> {
    let failed = |e: std::io::Error| Failure::internal("sending a bundle", &e);
    let file = tokio::fs::File::open(&bundle.path).await.map_err(failed)?;
    let bytes = file.metadata().await.map_err(failed)?.len();
    let folder = bundle.folder;
    let stream = ReaderStream::with_capacity(file, 256 * 1024).inspect(move |_| {
        // Lives as long as the stream.
        let _ = folder.path();
    });
    let mut response = Body::from_stream(stream).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/zip"),
    );
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    save_as(&mut response, &bundle.name);
    Ok(response)
}

/// Asks the browser to save the answer as `name`, in any script.
pub(crate) fn save_as(response: &mut Response, name: &str) {
    const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-._ ".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let encoded = utf8_percent_encode(name, &KEPT);
    let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    if let Ok(value) = HeaderValue::from_str(&value) {
        response
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Result<Option<std::ops::Range<u64>>, Code> {
        let headers = HeaderMap::from_iter([(header::RANGE, text.parse().unwrap())]);
        wanted_range(&headers, 100).map_err(|f| f.code)
    }

    #[test]
    fn ranges_as_players_ask_for_them() {
        assert_eq!(range("bytes=0-"), Ok(Some(0..100)));
        assert_eq!(range("bytes=10-19"), Ok(Some(10..20)));
        assert_eq!(range("bytes=-5"), Ok(Some(95..100)));
        assert_eq!(range("bytes=0-1,5-6"), Ok(None));
        assert_eq!(range("songs=1"), Ok(None));
        assert_eq!(range("bytes=100-"), Err(Code::RangeNotSatisfiable));
    }
}
