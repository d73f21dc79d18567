//! A model in two repositories' worth of files, a hub that has it, and a machine that does not.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sha2::{Digest as _, Sha256};
use songwright_base::{Observer, Progress};
use songwright_hub::{Card, Hub, HubEnvironment, Patience};

use crate::fake_hub::{COMMIT, FakeHub, hex};

pub(crate) const REPOSITORY: &str = "songs/tiny";
pub(crate) const WEIGHTS: &str = "net/model.safetensors";
pub(crate) const CONFIG: &str = "config.json";
pub(crate) const NOTES: &str = "notes.txt";

/// A machine with a hub to ask.
pub(crate) struct Desk {
    pub(crate) hub: FakeHub,
    pub(crate) home: tempfile::TempDir,
    pub(crate) weights: Vec<u8>,
    pub(crate) card: Card,
}

impl Desk {
    pub(crate) async fn new() -> Self {
        Self::with_weights(weights(200_000)).await
    }

    pub(crate) async fn with_weights(weights: Vec<u8>) -> Self {
        let hub = FakeHub::start().await;
        hub.publish(REPOSITORY, WEIGHTS, &weights, true);
        hub.publish(REPOSITORY, CONFIG, b"{\"layers\": 1}", false);
        hub.publish(REPOSITORY, NOTES, b"sung once", false);
        Self {
            card: card(&weights, ""),
            hub,
            home: tempfile::tempdir().unwrap(),
            weights,
        }
    }

    /// The models of this machine, with further variables.
    pub(crate) fn models(&self, vars: &[(&str, &str)]) -> Hub {
        self.models_with(&self.cache(), vars)
    }

    /// The models of this machine where the variables name another cache.
    pub(crate) fn models_in(&self, cache: &Path) -> Hub {
        self.models_with(cache, &[])
    }

    fn models_with(&self, cache: &Path, vars: &[(&str, &str)]) -> Hub {
        let cache = cache.display().to_string();
        let endpoint = self.hub.endpoint.clone();
        let var = |name: &str| match name {
            "HF_ENDPOINT" => Some(endpoint.clone()),
            "HF_HUB_CACHE" => Some(cache.clone()),
            name => {
                let (_, value) = vars.iter().find(|(n, _)| *n == name)?;
                Some((*value).to_owned())
            }
        };
        let environment =
            HubEnvironment::from_vars(var, Some(self.home.path().to_owned())).unwrap();
        Hub::with_environment(&self.data_dir(), environment)
            .with_patience(Patience {
                silence: Duration::from_millis(500),
                first_pause: Duration::from_millis(10),
                tries: 3,
            })
            .with_free_bytes(Arc::new(|_| Some(1 << 40)))
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.home.path().join("data")
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.home.path().join("cache")
    }

    pub(crate) fn repository(&self) -> PathBuf {
        self.cache().join("models--songs--tiny")
    }

    pub(crate) fn blob(&self) -> PathBuf {
        let name = hex(&Sha256::digest(&self.weights));
        self.repository().join("blobs").join(name)
    }

    pub(crate) fn partial(&self) -> PathBuf {
        let mut name = self.blob().into_os_string();
        name.push(".incomplete");
        name.into()
    }

    pub(crate) fn pointer(&self, path: &str) -> PathBuf {
        self.repository().join("snapshots").join(COMMIT).join(path)
    }

    /// Puts a file into the cache as another program of the hub would.
    pub(crate) fn cache_file(&self, path: &str, bytes: &[u8], etag: &str) {
        let blob = self.repository().join("blobs").join(etag);
        let pointer = self.pointer(path);
        fs::create_dir_all(blob.parent().unwrap()).unwrap();
        fs::create_dir_all(pointer.parent().unwrap()).unwrap();
        fs::write(&blob, bytes).unwrap();
        std::os::unix::fs::symlink(&blob, pointer).unwrap();
    }

    /// All files in a folder of the user's own.
    pub(crate) fn folder(&self) -> PathBuf {
        let folder = self.home.path().join("mine");
        for (path, bytes) in [
            (WEIGHTS, &self.weights[..]),
            (CONFIG, b"{\"layers\": 1}"),
            (NOTES, b"sung once"),
        ] {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }
}

/// A card of [`Desk`]'s model; the digest of `notes.txt` is left to the hub.
pub(crate) fn card(weights: &[u8], licence: &str) -> Card {
    Card::parse(
        &format!(
            r#"
            id = "tiny"
            title = "Tiny"
            family = "tiny"
            service = "music"
            repository = "{REPOSITORY}"
            revision = "{COMMIT}"
            [licence]
            id = "LicenseRef-Tiny"
            url = "https://example.org/terms"
            {licence}
            [[file]]
            path = "{WEIGHTS}"
            bytes = {}
            sha256 = "{}"
            [[file]]
            path = "{CONFIG}"
            sha256 = "{}"
            [[file]]
            path = "{NOTES}"
            "#,
            weights.len(),
            hex(&Sha256::digest(weights)),
            hex(&Sha256::digest(b"{\"layers\": 1}")),
        ),
        "tiny.toml",
    )
    .unwrap()
}

/// A safetensors file with one tensor of `bytes` bytes of noise.
pub(crate) fn weights(bytes: usize) -> Vec<u8> {
    let head = format!(r#"{{"w":{{"dtype":"U8","shape":[{bytes}],"data_offsets":[0,{bytes}]}}}}"#);
    let mut file = (head.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(head.as_bytes());
    let noise = (0..bytes as u64).map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8);
    file.extend(noise);
    file
}

/// An observer that keeps what it is told and can cancel.
#[derive(Default)]
pub(crate) struct Watcher {
    pub(crate) reports: Mutex<Vec<Progress>>,
    pub(crate) notes: Mutex<Vec<String>>,
    pub(crate) cancel: AtomicBool,
    /// Cancels once this share of the bytes has come.
    pub(crate) cancel_at: Option<f64>,
}

impl Observer for Watcher {
    fn report(&self, progress: Progress) {
        let share = progress.done as f64 / progress.total as f64;
        if self.cancel_at.is_some_and(|at| share >= at) {
            self.cancel.store(true, Ordering::Relaxed);
        }
        self.reports.lock().unwrap().push(progress);
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    fn note(&self, text: &str) {
        self.notes.lock().unwrap().push(text.to_owned());
    }
}

pub(crate) fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}
