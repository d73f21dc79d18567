use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use songwright_tests::Server;

use crate::home::{Home, music, song};

/// Long enough to be stopped: each step of four minutes takes a while, also on the small model.
fn long() -> Value {
    json!({"audio_duration": 240, "infer_step": 200})
}

/// Waits until an operation has come to its steps.
fn until_rendering(server: &Server, id: &str) -> Value {
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        let operation = server.operation(id);
        assert!(Instant::now() < patience, "{operation}");
        assert!(
            matches!(operation["state"].as_str(), Some("waiting" | "running")),
            "{operation}"
        );
        if operation["stage"] == "render" {
            return operation;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn cancelling_ends_a_song_within_a_step_and_frees_the_model() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let id = server.submit("/generate_with_lyrics", &song(&long()));
    until_rendering(&server, &id);
    let begun = Instant::now();
    let cancelled = server.delete(&format!("/operations/{id}"));
    assert!(cancelled.status < 300, "{}", cancelled.json());
    let ended = server.ended(&id);
    assert_eq!(ended["state"], "cancelled", "{ended}");
    // The model is free for the next: were the song gone on with, this would wait for minutes.
    let next = server.post("/music/generate_music", &music(&json!({})));
    assert_eq!(next.status, 200, "{}", next.json());
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "{:?}",
        begun.elapsed()
    );
    assert!(server.songs().is_empty());
}

#[test]
fn past_its_time_a_song_is_stopped() {
    let home = Home::with_model();
    let server = home.serve(&[
        ("SONGWRIGHT_MUSIC_MAX_RUNTIME_SECONDS", "2"),
        ("SONGWRIGHT_INTEGRATED_MAX_RUNTIME_SECONDS", "2"),
    ]);
    let begun = Instant::now();
    let songs = server.post("/generate_with_lyrics", &song(&long()));
    assert_eq!(songs.status, 408, "{}", songs.json());
    let alone = server.post("/music/generate_music", &music(&long()));
    assert_eq!(alone.status, 408, "{}", alone.json());
    let detail = alone.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("2 s"), "{detail}");
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_song_that_takes_too_long_for_the_end_of_the_program_goes_on_at_the_next_start() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let id = server.submit("/generate_with_lyrics", &song(&long()));
    until_rendering(&server, &id);
    assert!(server.stop().success());
    let server = home.serve(&[]);
    assert_eq!(server.operation(&id)["state"], "interrupted");
    let resumed = server.post(&format!("/operations/{id}/resume"), &json!({}));
    assert_eq!(resumed.status, 202, "{}", resumed.json());
    until_rendering(&server, &id);
}
