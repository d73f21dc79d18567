use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;
use songwright_tests::WholeWav;

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
