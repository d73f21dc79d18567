use std::fs;

use songwright_base::{Silent, Stage};
use songwright_hub::{Acceptance, Error};

use crate::{
    desk::{CONFIG, Desk, NOTES, REPOSITORY, WEIGHTS, Watcher, card, weights},
    fake_hub::Trouble,
};

#[tokio::test]
async fn a_model_comes_whole_into_the_cache_that_all_programs_share() {
    let desk = Desk::new().await;
    let models = desk.models(&[("HF_TOKEN", "hf_me")]);
    let error = models.installed(&desk.card, None).unwrap_err();
    assert!(matches!(error, Error::NotInstalled { .. }), "{error}");
    assert!(
        error.to_string().contains("songwright models install tiny"),
        "{error}"
    );

    let watcher = Watcher::default();
    let installed = models
        .install(&desk.card, None, Acceptance::NotGiven, &watcher)
        .await
        .unwrap();
    assert!(installed.is_verified());
    assert_eq!(
        fs::read(installed.path(WEIGHTS).unwrap()).unwrap(),
        desk.weights
    );
    assert_eq!(installed.path(CONFIG).unwrap(), desk.pointer(CONFIG));
    assert_eq!(installed.folders(), [desk.pointer("")]);
    assert!(installed.path("other.json").is_err());
    assert_eq!(installed.files()[0].tensors[0].shape, [200_000]);

    // As huggingface_hub lays them out.
    let link = fs::read_link(desk.pointer(WEIGHTS)).unwrap();
    assert!(link.starts_with("../../../blobs"), "{link:?}");
    assert!(!desk.partial().exists());
    // A file in git has git's digest as its name.
    let notes = fs::canonicalize(desk.pointer(NOTES)).unwrap();
    assert_eq!(notes.file_name().unwrap().len(), 40);

    let reports = watcher.reports.lock().unwrap();
    let last = reports.last().unwrap();
    assert_eq!((last.stage, last.done), (Stage::Download, last.total));
    assert_eq!(last.total, installed.bytes());

    // The token goes to the hub, and not to where the bytes lie.
    for seen in desk.hub.seen() {
        assert_eq!(seen.authorization.is_none(), seen.is_elsewhere, "{seen:?}");
    }
}

#[tokio::test]
async fn what_is_there_is_not_fetched_and_not_read_again() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    let install = || models.install(&desk.card, None, Acceptance::NotGiven, &Silent);
    install().await.unwrap();
    desk.hub.forget();
    install().await.unwrap();
    let offline = desk.models(&[("HF_HUB_OFFLINE", "1")]);
    offline
        .install(&desk.card, None, Acceptance::NotGiven, &Silent)
        .await
        .unwrap();
    assert!(desk.hub.seen().is_empty(), "{:?}", desk.hub.seen());
}

#[tokio::test]
async fn what_is_in_an_earlier_cache_is_still_there() {
    let desk = Desk::new().await;
    desk.models(&[])
        .install(&desk.card, None, Acceptance::NotGiven, &Silent)
        .await
        .unwrap();
    desk.hub.forget();
    let moved = desk.models_in(&desk.home.path().join("elsewhere"));
    let installed = moved
        .install(&desk.card, None, Acceptance::NotGiven, &Silent)
        .await
        .unwrap();
    assert_eq!(installed.folders(), [desk.pointer("")]);
    assert!(desk.hub.seen().is_empty(), "{:?}", desk.hub.seen());
}

#[tokio::test]
async fn a_branch_is_settled_once_and_noted() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    let text = include_str!("branch.toml");
    let card = songwright_hub::Card::parse(text, "branch.toml").unwrap();
    models
        .install(&card, None, Acceptance::NotGiven, &Silent)
        .await
        .unwrap();
    let noted = fs::read_to_string(desk.repository().join("refs/main")).unwrap();
    assert_eq!(noted, crate::fake_hub::COMMIT);
    assert!(models.installed(&card, None).unwrap().is_verified());
    let asked = desk.hub.seen();
    let asked = asked.iter().filter(|s| s.path.starts_with("api/")).count();
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_repository_that_was_renamed_is_found() {
    let desk = Desk::new().await;
    for (path, bytes, is_large) in [
        (WEIGHTS, &desk.weights[..], true),
        (CONFIG, b"{\"layers\": 1}", false),
        (NOTES, b"sung once", false),
    ] {
        desk.hub.publish("songs/renamed", path, bytes, is_large);
    }
    desk.hub.rename(REPOSITORY, "songs/renamed");
    let models = desk.models(&[("HF_TOKEN", "hf_me")]);
    models
        .install(&desk.card, None, Acceptance::NotGiven, &Silent)
        .await
        .unwrap();
    assert!(desk.pointer(WEIGHTS).is_file());
}

