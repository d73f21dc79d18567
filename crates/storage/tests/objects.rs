//! The same checks on every kind of object store.
//!
//! A local folder always; an S3 server too where these are set:
//! - `SONGWRIGHT_TEST_S3_ENDPOINT`: its URL, such as `http://127.0.0.1:5000`
//!   (`pip install 'moto[server]'`, then `moto_server -p 5000`; or MinIO, Garage, …)
//! - `SONGWRIGHT_TEST_S3_BUCKET`: a bucket that exists; `songwright-test` where not set. On moto a
//!   plain `curl -X PUT http://127.0.0.1:5000/songwright-test` makes it.
//! - `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`: its keys; `test` where not set.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests are tests too"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use songwright_storage::{
    Error, Library, ObjectConfig, ObjectKey, Objects, S3Config, StorageMode, check_bucket,
};

const ENDPOINT: &str = "SONGWRIGHT_TEST_S3_ENDPOINT";

/// Every store that this machine has; the folder lives as long as it is held.
fn stores() -> (tempfile::TempDir, Vec<Objects>) {
    let dir = tempfile::tempdir().unwrap();
    let mut configs = vec![ObjectConfig::Local {
        dir: dir.path().join("made/on/the/way"),
    }];
    configs.extend(s3(&bucket()).map(ObjectConfig::S3));
    let stores = configs.iter().map(|c| open(c, dir.path())).collect();
    (dir, stores)
}

/// A store whose library is in `dir`.
fn open(config: &ObjectConfig, dir: &Path) -> Objects {
    let library = Library::open(&dir.join("library.db")).unwrap();
    Objects::open(config, &Arc::new(library)).unwrap()
}

