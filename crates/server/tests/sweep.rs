//! What the program deletes at its start: what it wrote itself and nobody kept, and nothing else.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use songwright_base::config::{Config, RawConfig};
use songwright_server::{Host, Serving};
use songwright_storage::ObjectKey;

async fn host(data_dir: &Path) -> Arc<Host> {
    let raw = RawConfig {
        data_dir: Some(data_dir.to_owned()),
        ..RawConfig::default()
    };
    let config = Config::resolve(raw, RawConfig::default(), RawConfig::default()).unwrap();
    Host::open(config, Serving::All).await.unwrap()
}

/// A file that got no row.
async fn unkept(host: &Host) -> ObjectKey {
    let key = ObjectKey::random("wav").unwrap();
    let objects = &host.studio.objects;
    objects.put(&key, "half a song".into()).await.unwrap();
    key
}

fn make_old(path: &Path) {
    let month_ago = SystemTime::now() - Duration::from_secs(30 * 24 * 3600);
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(month_ago).unwrap();
}

#[tokio::test]
async fn two_libraries_in_one_store_leave_each_other_s_files() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("first"), dir.path().join("second"));
    let studio = host(&first).await;
    let theirs = unkept(&studio).await;
    drop(studio);
    let foreign = first.join("files/somebody-else.wav");
    fs::write(&foreign, "x").unwrap();
    for path in [&first.join("files").join(theirs.as_str()), &foreign] {
        make_old(path);
    }
    fs::create_dir(&second).unwrap();
    std::os::unix::fs::symlink(first.join("files"), second.join("files")).unwrap();
    let studio = host(&second).await;
    let ours = unkept(&studio).await;
    drop(studio);
    assert!(second.join("files").join(ours.as_str()).exists());

    // As if it were written long ago.
    let library = rusqlite::Connection::open(second.join("library.db")).unwrap();
    let changed = library.execute("UPDATE unkept_files SET since_ms = 1", []);
    assert_eq!(changed, Ok(1));
    drop(library);
    drop(host(&second).await);
    assert!(!second.join("files").join(ours.as_str()).exists());
    assert!(foreign.exists() && first.join("files").join(theirs.as_str()).exists());
}