#[tokio::test]
async fn cancelling_stops_at_once_and_keeps_what_has_come() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    let file = format!("{REPOSITORY}/{WEIGHTS}");
    let slow = Trouble::Slow(std::time::Duration::from_millis(300));
    desk.hub.trouble(&file, &[slow]);
    let watcher = Watcher {
        cancel_at: Some(0.3),
        ..Watcher::default()
    };
    let error = models
        .install(&desk.card, None, Acceptance::NotGiven, &watcher)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Cancelled), "{error}");
    let kept = fs::metadata(desk.partial()).unwrap().len();
    assert!(kept > 0 && kept < desk.weights.len() as u64, "{kept}");
    assert!(!desk.blob().exists());
    let opened = models.installed(&desk.card, None).unwrap_err();
    assert!(matches!(opened, Error::NotInstalled { .. }), "{opened}");

    desk.hub.forget();
    let watcher = Watcher::default();
    models
        .install(&desk.card, None, Acceptance::NotGiven, &watcher)
        .await
        .unwrap();
    let [Some(range)] = &desk.hub.ranges()[..] else {
        panic!("{:?}", desk.hub.ranges());
    };
    let start: u64 = range["bytes=".len()..range.len() - 1].parse().unwrap();
    assert!(start >= kept, "{range} {kept}");
    assert_eq!(fs::read(desk.blob()).unwrap(), desk.weights);
    // What the first run fetched is ours too.
    let removed = models.remove(&desk.card, None).unwrap();
    assert_eq!(removed.kept, [""; 0].map(std::path::PathBuf::from));
}

#[tokio::test]
async fn a_licence_is_accepted_once() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    let card = card(&desk.weights, "must_accept = true");
    let error = models
        .install(&card, None, Acceptance::NotGiven, &Silent)
        .await
        .unwrap_err();
    assert_eq!(error.code().http_status(), 403);
    let text = error.to_string();
    assert!(text.contains("https://example.org/terms"), "{text}");
    assert!(text.contains("--accept-licence"), "{text}");
    assert!(desk.hub.seen().is_empty(), "nothing is asked before");

    models
        .install(&card, None, Acceptance::Given, &Silent)
        .await
        .unwrap();
    models.installed(&card, None).unwrap();
    models
        .install(&card, None, Acceptance::NotGiven, &Silent)
        .await
        .unwrap();
    // Files that another program fetched were not agreed to by anybody here.
    fs::remove_dir_all(desk.data_dir()).unwrap();
    let error = models.installed(&card, None).unwrap_err();
    assert!(matches!(error, Error::LicenceNotAccepted { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_installs_at_once_fetch_once() {
    let desk = Desk::new().await;
    let file = format!("{REPOSITORY}/{WEIGHTS}");
    let slow = Trouble::Slow(std::time::Duration::from_millis(30));
    desk.hub.trouble(&file, &[slow, slow]);
    let (one, other) = (desk.models(&[]), desk.models(&[]));
    let watcher = Watcher::default();
    let (a, b) = tokio::join!(
        one.install(&desk.card, None, Acceptance::NotGiven, &Silent),
        other.install(&desk.card, None, Acceptance::NotGiven, &watcher),
    );
    a.unwrap();
    b.unwrap();
    assert_eq!(desk.hub.ranges().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_larger_than_all_buffers_comes_whole() {
    let desk = Desk::with_weights(weights(40 << 20)).await;
    let file = desk.home.path().join("published");
    fs::write(&file, &desk.weights).unwrap();
    desk.hub.publish_file(REPOSITORY, WEIGHTS, &file);
    let models = desk.models(&[]);
    // In a task of its own, as a server would.
    let card = desk.card.clone();
    let installing = tokio::spawn(async move {
        models
            .install(&card, None, Acceptance::NotGiven, &Silent)
            .await
    });
    let installed = installing.await.unwrap().unwrap();
    assert!(fs::read(installed.path(WEIGHTS).unwrap()).unwrap() == desk.weights);
}
