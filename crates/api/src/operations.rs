use serde::{Deserialize, Serialize};
use songwright_base::{Code, OperationId, OperationState, Service, Snapshot, Stage};
use utoipa::ToSchema;

/// The body of every error.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ErrorBody {
    /// A sentence that a musician can act on.
    pub detail: String,
    /// The HTTP status.
    pub status_code: u16,
    /// The operation, where there is one.
    pub operation_id: Option<OperationId>,
    /// The service that answers.
    pub service: Service,
    /// What a program tells apart.
    pub code: Code,
    /// What was made before the operation failed.
    #[schema(value_type = Option<Object>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<serde_json::Value>,
}

/// What `GET /operations` answers, newest first.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct OperationList {
    /// Newest first.
    pub operations: Vec<Snapshot>,
}

/// An event of `GET /operations/{id}/events`.
#[derive(Clone, Debug, ToSchema)]
pub struct OperationEvent {
    /// `operation`.
    pub event: String,
    /// A number that grows; sent back as `Last-Event-ID`, it leaves out what was seen.
    pub id: String,
    /// The whole operation, a `Snapshot` as JSON.
    pub data: String,
}

/// What `GET /workflow_status` answers.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct WorkflowStatus {
    /// Its name.
    pub operation_id: OperationId,
    /// Where it is in its life.
    pub status: OperationState,
    /// The stage that runs, or ran last.
    pub stage: Option<Stage>,
    /// 0–1.
    pub progress: f64,
    /// One sentence on what happens now.
    pub message: String,
    /// The whole operation.
    pub operation: Snapshot,
}

/// What `POST /session` answers; it also sets the session cookie.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct SessionResponse {
    /// For `?media_token=` on GET requests that cannot carry a header.
    pub media_token: String,
    /// Seconds for which it is good.
    pub expires_in_s: u64,
}
