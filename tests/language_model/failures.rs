//! What goes wrong while words are written: no time left, too many at once, somebody who leaves, too much
//! to read.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use songwright_tests::{
    Server,
    synthetic_qwen::{small, write_qwen},
};

const PATIENCE: Duration = Duration::from_secs(120);

fn serve(dir: &Path, config: &Value, env: &[(&str, &str)]) -> Server {
    let model = dir.join("model");
    write_qwen(&model, config, 5).unwrap();
    let mut all = vec![("LLM_MODEL_ID", model.to_str().unwrap())];
    all.extend(env);
    Server::start(&dir.join("data"), &all)
}

/// The longest lyrics there are: seconds of work.
fn long(seed: u64) -> Value {
    json!({"description": "a song about rain", "audio_duration": 600, "seed": seed})
}

fn begun(server: &Server, path: &str, body: &Value) -> String {
    let answer = server.post(&format!("{path}?async=true"), body);
    assert_eq!(answer.status, 202, "{}", answer.json());
    answer.json()["operation_id"].as_str().unwrap().to_owned()
}

/// An operation, once `is_so` of it.
fn wait(server: &Server, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let operation = server.get(&format!("/operations/{id}")).json();
        if is_so(&operation) {
            return operation;
        }
        assert!(Instant::now() < deadline, "{operation}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn has_ended(operation: &Value) -> bool {
    !operation["ended_at"].is_null()
}

#[test]
fn past_the_deadline_it_is_408_and_the_next_one_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let limit = [("SONGWRIGHT_LYRICS_MAX_RUNTIME_SECONDS", "1")];
    let server = serve(dir.path(), &small(), &limit);
    for seed in 0..2 {
        let answer = server.post("/lyrics/generate_lyrics", &long(seed));
        let body = answer.json();
        assert_eq!(answer.status, 408, "{body}");
        assert!(body["detail"].as_str().unwrap().contains("1 s"), "{body}");
    }
    // By now it is loaded, and a title takes no second.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = server.post(
            "/lyrics/generate_title",
            &json!({"description": "rain on tin"}),
        );
        match answer.status {
            200 => break,
            408 => assert!(Instant::now() < deadline, "{}", answer.json()),
            other => panic!("{other}: {}", answer.json()),
        }
    }
}

#[test]
fn thirty_two_at_once_are_served_in_their_order_as_far_as_the_line_goes() {
    let dir = tempfile::tempdir().unwrap();
    let env = [
        ("SONGWRIGHT_QUEUE_LIMIT", "8"),
        ("SONGWRIGHT_LYRICS_MAX_CONCURRENT_REQUESTS", "1"),
        ("SONGWRIGHT_INTEGRATED_MAX_CONCURRENT_REQUESTS", "1"),
    ];
    let server = serve(dir.path(), &small(), &env);
    // The first one is at work while the others come.
    let first = begun(&server, "/lyrics/generate_lyrics", &long(1));
    wait(&server, &first, |operation| {
        !operation["started_at"].is_null()
    });
    let (mut taken, mut refused) = (vec![first.clone()], 0);
    for seed in 0..31 {
        let body = json!({"description": format!("rain on day {seed}"), "seed": seed});
        let answer = server.post("/lyrics/generate_prompt?async=true", &body);
        match answer.status {
            202 => taken.push(answer.json()["operation_id"].as_str().unwrap().to_owned()),
            429 => {
                refused += 1;
                assert!(answer.retry_after.is_some());
            }
            other => panic!("{other}: {}", answer.json()),
        }
    }
    assert!(
        !has_ended(&server.get(&format!("/operations/{first}")).json()),
        "too fast to tell"
    );
    assert_eq!((taken.len(), refused), (9, 23));
    let ended: Vec<Value> = taken
        .iter()
        .map(|id| wait(&server, id, has_ended))
        .collect();
    for operation in &ended {
        assert_eq!(operation["state"], "succeeded", "{operation}");
    }
    let begun: Vec<&str> = ended
        .iter()
        .map(|o| o["started_at"].as_str().unwrap())
        .collect();
    assert!(begun.is_sorted(), "not first come, first served: {begun:?}");
}

