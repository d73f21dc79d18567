//! A process that is killed at any moment leaves the library readable and every finished song
//! whole: a child writes songs in a loop, is killed, and what it left is looked at, ten times over
//! the same library.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests are tests too"
)]

mod fixture;

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sha2::Digest as _;
use songwright_base::{OperationState, Operations, Service};
use songwright_storage::{Library, Objects, SongFilter, StoredFile};
use uuid::Uuid;

const DIR: &str = "SONGWRIGHT_CRASH_TEST_DIR";
const ROUNDS: usize = 10;

fn open(dir: &Path) -> (Library, Objects) {
    let library = Library::open(&dir.join("library.db")).unwrap();
    (library, fixture::local_store(dir))
}

#[tokio::test]
#[ignore = "the child that the other test starts and kills"]
async fn write_songs_until_killed() {
    let dir = PathBuf::from(std::env::var_os(DIR).expect("a folder to write into"));
    let (library, objects) = open(&dir);
    let library = Arc::new(library);
    let _claim = library.claim_queue(&[Service::Integrated]).unwrap();
    let operations = Operations::new(library.clone());
    for n in 0.. {
        let request = json!({"full_described_song": format!("song {n}")});
        let operation = operations
            .start(Service::Integrated, "generate_from_description", request)
            .unwrap();
        said("waiting", operation.id().0);
        operation.start(Duration::from_secs(60));
        let new = fixture::song(&objects, &format!("Song {n}")).await.unwrap();
        let song = library.add_song(&new).unwrap();
        said("song", song.id);
        operation.set_song(song.id);
        operation.end(Ok(json!({"song_id": song.id})));
    }
}

/// Tells the parent what has been acknowledged.
fn said(what: &str, id: Uuid) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{what} {id}").unwrap();
    out.flush().unwrap();
}

/// Runs the child and kills it some time `after` it said `word` for the first time; gives back all
/// that it had said.
fn kill_a_writer(dir: &Path, word: &'static str, after: Duration) -> Vec<(String, Uuid)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "write_songs_until_killed",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (started, first) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        for line in lines.map_while(Result::ok) {
            if let Some((what, id)) = line.split_once(' ')
                && let Ok(id) = id.parse()
            {
                all.push((what.to_owned(), id));
                if what == word {
                    let _ = started.send(());
                }
            }
        }
        all
    });
    first
        .recv_timeout(Duration::from_secs(60))
        .expect("the child says something");
    std::thread::sleep(after);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(!status.success(), "it was killed, not done: {status}");
    reader.join().unwrap()
}

async fn is_whole(objects: &Objects, file: &StoredFile) -> bool {
    let content = objects.get(&file.key).await.unwrap();
    let sha256: String = sha2::Sha256::digest(&content)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    (content.len() as u64, &sha256) == (file.bytes, &file.sha256)
}

#[tokio::test]
async fn a_kill_at_any_moment_loses_nothing_that_was_finished() {
    let dir = tempfile::tempdir().unwrap();
    let mut promised_songs = HashSet::new();
    let mut promised_operations = HashSet::new();
    let (mut interrupted, mut left_over) = (0, 0);
    for round in 0..ROUNDS {
        let after = Duration::from_micros(rand::random_range(0..250_000));
        // Every other one is killed in its first song.
        let word = ["waiting", "song"][round % 2];
        for (what, id) in kill_a_writer(dir.path(), word, after) {
            match what.as_str() {
                "song" => promised_songs.insert(id),
                _ => promised_operations.insert(id),
            };
        }
        let (library, objects) = open(dir.path());
        objects.remove_half_written(Duration::ZERO).unwrap();
        library.check().unwrap();

        let claim = library
            .claim_queue(&[Service::Integrated])
            .expect("the killed child gave it up");
        let running = |library: &Library| {
            let all = library.operations(&[Service::Integrated]).unwrap();
            all.iter()
                .filter(|o| o.state == OperationState::Running)
                .count()
        };
        let cut_off = running(&library);
        assert!(cut_off <= 1, "round {round}: one at a time was running");
        interrupted += cut_off;
        let operations = library.recover(&claim).unwrap();
        assert_eq!(
            running(&library),
            0,
            "round {round}: it says that it was interrupted"
        );
        let known: HashSet<Uuid> = operations.iter().map(|o| o.operation_id.0).collect();
        assert!(promised_operations.is_subset(&known), "round {round}");

        let all = SongFilter {
            limit: u32::MAX,
            ..SongFilter::default()
        };
        let listed = library.songs(&all).unwrap().songs;
        let ids: HashSet<Uuid> = listed.iter().map(|song| song.id).collect();
        assert!(
            promised_songs.is_subset(&ids),
            "round {round}: a song is lost"
        );
        for id in ids {
            let song = library.song(id).unwrap();
            let recording = &song.takes[0].recording;
            let stems = recording.stems.iter().map(|stem| &stem.file);
            let files = [&recording.audio, &song.covers[0].artwork.image]
                .into_iter()
                .chain(recording.midi.as_ref())
                .chain(stems);
            for file in files {
                assert!(is_whole(&objects, file).await, "round {round}: {file:?}");
            }
        }

        let left = library.unkept_files(&claim, i64::MAX).unwrap();
        assert!(left.len() <= 5, "one song's files at the most: {left:?}");
        left_over += left.len();
        for key in left {
            objects.delete(&key).await.unwrap();
        }
        assert!(library.unkept_files(&claim, i64::MAX).unwrap().is_empty());
        let names = std::fs::read_dir(dir.path().join("objects")).unwrap();
        assert_eq!(
            names.count(),
            library.files().unwrap().len(),
            "nothing half written"
        );
    }
    println!(
        "{ROUNDS} kills: {} songs, {interrupted} interrupted operations, {left_over} files left over",
        promised_songs.len()
    );
    assert!(promised_songs.len() >= ROUNDS / 2);
}
