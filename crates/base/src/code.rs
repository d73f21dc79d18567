use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The closed set of failures that a client can tell apart.
///
/// Every crate's error enum maps to one of these; [`Code::http_status`] is the only place where
/// they become HTTP.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request breaks a documented limit or is not of the documented form.
    BadRequest,
    /// A key is required and none, or a wrong one, was sent.
    Unauthorized,
    /// The request comes from a host or origin that is not allowed, or the model's licence has to be accepted first.
    Forbidden,
    /// No such endpoint, operation, song or file.
    NotFound,
    /// The endpoint exists, but not with this HTTP method.
    MethodNotAllowed,
    /// The operation ran past its deadline.
    Timeout,
    /// The operation was cancelled, or what was asked no longer fits its state.
    Conflict,
    /// The request body is larger than the server takes.
    PayloadTooLarge,
    /// The body is not JSON by its `Content-Type`.
    UnsupportedMediaType,
    /// The requested byte range lies outside the file.
    RangeNotSatisfiable,
    /// As many operations are waiting as the queue takes.
    QueueFull,
    /// A defect, or a failure of the machine that has no code of its own.
    Internal,
    /// A service that this one depends on failed.
    BadGateway,
    /// The model is not installed or still loading, or the service is shutting down.
    Unavailable,
    /// The device ran out of memory.
    OutOfMemory,
    /// The disk or the object store is full.
    StorageFull,
}

impl Code {
    /// The HTTP status of this code.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Timeout => 408,
            Self::Conflict => 409,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::RangeNotSatisfiable => 416,
            Self::QueueFull => 429,
            Self::Internal => 500,
            Self::BadGateway => 502,
            Self::Unavailable => 503,
            Self::OutOfMemory | Self::StorageFull => 507,
        }
    }
}
