//! The same through the program: over HTTP, and where the model is missing or broken.

use std::{fs, path::Path};

use serde_json::{Value, json};
use songwright_base::LyricSheet;
use songwright_tests::{
    Server, command,
    synthetic_qwen::{small, write_qwen},
};

const ABOUT: &str = "a song about <|im_end|> rain & 'tin' roofs";

/// Requests of each kind; `answers` and `tools` ask for more seeds, in less time.
const SEEDS: u64 = 4;

fn ask(server: &Server, path: &str, body: &Value) -> Value {
    let answer = server.post(path, body);
    assert_eq!(answer.status, 200, "{path} {body}: {}", answer.json());
    answer.json()
}

/// A server whose words are a small model's.
fn with_model() -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().unwrap();
    let model = dir.path().join("model");
    write_qwen(&model, &small(), 5).unwrap();
    let data_dir = dir.path().join("data");
    let server = Server::start(&data_dir, &[("LLM_MODEL_ID", model.to_str().unwrap())]);
    (dir, server)
}

#[test]
fn every_endpoint_is_served_by_the_model() {
    let (_dir, server) = with_model();
    for seed in 0..SEEDS {
        let lyrics = ask(
            &server,
            "/lyrics/generate_lyrics",
            &json!({"description": ABOUT, "audio_duration": 10, "seed": seed}),
        );
        let sheet = LyricSheet::parse(lyrics["lyrics"].as_str().unwrap());
        assert!(sheet.lines().count() == 2, "{lyrics}");
        let tags = ask(
            &server,
            "/lyrics/generate_prompt",
            &json!({"description": ABOUT, "tempo": "92 BPM", "seed": seed}),
        );
        assert!(
            tags["prompt"].as_str().unwrap().contains(", 92 BPM, "),
            "{tags}"
        );
        let words = "[verse]\nRain on the roof\nHold on tonight\n[chorus]\nStay";
        let revised = ask(
            &server,
            "/lyrics/revise_lyrics",
            &json!({"task": "translate", "language": "german", "lyrics": words, "seed": seed}),
        );
        assert_eq!(
            revised["structure_tags"],
            json!(["[verse]", "[chorus]"]),
            "{revised}"
        );
        let rhymes = ask(
            &server,
            "/lyrics/suggest_rhymes",
            &json!({"word": "night", "max_rhymes": 3, "seed": seed}),
        );
        assert_eq!(rhymes["rhymes"].as_array().unwrap().len(), 3, "{rhymes}");
        let better = ask(
            &server,
            "/lyrics/improve_prompt",
            &json!({"prompt": "doom metal, 61 BPM", "seed": seed}),
        );
        let line = better["prompt"].as_str().unwrap();
        assert!(line.starts_with("doom metal, 61 BPM, "), "{line}");
        let categories = ask(
            &server,
            "/lyrics/generate_categories",
            &json!({"description": format!("{ABOUT} {seed}"), "max_categories": 4}),
        );
        let count = categories["categories"].as_array().unwrap().len();
        assert!((3..=4).contains(&count), "{categories}");
        assert_eq!(
            categories["confidence_scores"].as_object().unwrap().len(),
            count
        );
    }
    let song = ask(
        &server,
        "/generate_from_description",
        &json!({"full_described_song": ABOUT, "audio_duration": 10, "cover_size": 256, "seed": 1}),
    );
    assert_eq!(song["errors"], Value::Null, "{song}");
    assert_eq!(song["engines"]["lyrics"]["kind"], "neural", "{song}");
    assert_eq!(song["engines"]["music"]["kind"], "sketch", "{song}");
}

#[test]
fn a_model_that_is_missing_is_503_with_the_command() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let broken = dir.path().join("broken.gguf");
    fs::write(&broken, "GGUF and then nothing").unwrap();
    for (name, said) in [
        ("qwen3-0.6b", "songwright models install qwen3-0.6b"),
        (
            "Qwen/Qwen2-7B-Instruct",
            "songwright models install qwen2-7b-instruct",
        ),
        ("nobody/nothing", "songwright models install nobody/nothing"),
        (broken.to_str().unwrap(), "broken.gguf"),
    ] {
        let server = Server::start(
            &dir.path().join("data"),
            &[
                ("LLM_MODEL_ID", name),
                ("HF_HUB_CACHE", cache.to_str().unwrap()),
            ],
        );
        let answer = server.post("/lyrics/generate_lyrics", &json!({"description": ABOUT}));
        let body = answer.json();
        assert_eq!(answer.status, 503, "{name}: {body}");
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.contains(said), "{name}: {detail}");
        server.kill();
    }
}

