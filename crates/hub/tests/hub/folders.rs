use std::{fs, path::Path};

use songwright_base::Silent;
use songwright_hub::{Acceptance, Error, Hub, Import, ImportBy, Installed};

use crate::desk::{CONFIG, Desk, NOTES, WEIGHTS, card, flip};

fn import(models: &Hub, desk: &Desk, folder: &Path, by: ImportBy) -> Result<Installed, Error> {
    let import = Import {
        folder,
        by,
        acceptance: Acceptance::NotGiven,
    };
    models.import(&desk.card, None, &import, &Silent)
}

#[tokio::test]
async fn a_folder_is_taken_in_where_it_is() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    let folder = desk.folder();
    let installed = import(&models, &desk, &folder, ImportBy::Reference).unwrap();
    assert!(installed.is_verified());
    let folder = fs::canonicalize(folder).unwrap();
    assert_eq!(installed.folders(), [&*folder]);
    assert!(desk.hub.seen().is_empty());

    // There is nothing to fetch.
    let again = models
        .install(&desk.card, None, Acceptance::NotGiven, &Silent)
        .await
        .unwrap();
    assert_eq!(again.folders(), [&*folder]);
    assert!(desk.hub.seen().is_empty());

    // Its notes have no digest in the card: what they were then is what they have to be.
    flip(&folder.join(NOTES), 0);
    let error = models.installed(&desk.card, None).unwrap_err().to_string();
    assert!(
        error.contains(NOTES) && error.contains(&folder.display().to_string()),
        "{error}"
    );
    flip(&folder.join(NOTES), 0);
    models.verify(&desk.card, None, &Silent).unwrap();

    let removed = models.remove(&desk.card, None).unwrap();
    assert_eq!(removed.kept, [&*folder]);
    assert!(folder.join(WEIGHTS).is_file());
    assert!(models.installed(&desk.card, None).is_err());
}

#[tokio::test]
async fn a_folder_that_was_copied_can_go() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    let folder = desk.folder();
    import(&models, &desk, &folder, ImportBy::Copy).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let installed = models.installed(&desk.card, None).unwrap();
    assert!(installed.is_verified());
    let copies = desk.data_dir().join("models/tiny/original");
    assert_eq!(installed.folders(), [&*copies]);
    let removed = models.remove(&desk.card, None).unwrap();
    assert_eq!(removed.freed_bytes, installed.bytes());
    assert!(!copies.exists());
}

#[tokio::test]
async fn a_folder_with_faults_is_not_taken_and_every_fault_is_named() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    let folder = desk.folder();
    flip(&folder.join(WEIGHTS), 100_000);
    let error = import(&models, &desk, &folder, ImportBy::Copy).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("net/model.safetensors is not as published"),
        "{error}"
    );

    fs::remove_file(folder.join(CONFIG)).unwrap();
    let weights = fs::read(folder.join(WEIGHTS)).unwrap();
    fs::write(folder.join(WEIGHTS), &weights[..1000]).unwrap();
    let error = import(&models, &desk, &folder, ImportBy::Reference).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("config.json is missing"), "{text}");
    assert!(
        text.contains("model.safetensors has only 1000 of"),
        "{text}"
    );
    assert!(!desk.data_dir().exists());
    assert!(import(&models, &desk, Path::new("no/such"), ImportBy::Copy).is_err());
}

#[tokio::test]
async fn a_licence_is_asked_for_here_too() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    let card = card(&desk.weights, "must_accept = true");
    let folder = desk.folder();
    let with = |acceptance| {
        let import = Import {
            folder: &folder,
            by: ImportBy::Reference,
            acceptance,
        };
        models.import(&card, None, &import, &Silent)
    };
    let error = with(Acceptance::NotGiven).unwrap_err();
    assert!(matches!(error, Error::LicenceNotAccepted { .. }), "{error}");
    with(Acceptance::Given).unwrap();
    models.installed(&card, None).unwrap();
}
