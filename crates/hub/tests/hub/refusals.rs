use std::sync::Arc;

use songwright_base::{Code, Silent};
use songwright_hub::{Acceptance, Error, Hub};

use crate::desk::{CONFIG, Desk, REPOSITORY, WEIGHTS, weights};

async fn refusal(desk: &Desk, models: &Hub) -> Error {
    let error = models
        .install(&desk.card, None, Acceptance::NotGiven, &Silent)
        .await
        .unwrap_err();
    // Whatever is wrong with one file is known before another is fetched.
    assert!(desk.hub.ranges().is_empty(), "{:?}", desk.hub.ranges());
    assert!(!desk.blob().exists() && !desk.partial().exists());
    error
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named_before_anything_is_fetched() {
    let desk = Desk::new().await;
    desk.hub.take_away(&format!("{REPOSITORY}/{CONFIG}"));
    let error = refusal(&desk, &desk.models(&[])).await;
    assert!(matches!(error, Error::NotOnHub { .. }), "{error}");
    assert!(error.to_string().contains(CONFIG), "{error}");
    assert_eq!(error.code(), Code::BadGateway);
}

#[tokio::test]
async fn a_gated_repository_wants_a_token_and_the_right_one() {
    let desk = Desk::new().await;
    desk.hub.want_token("hf_right");
    let error = refusal(&desk, &desk.models(&[])).await;
    assert!(matches!(error, Error::TokenNeeded { .. }), "{error}");
    let text = error.to_string();
    let page = format!("{}/{REPOSITORY}", desk.hub.endpoint);
    assert!(text.contains("HF_TOKEN") && text.contains(&page), "{text}");

    let error = refusal(&desk, &desk.models(&[("HF_TOKEN", "hf_wrong")])).await;
    assert!(matches!(error, Error::TokenRefused { .. }), "{error}");
    assert!(!error.to_string().contains("hf_wrong"), "{error}");

    let right = desk.models(&[("HF_TOKEN", "hf_right")]);
    right
        .install(&desk.card, None, Acceptance::NotGiven, &Silent)
        .await
        .unwrap();
}

#[tokio::test]
async fn another_file_than_the_cards_is_not_fetched() {
    let desk = Desk::new().await;
    let mut other = desk.weights.clone();
    other[150_000] ^= 1;
    for other in [other, weights(199_999), weights(200_001)] {
        desk.hub.publish(REPOSITORY, WEIGHTS, &other, true);
        let error = refusal(&desk, &desk.models(&[])).await;
        assert!(matches!(error, Error::OtherFile { .. }), "{error}");
        assert!(error.to_string().contains(WEIGHTS), "{error}");
    }
}

#[tokio::test]
async fn too_little_room_is_said_before_anything_is_fetched() {
    const RESERVE_BYTES: u64 = 256 << 20;
    let desk = Desk::new().await;
    let all = (desk.weights.len() + b"{\"layers\": 1}".len() + b"sung once".len()) as u64;
    let with = |free: u64| {
        desk.models(&[])
            .with_free_bytes(Arc::new(move |_| Some(free)))
    };

    let error = refusal(&desk, &with(all + RESERVE_BYTES - 1)).await;
    assert!(matches!(error, Error::NoSpace { .. }), "{error}");
    assert_eq!(error.code().http_status(), 507);
    assert!(error.to_string().contains("HF_HOME"), "{error}");
    let enough = with(all + RESERVE_BYTES);
    enough
        .install(&desk.card, None, Acceptance::NotGiven, &Silent)
        .await
        .unwrap();
}

#[tokio::test]
async fn offline_says_which_file_is_missing() {
    let desk = Desk::new().await;
    let error = refusal(&desk, &desk.models(&[("HF_HUB_OFFLINE", "1")])).await;
    assert!(matches!(error, Error::Offline { .. }), "{error}");
    assert!(error.to_string().contains(WEIGHTS), "{error}");
    assert!(desk.hub.seen().is_empty());
}

#[tokio::test]
async fn a_hub_that_is_not_there_is_named() {
    let mut desk = Desk::new().await;
    // Nobody listens there.
    desk.hub.endpoint = "http://127.0.0.1:9".to_owned();
    let error = refusal(&desk, &desk.models(&[])).await;
    assert!(matches!(error, Error::Line { .. }), "{error}");
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn a_model_or_variant_that_is_not_known_is_answered_with_those_that_are() {
    let desk = Desk::new().await;
    let models = desk.models(&[]);
    let error = models.card("tiny").unwrap_err();
    assert!(error.to_string().contains("ace-step-v1-3.5b"), "{error}");
    assert_eq!(error.code(), Code::NotFound);
    let error = models
        .install(&desk.card, Some("q4"), Acceptance::NotGiven, &Silent)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("original"), "{error}");
}
