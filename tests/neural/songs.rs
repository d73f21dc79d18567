use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;
use songwright_tests::{
    WholeWav,
    sdxl::write_sdxl,
    synthetic::Measure,
    synthetic_qwen::{small, write_qwen},
};

use crate::home::{Home, SMALL, answered, music, song};

#[test]
fn a_song_is_made_by_the_installed_model() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let made = answered(&server.post("/generate_with_lyrics", &song(&json!({}))));
    assert_eq!(made["engines"]["music"]["model_id"], SMALL, "{made}");
    assert_eq!(made["engines"]["music"]["kind"], "neural");
    assert_eq!(made["audio_duration"], 10.0);
    server.assert_whole(&made);
    // The same words for the same seed, another song for another one.
    let peaks = |more| {
        let made = answered(&server.post("/generate_with_lyrics", &song(&more)));
        let link = made["links"]["audio"].as_str().unwrap();
        server.get(link).bytes
    };
    let first = peaks(json!({}));
    assert_eq!(first, peaks(json!({})));
    assert_ne!(first, peaks(json!({"seed": 8})));
    assert_ne!(
        first,
        peaks(json!({"cfg_type": "cfg", "guidance_scale": 3}))
    );
}

#[test]
fn the_music_service_uses_it_too() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let made = answered(&server.post("/music/generate_music", &music(&json!({"seed": 11}))));
    assert_eq!(made["metadata"]["model_info"], SMALL);
    assert_eq!(made["seed"], 11);
    let audio = BASE64_STANDARD.decode(made["audio_data"].as_str().unwrap());
    let wav = WholeWav::read(&audio.unwrap()).unwrap();
    assert_eq!((wav.sample_rate, wav.channels), (48_000, 2));
    assert_eq!(wav.frames, 480_000);
    let stored = answered(&server.post("/generate_music_to_storage", &music(&json!({}))));
    assert_eq!(stored["metadata"]["model_info"], SMALL);
    let key = stored["file_path"].as_str().unwrap();
    assert_eq!(server.get(&format!("/files/{key}")).status, 200);
}

#[test]
fn three_models_make_one_song_in_turn_where_memory_is_short() {
    let home = Home::with_model();
    let [words, pictures] = ["words", "pictures"].map(|name| home.beside(name));
    write_qwen(&words, &small(), 5).unwrap();
    write_sdxl(&pictures, Measure::Small, 7).unwrap();
    let [words, pictures] = [&words, &pictures].map(|folder| folder.to_str().unwrap());
    // Enough for each, and not for music and cover at once.
    let server = home.serve(&[
        ("LLM_MODEL_ID", words),
        ("SONGWRIGHT_IMAGE_MODEL", pictures),
        ("SONGWRIGHT_MEMORY_BUDGET_MIB", "1200"),
    ]);
    for seed in [1, 2] {
        let made = answered(&server.post(
            "/generate_from_description",
            &json!({"full_described_song": "a song about rain", "audio_duration": 10, "cover_size": 256,
                "infer_step": 2, "seed": seed}),
        ));
        assert_eq!(made["errors"], json!(null), "{made}");
        let engines = &made["engines"];
        assert_eq!(engines["lyrics"]["model_id"], words, "{engines}");
        assert_eq!(engines["music"]["model_id"], SMALL, "{engines}");
        assert_eq!(engines["cover"]["model_id"], pictures, "{engines}");
        server.assert_whole(&made);
    }
    let left = server
        .log()
        .matches("another engine needs its memory")
        .count();
    assert!(left >= 2, "they were in memory at once");
}
