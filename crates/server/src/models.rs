//! Models as clients see them, and how they are installed for them.

use std::path::Path;

use serde_json::Value;
use songwright_api as api;
use songwright_base::{Code, Failure, Operation};
use songwright_hub::{Acceptance, Card, CardFile, Digest, Error, Hub, Installed, Variant};

use crate::repository::{Asked, ToInstall};

/// The kind of the operations that install a model.
pub(crate) const INSTALL: &str = "install_model";

/// Every card, with what of it is on this machine. Reads small files.
///
/// # Errors
/// As [`Hub::catalogue`].
pub fn list(hub: &Hub) -> Result<api::ModelList, Error> {
    let catalogue = hub.catalogue()?;
    Ok(api::ModelList {
        models: catalogue.cards.iter().map(|card| one(hub, card)).collect(),
        problems: catalogue.refused.iter().map(ToString::to_string).collect(),
    })
}

/// One card, with what of it is on this machine. Reads small files.
#[must_use]
pub fn one(hub: &Hub, card: &Card) -> api::Model {
    let licence = &card.licence;
    api::Model {
        id: card.id.to_string(),
        title: card.title.clone(),
        family: card.family.clone(),
        service: card.service,
        licence: api::ModelLicence {
            id: licence.id.clone(),
            url: licence.url.clone(),
            must_accept: licence.must_accept,
            summary: licence.summary.clone(),
        },
        variants: card
            .variants()
            .iter()
            .map(|variant| form(hub, card, variant))
            .collect(),
    }
}

fn form(hub: &Hub, card: &Card, variant: &Variant) -> api::ModelVariant {
    let found = hub.installed(card, Some(variant.name.as_str()));
    // A card need not know it; what is here has a size.
    let bytes = found.as_ref().map_or(variant.bytes(), Installed::bytes);
    let (state, problem) = match found {
        Ok(installed) if installed.is_verified() => (api::ModelState::Verified, None),
        Ok(_) => (api::ModelState::Installed, None),
        Err(Error::NotInstalled { .. }) => (api::ModelState::NotInstalled, None),
        Err(error) => (api::ModelState::Unusable, Some(error.to_string())),
    };
    let memory = variant.memory.iter().map(|memory| api::ModelMemory {
        precision: memory.precision.clone(),
        weights_bytes: memory.weights_bytes,
    });
    api::ModelVariant {
        name: variant.name.to_string(),
        title: variant.title.clone(),
        bytes,
        state,
        problem,
        memory: memory.collect(),
        files: variant.files.iter().map(file).collect(),
    }
}

fn file(file: &CardFile) -> api::ModelFile {
    let sha256 = file
        .digest
        .filter(|digest| matches!(digest, Digest::Sha256(_)));
    api::ModelFile {
        repository: file.source.repository.to_string(),
        revision: file.source.revision.to_string(),
        path: file.path.to_string(),
        bytes: file.bytes,
        sha256: sha256.map(|digest| digest.to_string()),
        dtype: file.dtype.clone(),
    }
}

/// The models of a data folder. What the environment says wrongly is no client's fault.
pub(crate) fn hub(data_dir: &Path) -> Result<Hub, Failure> {
    Hub::open(data_dir).map_err(|error| Failure::new(Code::Unavailable, error.to_string()))
}

/// Refuses at once what cannot be installed, before it becomes an operation.
pub(crate) fn check(data_dir: &Path, request: &api::ModelInstall) -> Result<(), Failure> {
    let hub = hub(data_dir)?;
    let asked = Asked::parse(&request.id)?;
    match ToInstall::known(&hub, &asked, request.variant.as_deref())? {
        Some(ToInstall { card, variant }) => {
            Ok(hub.may_install(&card, Some(&variant), acceptance(request))?)
        }
        // What it is, and its terms, the operation learns of the hub.
        None => Ok(()),
    }
}

/// Does what an operation of the kind [`INSTALL`] says; the result is the model.
pub(crate) async fn install(data_dir: &Path, operation: &Operation) -> Result<Value, Failure> {
    let request = api::Body::from_value(operation.snapshot().request)?;
    let request: api::ModelInstall = request.into()?;
    let hub = hub(data_dir)?;
    let asked = Asked::parse(&request.id)?;
    let ToInstall { card, variant } =
        ToInstall::find(&hub, &asked, request.variant.as_deref()).await?;
    hub.install(&card, Some(&variant), acceptance(&request), operation)
        .await?;
    let model = tokio::task::spawn_blocking(move || one(&hub, &card))
        .await
        .map_err(|e| Failure::internal("looking at the model", &e))?;
    serde_json::to_value(&model).map_err(|e| Failure::internal("writing the answer", &e))
}

fn acceptance(request: &api::ModelInstall) -> Acceptance {
    if request.accept_licence == Some(true) {
        Acceptance::Given
    } else {
        Acceptance::NotGiven
    }
}

#[cfg(test)]
mod tests {
    use songwright_hub::HubEnvironment;

    use super::*;

    #[test]
    fn each_card_says_whether_it_is_here() {
        let dir = tempfile::tempdir().unwrap();
        let environment = HubEnvironment::from_vars(|_| None, Some(dir.path().to_owned()));
        let hub = Hub::with_environment(dir.path(), environment.unwrap());
        let list = list(&hub).unwrap();
        assert_eq!(list.problems, [""; 0]);
        let model = list.models.iter().find(|m| m.id == "ace-step-v1-3.5b");
        let [variant] = &model.unwrap().variants[..] else {
            panic!("one variant");
        };
        assert_eq!(variant.state, api::ModelState::NotInstalled);
        assert_eq!(variant.files.len(), 11);
        assert!(variant.files.iter().all(|file| file.sha256.is_some()));
    }
}
