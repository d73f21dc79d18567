//! Repositories of the hub that no card describes: looked at, installed, used and removed by their names.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::{Value, json};
use songwright_tests::{
    Server, command,
    synthetic_qwen::{Quantisation, shard_qwen, small, write_qwen, write_qwen_gguf},
};
use tokio::runtime::Runtime;

use crate::fake_hub::{COMMIT, FakeHub};

const REPOSITORY: &str = "nobody/Small-Instruct";
const ID: &str = "nobody--small-instruct";

/// A hub, and a machine without a model.
struct Desk {
    home: tempfile::TempDir,
    hub: FakeHub,
    _runtime: Runtime,
}

impl Desk {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        Self {
            home: tempfile::tempdir().unwrap(),
            hub: runtime.block_on(FakeHub::start()),
            _runtime: runtime,
        }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("HF_ENDPOINT", self.hub.endpoint.clone()),
            ("HF_HUB_CACHE", self.folder("cache").display().to_string()),
        ]
    }

    /// Writes a model and publishes its folder; `change` may spoil it before.
    fn publish(&self, repository: &str, change: impl FnOnce(&Path)) {
        let folder = self.folder(&repository.replace('/', "_"));
        write_qwen(&folder, &small(), 5).unwrap();
        change(&folder);
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let bytes = fs::read(&path).unwrap();
            let is_large = bytes.len() > 1 << 20 || name.ends_with(".gguf");
            self.hub.publish(repository, &name, &bytes, is_large);
        }
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut call = command();
        call.arg("--data-dir").arg(self.folder("data")).args(words);
        call.envs(self.env()).output().unwrap()
    }

    /// Runs it, and reads what it prints.
    fn printed(&self, words: &[&str]) -> Value {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn serve(&self, model: &str) -> Server {
        let mut env = self.env();
        env.push(("LLM_MODEL_ID", model.to_owned()));
        let env: Vec<_> = env.iter().map(|(k, v)| (*k, v.as_str())).collect();
        Server::start(&self.folder("data"), &env)
    }

    /// How often weights were asked for.
    fn fetched(&self) -> usize {
        self.hub.ranges().len()
    }
}

fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stderr) + &text(&output.stdout)
}

fn title(server: &Server) -> (u16, Value) {
    let answer = server.post(
        "/lyrics/generate_title",
        &json!({"description": "rain on tin"}),
    );
    (answer.status, answer.json())
}

