//! The integrated service with its music in another process.

use serde_json::{Value, json};

use crate::home::{Form, Home, PLAIN, SMALL, answered, audio, newest, refused, song, tone};

fn seconds(take: &Value) -> f64 {
    take["audio_duration"].as_f64().unwrap()
}

#[test]
fn every_kind_of_take_is_made_by_a_music_service_elsewhere() {
    let (there, here) = (Home::with_model(), Home::empty());
    let music = there.serve(&[]);
    let server = here.serve(&[("MUSIC_SERVICE_URL", &music.url("/music"))]);
    let made = song(&json!({"draft": true, "infer_step": 14}));
    let made = answered(&server.post("/generate_with_lyrics", &made));
    let id = made["song_id"].as_str().unwrap();
    let first = answered(&server.get(&format!("/songs/{id}")))["takes"][0].clone();
    assert_eq!(first["engine"]["model_id"], SMALL);
    let take = |kind: &str, wish: &Value| -> Value {
        let mut wish = wish.clone();
        wish["take_id"] = first["take_id"].clone();
        answered(&server.post(&format!("/songs/{id}/{kind}"), &wish))
    };
    let same = take("retake", &json!({"retake_variance": 0}));
    assert!(audio(&server, newest(&same)) == audio(&server, &first));
    assert!(
        !same["notes"].to_string().contains("another song"),
        "{same}"
    );
    let other = take("retake", &json!({"retake_variance": 0.5, "retake_seed": 3}));
    assert!(audio(&server, newest(&other)) != audio(&server, &first));
    let part = take("repaint", &json!({"repaint_start": 2, "repaint_end": 4.5}));
    assert_eq!(seconds(newest(&part)), 10.0);
    let longer = json!({"left_extend_length": 2, "right_extend_length": 3});
    let longer = take("extend", &longer);
    assert_eq!(seconds(newest(&longer)), 15.0);
    // What was made from audio is followed, there too.
    let followed = json!({"take_id": newest(&longer)["take_id"], "retake_variance": 0.5});
    let followed = answered(&server.post(&format!("/songs/{id}/retake"), &followed));
    assert!(
        (seconds(newest(&followed)) - 15.0).abs() < 0.3,
        "{followed}"
    );
    let words = json!({"lyrics": "[verse]\nThe lamp is out", "edit_n_min": 0.2});
    let words = take("edit", &words);
    assert!(audio(&server, newest(&words)) != audio(&server, &first));
    let whole = take("promote", &json!({}));
    assert_eq!(newest(&whole)["draft"], false);
    assert!(audio(&server, newest(&whole)) != audio(&server, &first));

    let form = Form { ..PLAIN };
    let sent = server.send("/files", "audio/wav", &tone(44_100, 2.5, form));
    let like = song(&json!({"ref_audio_input": sent.json()["file_path"]}));
    let like = answered(&server.post("/generate_with_lyrics", &like));
    assert_eq!(like["audio_duration"], 2.5);
}

#[test]
fn a_service_without_a_model_says_so_in_its_own_name() {
    let (there, here) = (Home::empty(), Home::empty());
    let music = there.serve(&[]);
    let url = music.url("/music");
    let server = here.serve(&[("MUSIC_SERVICE_URL", &url)]);
    let made = answered(&server.post("/generate_with_lyrics", &song(&json!({}))));
    let path = format!("/songs/{}/extend", made["song_id"].as_str().unwrap());
    let answer = server.post(&path, &json!({"right_extend_length": 5}));
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.contains(&url) && detail.contains("cannot extend one. Install ACE-Step"),
        "{} {detail}",
        answer.status
    );
}

#[test]
fn music_is_worked_on_by_the_music_service_alone() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let sent = server.send("/files", "audio/wav", &tone(44_100, 3.0, PLAIN));
    let key = sent.json()["file_path"].clone();
    let asked = |more: Value| {
        let mut body = crate::home::music(&more);
        body["src_audio_input"] = key.clone();
        server.post("/music/generate_music", &body)
    };
    let longer = json!({"task": "extend", "right_extend_length": 2, "retake_seed": 1});
    let longer = answered(&asked(longer));
    assert_eq!(longer["audio_duration"], 5.0);
    let part = json!({"task": "repaint", "repaint_start": 2, "repaint_end": 5, "retake_seed": 1});
    assert_eq!(answered(&asked(part))["audio_duration"], 3.0);
    let edit = json!({"task": "edit", "edit_source_prompt": "jazz, piano", "edit_n_min": 0.2});
    assert_eq!(answered(&asked(edit))["audio_duration"], 3.0);
    let said = refused(&asked(json!({})));
    assert!(said.starts_with("task must say"), "{said}");
    let gone = json!({"task": "repaint", "src_audio_input": "no-such.wav", "repaint_start": 0, "repaint_end": 1});
    let gone = server.post("/music/generate_music", &crate::home::music(&gone));
    assert_eq!(gone.status, 404, "{}", gone.json());
}
