//! Files that another program fetched, whose licence nobody accepted here.

use std::{fs, os::unix::fs::symlink, path::PathBuf};

use serde_json::{Value, json};
use songwright_tests::{Answer, Server};

use crate::{service::write_card, small};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const COVER: &str = "/image/generate_cover_image";
const SONG: &str = "/generate_from_description";

/// A data folder with the card, and the model's files in the cache that all programs share.
struct Fetched {
    folder: tempfile::TempDir,
    data_dir: PathBuf,
}

impl Fetched {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        fs::create_dir_all(&data_dir).unwrap();
        write_card(&data_dir);
        let repository = folder.path().join("hub/models--songs--small-sdxl");
        fs::create_dir_all(repository.join("snapshots")).unwrap();
        symlink(small(), repository.join("snapshots").join(COMMIT)).unwrap();
        fs::create_dir_all(repository.join("refs")).unwrap();
        fs::write(repository.join("refs/main"), COMMIT).unwrap();
        Self { folder, data_dir }
    }

    fn serve(&self, env: &[(&str, &str)]) -> Server {
        let home = self.folder.path().to_str().unwrap();
        let env = [&[("HF_HOME", home)], env].concat();
        Server::start(&self.data_dir, &env)
    }
}

fn asked() -> Value {
    json!({"prompt": "a quiet harbour", "seed": 5, "num_inference_steps": 1, "width": 256, "height": 256})
}

fn song() -> Value {
    json!({"full_described_song": "a folk song about a harbour", "audio_duration": 10, "cover_size": 256, "seed": 4})
}

/// That a text says both ways to accept the licence of that card, and where it can be read.
fn assert_says_how(text: &str, card: &str) {
    let command = format!("songwright models install {card} --accept-licence");
    let http = format!("POST /models/{card}/install");
    for part in [
        &command,
        &http,
        r#"{"accept_licence": true}"#,
        "https://example.org/terms",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

fn assert_forbidden(answer: &Answer, card: &str) {
    let body = answer.json();
    assert_eq!(answer.status, 403, "{body}");
    assert_eq!(body["code"], "forbidden");
    assert_says_how(body["detail"].as_str().unwrap(), card);
}

#[test]
fn a_cover_of_a_model_whose_licence_was_not_accepted_is_a_403_with_what_to_do() {
    let fetched = Fetched::new();
    let server = fetched.serve(&[("SONGWRIGHT_IMAGE_MODEL", "small-sdxl")]);
    assert_forbidden(&server.post(COVER, &asked()), "small-sdxl");
    // A song is made without it, and says why; another cover for it is refused.
    let made = server.post(SONG, &song());
    assert_eq!(made.status, 200, "{}", made.json());
    let made = made.json();
    let errors = made["errors"].as_array().unwrap();
    assert_says_how(errors[0].as_str().unwrap(), "small-sdxl");
    let path = format!("/songs/{}/cover", made["song_id"].as_str().unwrap());
    assert_forbidden(&server.post(&path, &json!({})), "small-sdxl");
    // Installing without it says the same.
    let install = server.post("/models/small-sdxl/install", &json!({}));
    assert_forbidden(&install, "small-sdxl");
    assert!(server.stop().success());
}

#[test]
fn music_of_such_a_model_is_a_403_too() {
    let fetched = Fetched::new();
    let cards = fetched.data_dir.join("models/cards");
    let card = fs::read_to_string(cards.join("small-sdxl.toml")).unwrap();
    let card = card
        .replace("id = \"small-sdxl\"", "id = \"small-music\"")
        .replace("family = \"sdxl\"", "family = \"ace-step-v1\"")
        .replace("service = \"image\"", "service = \"music\"");
    fs::write(cards.join("small-music.toml"), card).unwrap();
    let server = fetched.serve(&[("SONGWRIGHT_MUSIC_MODEL", "small-music")]);
    assert_forbidden(&server.post(SONG, &song()), "small-music");
    assert!(server.stop().success());
}

#[test]
fn where_no_model_is_named_the_sketch_stands_in_and_says_why() {
    let fetched = Fetched::new();
    let server = fetched.serve(&[]);
    let answer = server.post(COVER, &asked());
    assert_eq!(answer.status, 200, "{}", answer.json());
    let answer = answer.json();
    let note = answer["notes"][0].as_str().unwrap();
    assert!(
        note.starts_with("The built-in sketch drew this cover, because Small SDXL cannot be used"),
        "{note}"
    );
    assert_says_how(note, "small-sdxl");
    assert!(server.stop().success());
}
