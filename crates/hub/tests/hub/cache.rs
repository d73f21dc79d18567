use std::fs;

use sha2::{Digest as _, Sha256};
use songwright_base::{Code, Silent};
use songwright_hub::{Acceptance, Error, Hub, Installed};

use crate::{
    desk::{CONFIG, Desk, NOTES, WEIGHTS, Watcher, flip, weights},
    fake_hub::hex,
};

async fn install(models: &Hub, desk: &Desk) -> Result<Installed, Error> {
    models
        .install(&desk.card, None, Acceptance::NotGiven, &Silent)
        .await
}

/// As another program would leave it.
fn fill(desk: &Desk) {
    let sha256 = |bytes: &[u8]| hex(&Sha256::digest(bytes));
    desk.cache_file(WEIGHTS, &desk.weights, &sha256(&desk.weights));
    let config = b"{\"layers\": 1}";
    desk.cache_file(CONFIG, config, &sha256(config));
    // git hash-object
    desk.cache_file(
        NOTES,
        b"sung once",
        "d9d2a1a0f7ecc4ee9f5c1d8ff7e5a6bfca2a0f0b",
    );
}

#[tokio::test]
async fn what_another_program_fetched_is_used_as_it_is() {
    let desk = Desk::new().await;
    let models = desk.models(&[("HF_HUB_OFFLINE", "1")]);
    fill(&desk);
    let installed = models.installed(&desk.card, None).unwrap();
    assert!(!installed.is_verified());
    assert_eq!(installed.path(WEIGHTS).unwrap(), desk.pointer(WEIGHTS));
    assert!(desk.hub.seen().is_empty());
    assert!(!desk.data_dir().exists(), "looking makes nothing");
}

#[tokio::test]
async fn only_what_is_missing_or_wrong_in_the_cache_is_fetched() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    fill(&desk);
    let watcher = Watcher::default();
    models
        .install(&desk.card, None, Acceptance::NotGiven, &watcher)
        .await
        .unwrap();
    assert!(desk.hub.ranges().is_empty(), "the weights are there");
    let fetched: Vec<_> = desk
        .hub
        .seen()
        .into_iter()
        .filter(|s| s.method == "GET")
        .collect();
    assert_eq!(fetched.len(), 1, "{fetched:?}");
    assert!(fetched[0].path.ends_with(NOTES), "{fetched:?}");
    assert_eq!(fs::read(desk.pointer(NOTES)).unwrap(), b"sung once");
    assert!(models.installed(&desk.card, None).unwrap().is_verified());
}

#[tokio::test]
async fn a_blob_that_came_with_another_revision_is_only_linked() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    fs::create_dir_all(desk.blob().parent().unwrap()).unwrap();
    fs::write(desk.blob(), &desk.weights).unwrap();
    let installed = install(&models, &desk).await.unwrap();
    assert!(installed.is_verified());
    assert!(desk.hub.ranges().is_empty());
}

#[tokio::test]
async fn damage_is_named_when_a_model_is_opened() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    install(&models, &desk).await.unwrap();
    let fault = || {
        let error = models.installed(&desk.card, None).unwrap_err();
        assert_eq!(error.code(), Code::Unavailable);
        let text = error.to_string();
        assert!(text.contains("songwright models install tiny"), "{text}");
        text
    };

    let bytes = fs::read(desk.blob()).unwrap();
    fs::write(desk.blob(), &bytes[..bytes.len() - 1]).unwrap();
    assert!(fault().contains("net/model.safetensors has only"));
    fs::write(desk.blob(), [&bytes[..], &[0]].concat()).unwrap();
    assert!(fault().contains("instead of"));
    let mut head = bytes.clone();
    head[10] = b'\xff';
    fs::write(desk.blob(), head).unwrap();
    assert!(fault().contains("its head is damaged"));
    fs::write(desk.blob(), &bytes).unwrap();
    models.installed(&desk.card, None).unwrap();

    flip(&desk.pointer(CONFIG), 3);
    assert!(fault().contains("config.json is not as published"));
    fs::remove_file(desk.pointer(CONFIG)).unwrap();
    assert!(fault().contains("config.json is missing"));
    desk.hub.forget();
    install(&models, &desk).await.unwrap();
    models.installed(&desk.card, None).unwrap();
    assert!(desk.hub.ranges().is_empty(), "the weights were whole");
}

