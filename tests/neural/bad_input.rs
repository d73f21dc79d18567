use serde_json::{Value, json};

use crate::home::{Home, answered, music, refused, song};

#[test]
fn words_and_numbers_beyond_their_limits_are_named() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let says = |more: Value, what: &str| {
        let detail = refused(&server.post("/music/generate_music", &music(&more)));
        assert!(detail.contains(what), "{more}: {detail}");
    };
    says(
        json!({"audio_duration": 0.5}),
        "audio_duration must be 10 to 600",
    );
    says(
        json!({"audio_duration": 240.5}),
        "1 to 240 seconds, not 240.5",
    );
    says(json!({"prompt": ""}), "prompt is empty: write 5 to 500");
    says(json!({"lyrics": "la ".repeat(2000)}), "lyrics must have");
    says(json!({"vocal_language": "tlh"}), "does not sing in \"tlh\"");
    says(json!({"infer_step": 0}), "infer_step must be 1 to 200");
    says(
        json!({"loras": [{"name": "rap"}]}),
        "There is no adapter \"rap\"",
    );
    let songs = server.post(
        "/generate_with_lyrics",
        &song(&json!({"audio_duration": 250})),
    );
    assert!(refused(&songs).contains("1 to 240 seconds"));
    // What is unusual, and sung.
    for lyrics in ["🎸 la la 🎤 ñandú 🎉", "[verse]\n🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉"]
    {
        answered(&server.post("/music/generate_music", &music(&json!({"lyrics": lyrics}))));
    }
    let long = "na na na hey\n".repeat(80);
    answered(&server.post("/music/generate_music", &music(&json!({"lyrics": long}))));
}

#[test]
fn ranges_that_are_none_are_named() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let made = answered(&server.post("/generate_with_lyrics", &song(&json!({}))));
    let id = made["song_id"].as_str().unwrap();
    let repaint = |from: f64, to: f64| {
        let wish = json!({"repaint_start": from, "repaint_end": to});
        refused(&server.post(&format!("/songs/{id}/repaint"), &wish))
    };
    assert!(repaint(4.0, 2.0).contains("must come after"), "reversed");
    assert!(repaint(4.0, 4.0).contains("must come after"), "empty");
    assert!(
        repaint(10.5, 12.0).contains("not a part of a song of 10.0 s"),
        "outside"
    );
    assert!(repaint(4.0, 4.001).contains("shorter than"), "too short");
    let extend = json!({"right_extend_length": 235});
    let longer = refused(&server.post(&format!("/songs/{id}/extend"), &extend));
    assert!(longer.contains("up to 240 s"), "{longer}");
}