fn bucket() -> String {
    variable("SONGWRIGHT_TEST_S3_BUCKET").unwrap_or_else(|| "songwright-test".to_owned())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A bucket on the server that the environment names.
fn s3(bucket: &str) -> Option<S3Config> {
    let or_test = |name| Some(variable(name).unwrap_or_else(|| "test".to_owned()));
    let Some(endpoint) = variable(ENDPOINT) else {
        println!("{ENDPOINT} is not set: S3 is not tested");
        return None;
    };
    Some(S3Config {
        bucket: bucket.to_owned(),
        endpoint: Some(endpoint),
        region: None,
        access_key_id: or_test("AWS_ACCESS_KEY_ID"),
        secret_access_key: or_test("AWS_SECRET_ACCESS_KEY"),
        path_style: None,
    })
}

fn key(extension: &str) -> ObjectKey {
    ObjectKey::random(extension).unwrap()
}

#[tokio::test]
async fn what_is_put_is_got_replaced_and_deleted() {
    let (_dir, stores) = stores();
    for store in stores {
        let key = key("wav");
        let stored = store.put(&key, Bytes::from_static(b"first")).await.unwrap();
        assert_eq!(stored.bytes, 5);
        assert_eq!(
            stored.sha256,
            "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e"
        );
        assert_eq!(store.get(&key).await.unwrap(), "first");
        store
            .put(&key, Bytes::from_static(b"second one"))
            .await
            .unwrap();
        assert_eq!(store.get(&key).await.unwrap(), "second one");
        let info = store.head(&key).await.unwrap();
        assert_eq!((info.bytes, &info.key), (10, &key));
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_millis() as i64;
        assert!((now - info.modified_at_ms).abs() < 120_000, "{store:?}");
        store.delete(&key).await.unwrap();
        store.delete(&key).await.unwrap();
        let gone = store.head(&key).await.unwrap_err();
        assert!(matches!(gone, Error::NoSuchObject { .. }), "{gone:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (_dir, stores) = stores();
    for store in stores {
        let key = key("wav");
        for error in [
            store.get(&key).await.unwrap_err(),
            store.head(&key).await.unwrap_err(),
            store.get_range(&key, 0..1).await.unwrap_err(),
        ] {
            assert!(
                matches!(error, Error::NoSuchObject { .. }),
                "{store:?}: {error:?}"
            );
            assert_eq!(error.code().http_status(), 404);
        }
    }
}

#[tokio::test]
async fn ranges_are_exact() {
    let (_dir, stores) = stores();
    for store in stores {
        let key = key("bin");
        store
            .put(&key, Bytes::from_static(b"0123456789"))
            .await
            .unwrap();
        for (range, want) in [(0..1, "0"), (3..7, "3456"), (9..10, "9"), (8..999, "89")] {
            assert_eq!(
                store.get_range(&key, range).await.unwrap(),
                want,
                "{store:?}"
            );
        }
        for outside in [10..11, 500..600, 4..4] {
            let error = store.get_range(&key, outside).await.unwrap_err();
            assert_eq!(error.code().http_status(), 416, "{store:?}: {error:?}");
        }
        let parts: Vec<Bytes> = store
            .stream(&key, None)
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        assert_eq!(parts.concat(), b"0123456789");
        store.delete(&key).await.unwrap();
    }
}

#[tokio::test]
async fn empty_and_large_objects_are_whole() {
    let (_dir, stores) = stores();
    for store in stores {
        let (empty, large) = (key("txt"), key("wav"));
        store.put(&empty, Bytes::new()).await.unwrap();
        assert!(store.get(&empty).await.unwrap().is_empty());
        // Larger than what goes in one request, and not a multiple of a part.
        let content: Bytes = (0..(21_u32 << 20) + 123)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        let stored = store.put(&large, content.clone()).await.unwrap();
        assert_eq!(stored.bytes, content.len() as u64);
        assert!(store.get(&large).await.unwrap() == content, "{store:?}");
        let middle = (8 << 20) - 3..(8 << 20) + 3;
        let range = store.get_range(&large, middle.start as u64..middle.end as u64);
        assert_eq!(range.await.unwrap(), content[middle]);
        store.delete(&empty).await.unwrap();
        store.delete(&large).await.unwrap();
    }
}

#[tokio::test]
async fn writers_at_the_same_time_leave_one_whole_object() {
    let (_dir, stores) = stores();
    for store in stores {
        let key = key("wav");
        let writers = (0..8_u8).map(|i| {
            let (store, key) = (store.clone(), key.clone());
            tokio::spawn(async move { store.put(&key, vec![i; 300_000].into()).await.unwrap() })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        let got = store.get(&key).await.unwrap();
        assert_eq!(got.len(), 300_000);
        assert!(got.iter().all(|b| *b == got[0]), "{store:?}: mixed");
        store.delete(&key).await.unwrap();
    }
}

#[tokio::test]
async fn a_missing_bucket_is_not_a_missing_file() {
    let Some(config) = s3("songwright-no-such-bucket") else {
        return;
    };
    check_bucket(&s3(&bucket()).unwrap()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let unreached = check_bucket(&config).await.unwrap_err();
    let store = open(&ObjectConfig::S3(config), dir.path());
    let key = key("wav");
    for error in [
        store.get(&key).await.unwrap_err(),
        store.put(&key, Bytes::from_static(b"x")).await.unwrap_err(),
        unreached,
    ] {
        assert_eq!(error.code().http_status(), 502, "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_a_bad_gateway() {
    // Port 9 (discard) of this machine: nothing listens there.
    let dir = tempfile::tempdir().unwrap();
    let config = ObjectConfig::S3(S3Config {
        bucket: "none".to_owned(),
        endpoint: Some("http://127.0.0.1:9".to_owned()),
        region: None,
        access_key_id: Some("test".to_owned()),
        secret_access_key: Some("test".to_owned()),
        path_style: None,
    });
    let store = open(&config, dir.path());
    assert_eq!(store.mode(), StorageMode::S3);
    let error = store.get(&key("wav")).await.unwrap_err();
    assert_eq!(error.code().http_status(), 502, "{error:?}");
}

#[tokio::test]
async fn what_a_crash_left_half_written_is_removed_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    for name in [
        "a.wav",
        "a.wav#1",
        "b.png#27",
        "notes#1x",
        "#1",
        "my file#3",
    ] {
        std::fs::write(dir.path().join(name), "x").unwrap();
    }
    let library = tempfile::tempdir().unwrap();
    let config = ObjectConfig::Local {
        dir: dir.path().to_owned(),
    };
    let store = open(&config, library.path());
    let left = || {
        let names = std::fs::read_dir(dir.path()).unwrap();
        let mut names: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    store
        .remove_half_written(Duration::from_secs(3600))
        .unwrap();
    assert_eq!(left().len(), 6, "what another process may be writing stays");
    store.remove_half_written(Duration::ZERO).unwrap();
    assert_eq!(left(), ["#1", "a.wav", "my file#3", "notes#1x"]);
}
