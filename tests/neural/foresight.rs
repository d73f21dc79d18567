//! What is known before anything runs, and while it does.

use serde_json::{Value, json};

use crate::home::{Home, answered, music, refused, song};

#[test]
fn what_cannot_be_made_is_said_before_anything_is() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    for (more, what) in [
        (json!({"audio_duration": 241}), "1 to 240 seconds"),
        (json!({"vocal_language": "tlh"}), "does not sing in \"tlh\""),
        (json!({"loras": [{"name": "rap"}]}), "no adapter \"rap\""),
    ] {
        let estimate = refused(&server.post("/music/estimate", &music(&more)));
        assert!(estimate.contains(what), "{estimate}");
        // The words come before the music, and would be lost.
        let mut described = json!({"full_described_song": "a song about rain", "infer_step": 2});
        for (name, value) in more.as_object().unwrap() {
            described[name] = value.clone();
        }
        let id = server.submit("/generate_from_description", &described);
        let ended = server.ended(&id);
        assert_eq!(ended["error"]["code"], "bad_request", "{ended}");
        assert!(ended["error"]["detail"].as_str().unwrap().contains(what));
        assert_eq!(ended["result"], Value::Null, "{ended}");
    }
    answered(&server.post("/music/estimate", &music(&json!({"audio_duration": 240}))));

    let made = answered(&server.post("/generate_with_lyrics", &song(&json!({}))));
    let take = |kind: &str, wish: Value| {
        let id = made["song_id"].as_str().unwrap();
        server.post(&format!("/songs/{id}/{kind}/estimate"), &wish)
    };
    let far = refused(&take(
        "repaint",
        json!({"repaint_start": 20, "repaint_end": 30}),
    ));
    assert!(far.contains("not a part of a song of 10.0 s"), "{far}");
    let long = refused(&take("extend", json!({"right_extend_length": 239})));
    assert!(long.contains("up to 240 s"), "{long}");
    answered(&take(
        "repaint",
        json!({"repaint_start": 2, "repaint_end": 3}),
    ));
}

#[test]
fn whether_the_time_allowed_will_do_is_known_from_earlier_songs() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let asked = music(&json!({}));
    let estimate = |server: &songwright_tests::Server, more: &Value| {
        answered(&server.post("/music/estimate", &music(more)))
    };
    let unknown = estimate(&server, &json!({}));
    assert_eq!(unknown["limit_s"], 1800);
    assert_eq!(unknown.get("fits_time"), None, "{unknown}");
    answered(&server.post("/music/generate_music", &asked));
    assert_eq!(estimate(&server, &json!({}))["fits_time"], true);
    drop(server);

    let server = home.serve(&[("SONGWRIGHT_MUSIC_MAX_RUNTIME_SECONDS", "2")]);
    let most = json!({"audio_duration": 240, "infer_step": 200});
    let late = estimate(&server, &most);
    assert_eq!(late["limit_s"], 2);
    assert_eq!(late["fits_time"], false, "{late}");
    let id = server.submit("/music/generate_music", &music(&most));
    let warning = loop {
        let operation = server.operation(&id);
        if let Some(warning) = operation["warning"].as_str() {
            break warning.to_owned();
        }
        let state = operation["state"].as_str();
        assert!(matches!(state, Some("waiting" | "running")), "{operation}");
    };
    assert!(
        warning.contains("is stopped 2 s after its beginning"),
        "{warning}"
    );
    let ended = server.ended(&id);
    assert_eq!(ended["error"]["code"], "timeout", "{ended}");
    assert_eq!(ended["warning"], Value::Null);
}

#[test]
fn several_takes_are_one_work_and_teach_what_one_takes() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let made = answered(&server.post("/generate_with_lyrics", &song(&json!({}))));
    let id = made["song_id"].as_str().unwrap();
    let operation = server.submit(
        &format!("/songs/{id}/retake"),
        &json!({"retake_variance": 0.5, "batch_size": 4}),
    );
    let mut seen: Vec<(f64, u64)> = Vec::new();
    let ended = loop {
        let now = server.operation(&operation);
        let takes = answered(&server.get(&format!("/songs/{id}")))["takes"]
            .as_array()
            .unwrap()
            .len() as u64;
        seen.push((now["progress"].as_f64().unwrap(), takes));
        if now["ended_at"].is_string() {
            break now;
        }
    };
    assert_eq!(ended["state"], "succeeded", "{ended}");
    assert!(seen.is_sorted_by(|a, b| a.0 <= b.0), "{seen:?}");
    // With a take of four there, the rest is still to come; counted before the number of takes was asked for.
    for (progress, takes) in &seen {
        let most = (*takes as f64) / 4.0 + 1e-9;
        assert!(*progress <= most, "{progress} with {takes} takes of 5");
    }
    let stages = ended["stages"].as_array().unwrap();
    let worked: f64 = stages
        .iter()
        .filter_map(|stage| stage["seconds"].as_f64())
        .sum();
    let time = |name: &str| {
        let time: jiff::Timestamp = ended[name].as_str().unwrap().parse().unwrap();
        time
    };
    let whole = time("ended_at").duration_since(time("started_at"));
    let whole = whole.as_secs_f64();
    // One engine does one thing after the other.
    assert!(worked <= whole, "{worked} of {whole}: {stages:?}");
}