#[test]
fn a_checkpoint_is_installed_by_its_repositorys_name_used_and_removed() {
    let desk = Desk::new();
    desk.publish(REPOSITORY, |folder| shard_qwen(folder, 2).unwrap());
    desk.hub.publish(REPOSITORY, "README.md", b"words", false);
    desk.hub
        .publish(REPOSITORY, "pytorch_model.bin", b"weights", true);
    desk.hub
        .describe(REPOSITORY, r#"{"license": "apache-2.0"}"#);
    let server = desk.serve(REPOSITORY);
    let (status, body) = title(&server);
    assert_eq!(status, 503, "{body}");
    let command = format!("songwright models install {REPOSITORY}");
    assert!(
        body["detail"].as_str().unwrap().contains(&command),
        "{body}"
    );

    let installed = desk.printed(&["models", "install", REPOSITORY, "--json"]);
    assert_eq!(installed["id"], ID);
    assert_eq!(installed["state"], "verified");
    let paths: Vec<_> = installed["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["path"])
        .collect();
    assert_eq!(
        paths,
        [
            "config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "generation_config.json",
            "model.safetensors.index.json",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
        ]
    );
    let (status, body) = title(&server);
    assert_eq!(status, 200, "{body}");
    let info = body["metadata"]["model_info"].to_string();
    assert!(info.contains(ID), "{body}");

    let fetched = desk.fetched();
    for name in [ID, REPOSITORY] {
        let shown = desk.printed(&["models", "show", name, "--json"]);
        assert_eq!(shown["licence"]["id"], "Apache-2.0", "{shown}");
        assert_eq!(shown["variants"][0]["state"], "verified", "{shown}");
        assert_eq!(shown["variants"][0]["files"][0]["revision"], COMMIT);
        let verified = desk.printed(&["models", "verify", name, "--json"]);
        assert_eq!(verified["state"], "verified", "{verified}");
        desk.printed(&["models", "install", name, "--json"]);
    }
    assert_eq!(desk.fetched(), fetched, "fetched what is there");

    let removed = desk.printed(&["models", "remove", REPOSITORY, "--json"]);
    assert!(
        removed["freed_bytes"].as_u64().unwrap() > 1 << 20,
        "{removed}"
    );
    let list = desk.printed(&["models", "list", "--json"]).to_string();
    assert!(!list.contains(ID), "{list}");
    let (status, body) = title(&server);
    assert_eq!(status, 503, "{body}");
}

#[test]
fn of_gguf_files_one_is_taken_and_another_by_its_name_over_http_too() {
    const REPOSITORY: &str = "nobody/Small-GGUF";
    let desk = Desk::new();
    let folder = desk.folder("made");
    write_qwen(&folder, &small(), 5).unwrap();
    let file = desk.folder("small.gguf");
    write_qwen_gguf(&folder, &file, Quantisation::Q8_0).unwrap();
    let bytes = fs::read(&file).unwrap();
    for path in ["small-Q8_0.gguf", "small-q6_k.gguf", "small-IQ2_XXS.gguf"] {
        desk.hub.publish(REPOSITORY, path, &bytes, true);
    }
    for part in 1..=2 {
        let path = format!("F16/small-F16-{part:05}-of-00002.gguf");
        desk.hub.publish(REPOSITORY, &path, &bytes, true);
    }
    desk.hub.describe(
        REPOSITORY,
        r#"{"license": "other", "license_name": "mine"}"#,
    );
    let server = desk.serve(REPOSITORY);
    assert_eq!(title(&server).0, 503);
    // A slash in an id is no slash of the path.
    let address = format!("/models/{}/install", REPOSITORY.replace('/', "%2F"));
    let refused = server.post(&address, &json!({"variant": "q6-k"}));
    assert_eq!(refused.status, 403, "{}", refused.json());
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("LicenseRef-mine"), "{detail}");
    let body = json!({"variant": "q6-k", "accept_licence": true});
    let installed = server.post(&address, &body);
    let model = installed.json();
    assert_eq!(installed.status, 200, "{model}");
    let states: Vec<_> = model["variants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|form| {
            (
                form["name"].as_str().unwrap(),
                form["state"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(states, [("q8-0", "not_installed"), ("q6-k", "verified")]);
    let (status, body) = title(&server);
    assert_eq!(status, 200, "{body}");

    let other = desk.run(&["models", "install", REPOSITORY, "--variant", "f16"]);
    assert!(said(&other).contains("q8-0, q6-k"), "{}", said(&other));
    let usual = desk.run(&["models", "install", REPOSITORY, "--accept-licence"]);
    assert!(usual.status.success(), "{}", said(&usual));
    // The card stays for as long as one of its forms does.
    for (variant, is_listed) in [("q8-0", true), ("q6-k", false)] {
        desk.printed(&[
            "models",
            "remove",
            REPOSITORY,
            "--variant",
            variant,
            "--json",
        ]);
        let list = desk.printed(&["models", "list", "--json"]).to_string();
        assert_eq!(list.contains("nobody--small-gguf"), is_listed, "{variant}");
    }
}

/// Spoils a JSON file.
fn set(folder: &Path, file: &str, key: &str, value: Value) {
    let path = folder.join(file);
    let mut all: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    all[key] = value;
    fs::write(path, all.to_string()).unwrap();
}

#[test]
fn what_cannot_be_used_is_told_before_weights_are_fetched() {
    let desk = Desk::new();
    desk.publish("nobody/llama", |folder| {
        set(folder, "config.json", "model_type", "llama".into());
    });
    desk.publish("nobody/awq", |folder| {
        let blocks = json!({"quant_method": "awq"});
        set(folder, "config.json", "quantization_config", blocks);
    });
    desk.publish("nobody/base", |folder| {
        fs::write(folder.join("tokenizer_config.json"), "{}").unwrap();
    });
    desk.publish("nobody/bin", |folder| {
        fs::rename(
            folder.join("model.safetensors"),
            folder.join("pytorch_model.bin"),
        )
        .unwrap();
    });
    desk.publish("nobody/part", |folder| {
        shard_qwen(folder, 2).unwrap();
        fs::remove_file(folder.join("model-00002-of-00002.safetensors")).unwrap();
    });
    for part in 1..=2 {
        let path = format!("x-Q8_0-{part:05}-of-00002.gguf");
        desk.hub.publish("nobody/split", &path, b"GGUF", true);
    }
    desk.hub
        .publish("nobody/data", "README.md", b"words", false);
    for (name, words) in [
        ("nobody/nothing", "no repository nobody/nothing"),
        ("nobody/llama", "llama"),
        ("nobody/awq", "awq"),
        ("nobody/base", "chat template"),
        ("nobody/bin", "neither model.safetensors"),
        ("nobody/part", "model-00002-of-00002.safetensors"),
        ("nobody/split", "in parts"),
        ("nobody/data", "neither model.safetensors"),
        ("nobody/a--b", "has to be owner/name"),
        ("nobody/data@../x", "has to be a commit"),
    ] {
        let output = desk.run(&["models", "install", name]);
        assert!(!output.status.success(), "{name}");
        assert!(said(&output).contains(words), "{name}: {}", said(&output));
    }
    assert_eq!(desk.fetched(), 0);
    // A file's own head says what it is.
    let head = [
        &b"GGUF"[..],
        &3_u32.to_le_bytes(),
        &0_u64.to_le_bytes(),
        &1_u64.to_le_bytes(),
        &20_u64.to_le_bytes(),
        b"general.architecture",
        &8_u32.to_le_bytes(),
        &5_u64.to_le_bytes(),
        b"gemma",
    ];
    desk.hub
        .publish("nobody/gemma", "gemma-Q8_0.gguf", &head.concat(), true);
    let output = desk.run(&["models", "install", "nobody/gemma"]);
    assert!(
        said(&output).contains("gemma-Q8_0.gguf: the architecture is gemma"),
        "{}",
        said(&output)
    );
    let cards = desk.folder("data/models/cards");
    assert!(!cards.exists(), "a card of what cannot be used");
}

#[test]
fn a_gated_repository_says_where_to_agree_and_then_is_installed() {
    let desk = Desk::new();
    desk.publish(REPOSITORY, |_| ());
    desk.hub.describe(REPOSITORY, r#"{"license": "mit"}"#);
    desk.hub.want_token("hf_right");
    let output = desk.run(&["models", "install", REPOSITORY]);
    let page = format!("{}/{REPOSITORY}", desk.hub.endpoint);
    let text = said(&output);
    assert!(
        !output.status.success() && text.contains("HF_TOKEN") && text.contains(&page),
        "{text}"
    );
    let mut call = command();
    call.arg("--data-dir").arg(desk.folder("data"));
    call.args(["models", "install", REPOSITORY])
        .envs(desk.env());
    let output = call.env("HF_TOKEN", "hf_right").output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    // What is here stays; another state of it comes in its place once it is gone.
    let card = desk.folder("data/models/cards").join(format!("{ID}.toml"));
    let text = fs::read_to_string(&card).unwrap();
    fs::write(&card, text.replace(COMMIT, &"0".repeat(40))).unwrap();
    let mut call = command();
    call.arg("--data-dir").arg(desk.folder("data"));
    let name = format!("{REPOSITORY}@{COMMIT}");
    let call = call.args(["models", "install", &name]).envs(desk.env());
    let output = call.env("HF_TOKEN", "hf_right").output().unwrap();
    let command = format!("songwright models remove {ID}");
    assert!(
        !output.status.success() && said(&output).contains(&command),
        "{}",
        said(&output)
    );
}