#[tokio::test]
async fn a_byte_that_changed_inside_the_weights_is_found_by_verify_and_repaired_by_install() {
    let desk = Desk::with_weights(weights(1 << 20)).await;
    let models = desk.models(&[]);
    install(&models, &desk).await.unwrap();
    let watcher = Watcher::default();
    let verified = models.verify(&desk.card, None, &watcher).unwrap();
    assert!(verified.is_verified());
    let last = *watcher.reports.lock().unwrap().last().unwrap();
    assert_eq!(
        (last.done, last.total),
        (verified.bytes(), verified.bytes())
    );

    flip(&desk.blob(), 100_000);
    let opened = models.installed(&desk.card, None).unwrap();
    assert!(!opened.is_verified(), "it was written since");
    let error = models.verify(&desk.card, None, &Silent).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("net/model.safetensors is not as published"),
        "{text}"
    );
    assert!(!text.contains(CONFIG), "{text}");

    desk.hub.forget();
    install(&models, &desk).await.unwrap();
    assert_eq!(desk.hub.ranges(), [None]);
    assert_eq!(fs::read(desk.blob()).unwrap(), desk.weights);
}

#[tokio::test]
async fn verifying_can_be_cancelled() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    install(&models, &desk).await.unwrap();
    let watcher = Watcher {
        cancel_at: Some(0.0),
        ..Watcher::default()
    };
    let error = models.verify(&desk.card, None, &watcher).unwrap_err();
    assert!(matches!(error, Error::Cancelled), "{error}");
}

#[tokio::test]
async fn removing_frees_what_was_fetched_and_leaves_what_others_fetched() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    let config = b"{\"layers\": 1}";
    desk.cache_file(CONFIG, config, &hex(&Sha256::digest(config)));
    install(&models, &desk).await.unwrap();

    let removed = models.remove(&desk.card, None).unwrap();
    assert_eq!(
        removed.freed_bytes,
        (desk.weights.len() + b"sung once".len()) as u64
    );
    assert_eq!(removed.kept, [desk.cache()]);
    assert!(!desk.blob().exists() && !desk.pointer(WEIGHTS).exists());
    assert!(desk.pointer(CONFIG).is_file());
    let error = models.remove(&desk.card, None).unwrap_err();
    assert!(matches!(error, Error::NotInstalled { .. }), "{error}");

    // What a stopped download left goes too.
    fs::write(desk.partial(), [0; 100]).unwrap();
    assert_eq!(models.remove(&desk.card, None).unwrap().freed_bytes, 100);
    assert!(!desk.partial().exists());
}

#[tokio::test]
async fn a_blob_that_another_revision_uses_stays() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    install(&models, &desk).await.unwrap();
    let other = desk.repository().join("snapshots").join("0".repeat(40));
    fs::create_dir_all(&other).unwrap();
    std::os::unix::fs::symlink(desk.blob(), other.join("w.safetensors")).unwrap();
    let removed = models.remove(&desk.card, None).unwrap();
    assert!(desk.blob().exists() && !desk.pointer(WEIGHTS).exists());
    assert!(removed.freed_bytes < 100, "{removed:?}");
}

#[tokio::test]
async fn tensors_that_a_network_needs_are_compared_with_those_that_are_there() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    let installed = install(&models, &desk).await.unwrap();
    let require = |name, shape: &[usize]| installed.require_tensors(WEIGHTS, [(name, shape)]);
    require("w", &[200_000]).unwrap();
    let shape = require("w", &[200_001]).unwrap_err().to_string();
    assert!(
        shape.contains("tensor w has the shape [200000] instead of [200001]"),
        "{shape}"
    );
    let missing = require("v", &[1]).unwrap_err().to_string();
    assert!(missing.contains("tensor v is missing"), "{missing}");
}

#[tokio::test]
async fn files_up_to_a_mebibyte_are_compared_at_each_opening() {
    let head = weights(1_000_000).len() - 1_000_000;
    for (bytes, is_compared) in [((1 << 20) - head, true), ((1 << 20) - head + 1, false)] {
        let desk = Desk::with_weights(weights(bytes)).await;
        assert_eq!(desk.weights.len() == 1 << 20, is_compared);
        let models = desk.models(&[]);
        install(&models, &desk).await.unwrap();
        flip(&desk.blob(), 500_000);
        assert_eq!(models.installed(&desk.card, None).is_err(), is_compared);
    }
}
