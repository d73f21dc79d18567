use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use songwright_api::ErrorBody;
use songwright_base::{Failure, OperationId, Service};

/// A failure on its way to a client.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) failure: Failure,
    pub(crate) operation_id: Option<OperationId>,
    pub(crate) service: Service,
    /// What was made before the failure.
    pub(crate) partial: Option<Box<serde_json::Value>>,
}

impl ApiError {
    pub(crate) fn new(service: Service, failure: impl Into<Failure>) -> Self {
        Self {
            failure: failure.into(),
            operation_id: None,
            service,
            partial: None,
        }
    }

    /// For `map_err`.
    pub(crate) fn of<E: Into<Failure>>(service: Service) -> impl Fn(E) -> Self {
        move |error| Self::new(service, error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let code = self.failure.code;
        let status =
            StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = ErrorBody {
            detail: self.failure.detail,
            status_code: status.as_u16(),
            operation_id: self.operation_id,
            service: self.service,
            code,
            partial: self.partial.map(|partial| *partial),
        };
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = self.failure.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
