use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which of the three makers an engine comes from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineKind {
    /// A network with downloaded weights, run on this machine.
    Neural,
    /// The embedded default: no model, no network.
    Sketch,
    /// The same service over HTTP.
    Remote,
}

/// What made a result. No result ever carries another engine's.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct EngineInfo {
    /// Which maker.
    pub kind: EngineKind,
    /// For people: "Built-in sketch", "ACE-Step v1 3.5B".
    pub name: String,
    /// The engine's own version; the same request, seed and version give the same bytes.
    pub version: String,
    /// For clients (`model_info`, `model_id`): "songwright/sketch-composer-1".
    pub model_id: String,
    /// What computes: "cpu", "NVIDIA H100 …".
    pub device: String,
    /// SPDX expression of what the engine's data is licensed under.
    pub licence: String,
}