#[test]
fn without_a_model_the_sketch_writes_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let server = Server::start(
        &dir.path().join("data"),
        &[("HF_HUB_CACHE", cache.to_str().unwrap())],
    );
    let answer = ask(
        &server,
        "/lyrics/generate_lyrics",
        &json!({"description": "a song about rain"}),
    );
    let info = answer["metadata"]["model_info"].to_string();
    assert!(info.to_lowercase().contains("sketch"), "{answer}");
}

#[test]
fn a_model_that_comes_goes_or_breaks_is_seen_by_the_next_request() {
    let dir = tempfile::tempdir().unwrap();
    let model = dir.path().join("model");
    let data_dir = dir.path().join("data");
    let server = Server::start(&data_dir, &[("LLM_MODEL_ID", model.to_str().unwrap())]);
    let body = json!({"description": ABOUT, "audio_duration": 10});
    let write = || server.post("/lyrics/generate_prompt", &body);
    assert_eq!(write().status, 503);
    write_qwen(&model, &small(), 5).unwrap();
    let made = write();
    assert_eq!(made.status, 200, "{}", made.json());
    let info = made.json()["metadata"]["model_info"].to_string();
    assert!(info.contains("model"), "{info}");
    fs::write(model.join("config.json"), "{}").unwrap();
    let broken = write();
    assert_eq!(broken.status, 503);
    let detail = broken.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("config.json"), "{detail}");
    fs::remove_dir_all(&model).unwrap();
    assert_eq!(write().status, 503);
}

/// Writes a small model and its card, and imports it: `auto` takes it.
fn install(data_dir: &Path, folder: &Path) {
    write_qwen(folder, &small(), 5).unwrap();
    let cards = data_dir.join("models/cards");
    fs::create_dir_all(&cards).unwrap();
    let mut card =
        "id = \"small-qwen\"\ntitle = \"A small Qwen\"\nfamily = \"qwen\"\nservice = \"lyrics\"\n\
                    repository = \"nobody/small-qwen\"\n\
                    revision = \"0000000000000000000000000000000000000001\"\n\
                    [licence]\nid = \"MIT\"\nurl = \"https://opensource.org/license/mit\"\n"
            .to_owned();
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name();
        card += &format!("\n[[file]]\npath = \"{}\"\n", name.to_str().unwrap());
    }
    fs::write(cards.join("small-qwen.toml"), card).unwrap();
    let mut call = command();
    call.arg("--data-dir").arg(data_dir);
    call.args(["models", "import", "small-qwen"]).arg(folder);
    let output = call.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// Damages the configuration of a model wherever below a folder it lies; its size stays.
fn damage(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            damage(&path);
        } else if path.ends_with("config.json") {
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, text.replace("qwen3", "gemma")).unwrap();
        }
    }
}

#[test]
fn every_answer_says_why_the_sketch_stands_in_for_an_installed_model() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("data");
    install(&data_dir, &dir.path().join("checkpoint"));
    let server = Server::start(&data_dir, &[]);
    let words = "[verse]\nRain on the roof\nHold on tonight\n[chorus]\nStay";
    let requests = [
        (
            "generate_lyrics",
            json!({"description": "a song about rain", "audio_duration": 10}),
        ),
        (
            "generate_prompt",
            json!({"description": "a song about rain"}),
        ),
        (
            "generate_categories",
            json!({"description": "a song about rain"}),
        ),
        (
            "generate_title",
            json!({"description": "a song about rain"}),
        ),
        (
            "revise_lyrics",
            json!({"task": "continue", "lyrics": words}),
        ),
        ("suggest_rhymes", json!({"word": "night", "max_rhymes": 3})),
        ("improve_prompt", json!({"prompt": "doom metal, 61 BPM"})),
    ];
    let ask = |path: &str, body| ask(&server, &format!("/lyrics/{path}"), body);
    for (path, body) in &requests {
        let answer = ask(path, body);
        assert_eq!(answer["metadata"]["model_info"], "small-qwen", "{answer}");
        assert_eq!(answer["notes"], Value::Null, "{answer}");
    }
    damage(dir.path());
    for (path, body) in &requests {
        let answer = ask(path, body);
        let info = answer["metadata"]["model_info"].as_str().unwrap();
        assert!(info.contains("sketch"), "{answer}");
        let note = answer["notes"][0].as_str().unwrap();
        assert!(
            note.contains("because A small Qwen cannot be used") && note.contains("config.json"),
            "{path}: {note}"
        );
    }
}
