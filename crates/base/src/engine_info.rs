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

/// Which model an engine runs, as its card says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ModelIdentity {
    /// For people.
    pub name: String,
    /// For clients.
    pub model_id: String,
    /// An SPDX expression.
    pub licence: String,
    /// The start of its weights' digest, where that is known: another one is another model.
    pub digest: Option<String>,
}

impl ModelIdentity {
    /// Who works with it, in a precision on a device.
    #[must_use]
    pub fn engine(&self, precision: &str, device: &str) -> EngineInfo {
        EngineInfo {
            kind: EngineKind::Neural,
            name: self.name.clone(),
            version: match &self.digest {
                Some(digest) => format!("1 ({precision}, {digest})"),
                None => format!("1 ({precision})"),
            },
            model_id: self.model_id.clone(),
            device: device.to_owned(),
            licence: self.licence.clone(),
        }
    }
}
