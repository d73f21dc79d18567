use std::fs;

use serde_json::{Value, json};
use songwright_tests::Server;

use crate::home::{Home, SMALL, answered, music, refused, said, song};

fn maker(server: &Server) -> String {
    let made = answered(&server.post("/music/generate_music", &music(&json!({}))));
    made["metadata"]["model_info"].as_str().unwrap().to_owned()
}

#[test]
fn a_model_that_is_installed_meanwhile_makes_the_next_song() {
    let home = Home::empty();
    let server = home.serve(&[]);
    let sketch = maker(&server);
    assert_ne!(sketch, SMALL);
    home.install(SMALL, 1);
    assert_eq!(maker(&server), SMALL);
    let draft = song(&json!({"draft": true, "infer_step": 13}));
    let draft = answered(&server.post("/generate_with_lyrics", &draft));
    let promote = format!("/songs/{}/promote", draft["song_id"].as_str().unwrap());
    // Other weights under the same name are another model: the draft's song is not theirs to make.
    home.install(SMALL, 2);
    let other = server.post(&promote, &json!({}));
    let detail = other.json()["detail"].as_str().unwrap().to_owned();
    assert_eq!(other.status, 409, "{detail}");
    let versions = detail.matches("The model ace-step-small 1 (f32, ").count();
    assert_eq!(versions, 2, "{detail}");
    assert!(
        detail.contains("Install the draft's model again"),
        "{detail}"
    );
    home.install(SMALL, 1);
    let whole = answered(&server.post(&promote, &json!({})));
    assert_eq!(whole["takes"].as_array().unwrap().len(), 2);
    // What is gone is not used, and what is broken is said.
    assert!(home.run(&["models", "remove", SMALL]).status.success());
    assert_eq!(maker(&server), sketch);
    home.install(SMALL, 1);
    fs::remove_file(home.beside(SMALL).join("music_vocoder/config.json")).unwrap();
    let made = answered(&server.post("/music/generate_music", &music(&json!({}))));
    let notes = made["notes"].to_string();
    assert!(notes.contains("music_vocoder/config.json"), "{notes}");
    let promote = server.post(&promote, &json!({"take_id": draft["take_id"]}));
    assert_eq!(promote.status, 409, "{}", promote.json());
}

#[test]
fn too_little_memory_is_told_with_what_helps() {
    let home = Home::with_model();
    let server = home.serve(&[("SONGWRIGHT_MEMORY_BUDGET_MIB", "128")]);
    let answer = server.post("/music/generate_music", &music(&json!({})));
    assert_eq!(answer.status, 507, "{}", answer.json());
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    for advice in [
        "Ask for a shorter duration",
        "songwright models quantize",
        "memory_budget_mib",
    ] {
        assert!(detail.contains(advice), "{detail}");
    }
    drop(server);
    // Room for a short song, and not for a long one; the model goes on.
    let server = home.serve(&[("SONGWRIGHT_MEMORY_BUDGET_MIB", "1000")]);
    let long = music(&json!({"audio_duration": 240}));
    assert_eq!(server.post("/music/generate_music", &long).status, 507);
    let estimate = answered(&server.post("/music/estimate", &long));
    assert_eq!(estimate["fits_memory"], false, "{estimate}");
    assert_eq!(maker(&server), SMALL);
}

/// A song that takes some fifty thousand bytes more than so many MiB where all networks stay in memory, which are
/// more than that larger than the largest of them.
fn a_little_too_long(home: &Home) -> (Value, u64) {
    let server = home.serve(&[]);
    let of = |seconds: f64| music(&json!({"audio_duration": seconds, "infer_step": 1}));
    let bytes = |seconds: f64| {
        let estimate = answered(&server.post("/music/estimate", &of(seconds)));
        estimate["memory_bytes"].as_f64().unwrap()
    };
    let (first, second) = (bytes(92.0), bytes(93.0));
    let mib = 1_048_576.0;
    let wanted = (first / mib).ceil() * mib + 50_000.0;
    let seconds = 92.0 + (wanted - first) / (second - first);
    (of(seconds), (wanted / mib) as u64)
}