#[test]
fn thirty_two_at_once_wait_in_one_line_and_all_are_answered() {
    const ALL: usize = 32;
    let dir = tempfile::tempdir().unwrap();
    let env = [
        ("SONGWRIGHT_QUEUE_LIMIT", "64"),
        ("SONGWRIGHT_LYRICS_MAX_CONCURRENT_REQUESTS", "1"),
        ("SONGWRIGHT_INTEGRATED_MAX_CONCURRENT_REQUESTS", "1"),
    ];
    let server = serve(dir.path(), &small(), &env);
    let first = begun(&server, "/lyrics/generate_lyrics", &long(1));
    wait(&server, &first, |operation| {
        !operation["started_at"].is_null()
    });
    // Long and short things in turn.
    let waiting: Vec<String> = (0..ALL)
        .map(|nth| {
            let about = format!("rain on day {nth}");
            let (path, body) = match nth % 2 {
                0 => (
                    "/lyrics/generate_lyrics",
                    json!({"description": about, "audio_duration": 20, "seed": nth}),
                ),
                _ => (
                    "/lyrics/generate_prompt",
                    json!({"description": about, "seed": nth}),
                ),
            };
            begun(&server, path, &body)
        })
        .collect();
    let of = |id: &str| server.get(&format!("/operations/{id}")).json();
    assert!(!has_ended(&of(&first)), "too fast to tell");
    for (nth, id) in waiting.iter().enumerate() {
        assert_eq!(of(id)["queue_position"], nth, "two at work at once");
    }
    // Whoever goes away in the middle of the line holds nobody up.
    let (gone, left): (Vec<_>, Vec<_>) = waiting
        .iter()
        .enumerate()
        .partition(|(nth, _)| [5, 16, ALL - 1].contains(nth));
    for (_, id) in &gone {
        assert_eq!(server.delete(&format!("/operations/{id}")).status, 200);
        let ended = wait(&server, id, has_ended);
        assert_eq!(ended["state"], "cancelled", "{ended}");
        assert!(ended["started_at"].is_null(), "{ended}");
    }
    let answered = server.post(
        "/lyrics/generate_title",
        &json!({"description": "rain on tin"}),
    );
    // It came last, so all before it were served by then.
    assert_eq!(answered.status, 200, "{}", answered.json());
    assert!(has_ended(&of(&first)));
    let ended: Vec<Value> = left.iter().map(|(_, id)| of(id)).collect();
    for operation in &ended {
        assert_eq!(operation["state"], "succeeded", "{operation}");
    }
    let times: Vec<(&str, &str)> = ended
        .iter()
        .map(|o| {
            (
                o["started_at"].as_str().unwrap(),
                o["ended_at"].as_str().unwrap(),
            )
        })
        .collect();
    assert!(times.is_sorted(), "not first come, first served: {times:?}");
    for (before, after) in times.iter().zip(&times[1..]) {
        assert!(before.1 <= after.0, "side by side: {before:?} {after:?}");
    }
}

#[test]
fn who_cancels_while_words_are_written_waits_for_one_token() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path(), &small(), &[]);
    let id = begun(&server, "/lyrics/generate_lyrics", &long(1));
    wait(&server, &id, |operation| operation["note"].is_string());
    let asked = Instant::now();
    assert_eq!(server.delete(&format!("/operations/{id}")).status, 200);
    let ended = wait(&server, &id, has_ended);
    assert_eq!(ended["state"], "cancelled", "{ended}");
    assert!(
        asked.elapsed() < Duration::from_secs(30),
        "{:?}",
        asked.elapsed()
    );
    let next = server.post(
        "/lyrics/generate_prompt",
        &json!({"description": "rain on tin"}),
    );
    assert_eq!(next.status, 200, "{}", next.json());
}

#[test]
fn what_is_longer_than_the_context_is_400_and_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = small();
    config["max_position_embeddings"] = 512.into();
    let server = serve(dir.path(), &config, &[]);
    let lyrics = "rain on the roof tonight\n".repeat(190);
    for (path, body) in [
        ("/lyrics/generate_title", json!({"lyrics": lyrics})),
        (
            "/lyrics/revise_lyrics",
            json!({"task": "rewrite", "section": "1", "lyrics": lyrics}),
        ),
    ] {
        let answer = server.post(path, &body);
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert_eq!(answer.status, 400, "{detail}");
        assert!(
            detail.contains("512") && detail.contains("Shorten"),
            "{detail}"
        );
    }
    let short = server.post(
        "/lyrics/generate_title",
        &json!({"description": "rain on tin"}),
    );
    assert_eq!(short.status, 200, "{}", short.json());
}
