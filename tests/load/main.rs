//! Many at once, and many one after the other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "helpers of tests"
)]

use std::{collections::BTreeMap, env, thread, time::Instant};

use serde_json::{Value, json};
use songwright_tests::Server;

const DESCRIPTION: &str = "/generate_from_description";

fn short_song(seed: usize) -> Value {
    json!({
        "full_described_song": "a quick folk tune about rain on a tin roof, 110 bpm",
        "audio_duration": 10,
        "cover_size": 256,
        "seed": seed,
    })
}

/// Sends `n` requests at the same time; what came back, by status.
fn at_once(server: &Server, n: usize) -> BTreeMap<u16, usize> {
    thread::scope(|scope| {
        let asked: Vec<_> = (0..n)
            .map(|i| scope.spawn(move || server.post(DESCRIPTION, &short_song(i))))
            .collect();
        let mut by_status = BTreeMap::new();
        for answer in asked {
            let answer = answer.join().unwrap();
            match answer.status {
                200 => {
                    let package = answer.json();
                    assert_eq!(package["service_status"]["music"], true, "{package}");
                    server.assert_whole(&package);
                }
                429 => {
                    let wait_s: u64 = answer.retry_after.as_deref().unwrap().parse().unwrap();
                    assert!((1..=3600).contains(&wait_s), "Retry-After: {wait_s}");
                    assert_eq!(answer.json()["status_code"], 429);
                }
                other => panic!("{other}: {}", answer.json()),
            }
            *by_status.entry(answer.status).or_default() += 1;
        }
        by_status
    })
}

#[test]
fn thirty_two_at_once_are_all_answered() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("data"), &[]);
    let start = Instant::now();
    let answers = at_once(&server, 32);
    println!(
        "32 at once: {answers:?} in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    assert!(answers[&200] >= 3, "{answers:?}");
    assert_eq!(server.songs().len(), answers[&200]);
    let health = server.get("/health_check").json();
    assert_eq!(health["status"], "healthy", "{health}");
    assert_eq!(health["active_operations"], 0, "{health}");
}

#[test]
fn a_full_queue_refuses_the_rest_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let env = [
        ("SONGWRIGHT_QUEUE_LIMIT", "2"),
        ("SONGWRIGHT_INTEGRATED_MAX_CONCURRENT_REQUESTS", "1"),
    ];
    let server = Server::start(&dir.path().join("data"), &env);
    let answers = at_once(&server, 32);
    println!("32 at a queue of two: {answers:?}");
    assert!(answers[&200] >= 3, "{answers:?}");
    assert!(answers[&429] >= 10, "{answers:?}");
    assert_eq!(server.songs().len(), answers[&200]);
}

/// `SONGWRIGHT_LOAD_SONGS=200` is the figure that the notes give.
#[test]
fn memory_stays_flat_over_many_songs() {
    let songs: usize = env::var("SONGWRIGHT_LOAD_SONGS").map_or(40, |n| n.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("data"), &[]);
    let start = Instant::now();
    let mut early_mib = 0;
    for i in 0..songs {
        let answer = server.post(DESCRIPTION, &short_song(i));
        assert_eq!(answer.status, 200, "{}", answer.json());
        if i + 1 == 10 {
            early_mib = server.resident_bytes() >> 20;
        }
    }
    let late_mib = server.resident_bytes() >> 20;
    println!(
        "{songs} songs in {:.1} s: {early_mib} MiB after ten, {late_mib} MiB after all",
        start.elapsed().as_secs_f64()
    );
    // Arenas of the allocator come and go; a leaked 10 s song would be 2 MiB each.
    assert!(
        late_mib < early_mib + 24 + songs as u64 / 10,
        "{early_mib} MiB after ten songs, {late_mib} MiB after {songs}"
    );
}
