use songwright_base::{EngineInfo, EngineKind};

use crate::{target::Address, wire::Metadata};

/// What is known of the engine behind a service before its first answer.
pub(crate) fn unknown(what: &str, address: &Address) -> EngineInfo {
    EngineInfo {
        kind: EngineKind::Remote,
        name: format!("Remote {what} service"),
        version: "unknown".to_owned(),
        model_id: address.host(),
        device: "unknown".to_owned(),
        // SPDX for "nothing is asserted".
        licence: "NOASSERTION".to_owned(),
    }
}

/// Takes over what an answer says of its engine.
pub(crate) fn learn(info: &mut EngineInfo, metadata: Metadata) {
    let said = |text: Option<String>| text.filter(|t| !t.trim().is_empty());
    if let Some(model) = said(metadata.model_info) {
        info.name.clone_from(&model);
        info.model_id = model;
    }
    if let Some(device) = said(metadata.gpu_type) {
        info.device = device;
    }
}
