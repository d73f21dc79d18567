use songwright_base::{Service, Silent};
use songwright_hub::{Acceptance, Error, Form, Hub, Listing, Repository};

use crate::{
    desk::{CONFIG, Desk, NOTES, REPOSITORY, WEIGHTS},
    fake_hub::COMMIT,
};

fn repository() -> Repository {
    REPOSITORY.parse().unwrap()
}

async fn listed(models: &Hub) -> Result<Listing, Error> {
    models.list(&repository(), &"main".parse().unwrap()).await
}

fn form(name: &str, paths: &[&str]) -> Form {
    Form {
        name: name.to_owned(),
        title: name.to_owned(),
        files: paths.iter().map(|path| path.parse().unwrap()).collect(),
    }
}

#[tokio::test]
async fn a_repository_that_no_card_describes_becomes_one_and_goes_with_its_model() {
    let desk = Desk::new().await;
    desk.hub.describe(REPOSITORY, r#"{"license": "mit"}"#);
    let models = desk.models(&[]);
    let listing = listed(&models).await.unwrap();
    assert_eq!(listing.commit().as_str(), COMMIT);
    let files = listing
        .files()
        .iter()
        .map(|file| (file.path.as_str(), file.bytes));
    let sizes = [13, desk.weights.len() as u64, 9].map(Some);
    let wanted = [CONFIG, WEIGHTS, NOTES].into_iter().zip(sizes);
    assert_eq!(files.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
    let beginning = models.beginning(&listing, CONFIG, 5).await.unwrap();
    assert_eq!(beginning, b"{\"lay");
    let whole = models.beginning(&listing, NOTES, 100).await.unwrap();
    assert_eq!(whole, b"sung once");
    let missing = models.beginning(&listing, "other", 5).await.unwrap_err();
    assert!(matches!(missing, Error::NotOnHub { .. }), "{missing}");

    let forms = [form("all", &[CONFIG, WEIGHTS]), form("text", &[NOTES])];
    let card = models
        .keep_card(&listing, ("tiny", Service::Music), &forms)
        .unwrap();
    assert_eq!(card.licence.id, "MIT");
    for name in ["songs--tiny", REPOSITORY] {
        assert_eq!(models.card(name).unwrap().id, card.id);
    }
    for variant in ["all", "text"] {
        let installed = models
            .install(&card, Some(variant), Acceptance::NotGiven, &Silent)
            .await
            .unwrap();
        assert!(installed.is_verified());
    }
    // The large file's digest is the list's, and another one is refused.
    let weights = &card.variants()[0].files[1];
    assert_eq!(
        weights.digest.map(|d| d.to_string()).as_deref(),
        desk.blob().file_name().unwrap().to_str()
    );
    for (variant, is_left) in [("all", true), ("text", false)] {
        models.remove(&card, Some(variant)).unwrap();
        assert_eq!(models.card(REPOSITORY).is_ok(), is_left, "{variant}");
    }
    assert!(!desk.pointer(WEIGHTS).exists());
}

#[tokio::test]
async fn a_card_that_somebody_wrote_is_left_as_it_is() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    let listing = listed(&models).await.unwrap();
    let forms = [form("all", &[CONFIG])];
    let keep = || models.keep_card(&listing, ("tiny", Service::Music), &forms);
    keep().unwrap();
    let path = desk.data_dir().join("models/cards/songs--tiny.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let mine = text.split_once('\n').unwrap().1;
    std::fs::write(&path, mine).unwrap();
    let error = keep().unwrap_err();
    assert!(matches!(error, Error::CardTwice { .. }), "{error}");
    let card = models.card(REPOSITORY).unwrap();
    models
        .install(&card, None, Acceptance::Given, &Silent)
        .await
        .unwrap();
    models.remove(&card, None).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), mine);
}

#[tokio::test]
async fn a_repository_that_cannot_be_seen_is_told_from_one_that_may_not_be() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    let nothing = "songs/nothing".parse().unwrap();
    let error = models
        .list(&nothing, &"main".parse().unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NoRepository { .. }), "{error}");
    assert!(error.to_string().contains("songs/nothing"), "{error}");
    let offline = desk.models(&[("HF_HUB_OFFLINE", "1")]);
    let error = listed(&offline).await.unwrap_err();
    assert!(matches!(error, Error::Offline { .. }), "{error}");
    desk.hub.want_token("hf_right");
    let error = listed(&models).await.unwrap_err();
    assert!(matches!(error, Error::TokenNeeded { .. }), "{error}");
    let right = desk.models(&[("HF_TOKEN", "hf_right")]);
    assert!(listed(&right).await.is_ok());
    let error = right
        .list(&nothing, &"main".parse().unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NoRepository { .. }), "{error}");
}
