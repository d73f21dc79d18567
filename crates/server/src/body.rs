use axum::{
    body::Body as HttpBody,
    extract::{FromRequest, Request},
    http::header,
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use songwright_api::Body;
use songwright_base::{Code, Failure};

/// A JSON body, read up to the size limit, or the reason why it is none.
///
/// The rejection carries no service: the route that reads it knows its own.
pub(crate) async fn read_json(request: Request<HttpBody>, most: usize) -> Result<Body, Failure> {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence != "application/json"
        && !(essence.starts_with("application/") && essence.ends_with("+json"))
    {
        return Err(Failure::new(
            Code::UnsupportedMediaType,
            "Send the body as JSON with the header Content-Type: application/json.",
        ));
    }
    Body::read(&read_bytes(request, most).await?)
}

/// A body of any kind up to `most` bytes.
pub(crate) async fn read_bytes(
    request: Request<HttpBody>,
    most: usize,
) -> Result<bytes::Bytes, Failure> {
    let too_large = || {
        Failure::new(
            Code::PayloadTooLarge,
            format!("The body is larger than the {most} bytes that are taken. Shorten it."),
        )
    };
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse::<u64>().ok());
    if announced.is_some_and(|n| n > most as u64) {
        return Err(too_large());
    }
    match Limited::new(request.into_body(), most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(Failure::new(
            Code::BadRequest,
            "The body ended before it was complete.",
        )),
    }
}

/// Waits for the body of a request that needs none, so that it does not stay in the connection.
pub(crate) struct NoBody;

impl<S: Sync> FromRequest<S> for NoBody {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        let _ = Limited::new(request.into_body(), 64 * 1024).collect().await;
        Ok(Self)
    }
}
