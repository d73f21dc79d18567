use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};
use songwright_tests::{Server, program};

const CUTS: usize = 20;

/// One at a time, so that what runs and what waits is plain.
const ENV: &[(&str, &str)] = &[("SONGWRIGHT_INTEGRATED_MAX_CONCURRENT_REQUESTS", "1")];

fn song(n: usize) -> Value {
    json!({
        "full_described_song": format!("a slow blues about the lights going out, number {n}"),
        "audio_duration": 20,
        "cover_size": 256,
        "seed": n,
    })
}

fn state(operation: &Value) -> &str {
    operation["state"].as_str().unwrap()
}

/// What is left of operations in the order in which they were asked for: some are done, at most
/// one was running, the rest waits in the same order.
fn assert_in_order(server: &Server, ids: &[String]) -> Vec<String> {
    let operations: Vec<Value> = ids.iter().map(|id| server.operation(id)).collect();
    let states: Vec<&str> = operations.iter().map(state).collect();
    let done = states.iter().take_while(|s| **s == "succeeded").count();
    let interrupted = states[done..]
        .iter()
        .take_while(|s| **s == "interrupted")
        .count();
    assert!(interrupted <= 1, "{states:?}");
    assert!(
        states[done + interrupted..].iter().all(|s| *s == "waiting"),
        "{states:?}"
    );
    let listed = server.get("/operations?limit=500").json();
    let newest_first: Vec<&str> = listed["operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["operation_id"].as_str().unwrap())
        .collect();
    let places: Vec<usize> = ids
        .iter()
        .map(|id| {
            newest_first
                .iter()
                .position(|o| o == id)
                .expect("it is listed")
        })
        .collect();
    assert!(
        places.is_sorted_by(|a, b| a > b),
        "the order changed: {places:?}"
    );
    for operation in &operations[..done] {
        let song = server.get(&format!(
            "/songs/{}",
            operation["song_id"].as_str().unwrap()
        ));
        assert_eq!(
            song.status, 200,
            "a song that was made is gone: {operation}"
        );
    }
    ids[done..].to_vec()
}

#[test]
fn twenty_power_cuts_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut server = Server::start(&data, ENV);
    let start = Instant::now();
    let first = server.submit("/generate_from_description", &song(0));
    assert_eq!(state(&server.ended(&first)), "succeeded");
    let one_song = start.elapsed();

    let mut moments = StdRng::seed_from_u64(20);
    let (mut seen_interrupted, mut seen_waiting) = (0, 0);
    for cut in 0..CUTS {
        let ids: Vec<String> = (0..3)
            .map(|i| server.submit("/generate_from_description", &song(cut * 3 + i + 1)))
            .collect();
        thread::sleep(one_song.mul_f64(moments.random_range(0.0..1.6)));
        server.kill();

        server = Server::start(&data, ENV);
        for song in server.songs() {
            server.assert_whole(&song);
        }
        let left = assert_in_order(&server, &ids);
        for id in &left {
            match state(&server.operation(id)) {
                "interrupted" => seen_interrupted += 1,
                _ => seen_waiting += 1,
            }
        }
        if cut % 5 == 4 {
            go_on(&server, &left);
        } else {
            // What is no longer wanted may be forgotten; what was interrupted stays in the list.
            for id in left {
                if state(&server.operation(&id)) == "waiting" {
                    let gone = server.delete(&format!("/operations/{id}"));
                    assert!(gone.status < 300, "{}: {}", gone.status, gone.json());
                }
            }
        }
    }
    println!(
        "{CUTS} cuts: {seen_interrupted} operations interrupted, {seen_waiting} kept waiting, {} songs, {:.1} s",
        server.songs().len(),
        start.elapsed().as_secs_f64()
    );
    assert!(seen_interrupted >= CUTS / 4, "the cuts met too little work");

    let in_library = server.songs().len();
    assert!(server.stop().success(), "SIGTERM is a normal end");
    let listed = Command::new(program())
        .args(["library", "list", "--json", "--data-dir"])
        .arg(&data)
        .output()
        .unwrap();
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let songs = listed.get("songs").unwrap_or(&listed).as_array().unwrap();
    assert_eq!(songs.len(), in_library);
}

/// Asks all of them to go on, in order: they succeed, in order.
fn go_on(server: &Server, ids: &[String]) {
    for id in ids {
        let answer = server.post(&format!("/operations/{id}/resume"), &json!({}));
        assert!(answer.status < 300, "{}: {}", answer.status, answer.json());
    }
    let mut ends = Vec::new();
    for id in ids {
        let ended = server.ended(id);
        assert_eq!(state(&ended), "succeeded", "{ended}");
        ends.push(ended["ended_at"].as_str().unwrap().to_owned());
        let song = server.get(&format!("/songs/{}", ended["song_id"].as_str().unwrap()));
        server.assert_whole(&song.json());
    }
    assert!(ends.is_sorted(), "they ended out of order: {ends:?}");
}

#[test]
fn a_normal_end_keeps_what_waits() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let server = Server::start(&data, ENV);
    let ids: Vec<String> = (0..3)
        .map(|i| server.submit("/generate_from_description", &song(i)))
        .collect();
    // Nobody waits for it over a connection.
    while state(&server.operation(&ids[0])) == "waiting" {
        thread::sleep(Duration::from_millis(10));
    }
    assert!(server.stop().success());
    let server = Server::start(&data, ENV);
    let left = assert_in_order(&server, &ids);
    assert_eq!(state(&server.operation(&ids[0])), "succeeded");
    assert!(left.len() >= 2, "SIGTERM waited for the whole queue");
    assert_eq!(state(&server.operation(&left[0])), "waiting");
    go_on(&server, &left);
}