#[test]
fn where_memory_runs_short_a_song_is_made_with_less() {
    let home = Home::with_model();
    let (asked, mib) = a_little_too_long(&home);
    let budget = mib.to_string();
    let server = home.serve(&[("SONGWRIGHT_MEMORY_BUDGET_MIB", &budget)]);
    let made = answered(&server.post("/music/generate_music", &asked));
    let seconds = |value: &Value| value["audio_duration"].as_f64().unwrap();
    assert!((seconds(&made) - seconds(&asked)).abs() < 1e-3, "{made}");
    let said = || fs::read_to_string(home.data_dir().with_extension("log")).unwrap();
    let tries = said().matches("once more with a smaller plan").count();
    assert_eq!(tries, 1, "{}", said());
    // A short song has all of them in memory again.
    answered(&server.post("/music/generate_music", &music(&json!({}))));
    assert_eq!(
        said().matches("once more with a smaller plan").count(),
        tries
    );
    drop(server);
    // Below that neither plan does, and the command line says what helps.
    let budget = (mib - 2).to_string();
    let out = home.beside("out");
    let ended = home.run_with(
        &[("SONGWRIGHT_MEMORY_BUDGET_MIB", &budget)],
        &[
            "song",
            "rain on tin",
            "--duration",
            "92",
            "--steps",
            "1",
            "--out",
            out.to_str().unwrap(),
        ],
    );
    assert_eq!(
        ended.status.code(),
        Some(1),
        "{}",
        crate::home::said(&ended)
    );
    let why = crate::home::said(&ended);
    assert!(why.contains("Ask for a shorter duration"), "{why}");
}

#[test]
fn what_a_song_takes_is_known_before_it_is_made() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let lyrics = "[verse]\nThe lamp is low, the night is long\n".repeat(12);
    let asked = music(&json!({"lyrics": lyrics, "prompt": "folk, guitar, 60 bpm"}));
    let estimate = |asked: &Value| answered(&server.post("/music/estimate", asked));
    let first = estimate(&asked);
    assert_eq!(first["seconds"], Value::Null, "{first}");
    assert_eq!(first["engine"]["model_id"], SMALL);
    assert_eq!(first["lyrics"]["verdict"], "too_many", "{first}");
    assert_eq!(first["lyrics"]["bpm"], 60.0);
    let longer = first["lyrics"]["suggested_duration"].clone();
    let mut slow = asked.clone();
    slow["audio_duration"] = longer;
    assert_eq!(estimate(&slow)["lyrics"]["verdict"], "fits");
    assert_eq!(first["fits_memory"], true);
    answered(&server.post("/music/generate_music", &asked));
    let seconds = |asked: &Value| estimate(asked)["seconds"].as_f64().unwrap();
    let known = seconds(&asked);
    assert!(known > 0.0 && known < 60.0, "{known}");
    slow["infer_step"] = json!(100);
    assert!(seconds(&slow) > 2.0 * known);
    assert!(server.songs().is_empty());
    let wrong = refused(&server.post("/music/estimate", &music(&json!({"seed": -2}))));
    assert!(wrong.contains("seed must be"), "{wrong}");
}

#[test]
fn a_quantised_model_is_one_of_its_own() {
    let home = Home::with_model();
    let made = home.printed(&["models", "quantize", SMALL, "--type", "q8_0", "--json"]);
    let id = format!("{SMALL}-q8_0");
    assert_eq!(made["id"], id.as_str());
    let files = made["files"].to_string();
    assert!(
        files.contains("ace_step_transformer/transformer-q8_0.gguf"),
        "{files}"
    );
    assert!(
        !files.contains("ace_step_transformer/diffusion_pytorch_model"),
        "{files}"
    );
    let server = home.serve(&[("SONGWRIGHT_MUSIC_MODEL", &id)]);
    let song = answered(&server.post("/generate_with_lyrics", &song(&json!({}))));
    let version = song["engines"]["music"]["version"].as_str().unwrap();
    assert!(version.contains("q8_0"), "{version}");
    drop(server);
    let again = home.run(&["models", "quantize", &id]);
    assert!(
        said(&again).contains("in blocks already"),
        "{}",
        said(&again)
    );
    assert!(
        !home
            .run(&["models", "quantize", SMALL, "--type", "q2_k"])
            .status
            .success()
    );
    // The first one is as it was.
    assert_eq!(maker(&home.serve(&[])), SMALL);
}

#[test]
fn adapters_are_listed_where_they_are_put() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let none = answered(&server.get("/adapters"));
    assert_eq!(none["adapters"], json!([]));
    let folder = none["folders"][0].as_str().unwrap();
    fs::create_dir_all(format!("{folder}/choir")).unwrap();
    fs::write(format!("{folder}/rap.safetensors"), b"no adapter").unwrap();
    fs::write(
        format!("{folder}/choir/pytorch_lora_weights.safetensors"),
        b"1234",
    )
    .unwrap();
    let listed = answered(&server.get("/adapters"));
    assert_eq!(listed, home.printed(&["models", "adapters", "--json"]));
    let names: Vec<_> = listed["adapters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| &a["name"])
        .collect();
    assert_eq!(names, ["choir", "rap"]);
    assert_eq!(listed["adapters"][0]["bytes"], 4);
    // What is none is told where it is asked for.
    let wish = music(&json!({"loras": [{"name": "rap", "weight": 0.5}]}));
    let wrong = refused(&server.post("/music/generate_music", &wish));
    assert!(wrong.contains("rap.safetensors"), "{wrong}");
}
