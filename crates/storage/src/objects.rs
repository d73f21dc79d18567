use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as StorePath;
use object_store::{
    ClientOptions, GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, RetryConfig,
    WriteMultipart,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::is_full;
use crate::{Error, Library, ObjectConfig, ObjectKey, S3Config, StorageMode};

/// Larger objects go to S3 in parts of this size, so that a slow line can retry a part.
const PART_BYTES: usize = 8 << 20;
/// Parts on their way at the same time.
const PARTS_AT_ONCE: usize = 3;

/// What is stored under a key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StoredFile {
    /// Its key.
    pub key: ObjectKey,
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of its content in lower-case hex.
    pub sha256: String,
}

/// An object as the store knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ObjectInfo {
    /// Its key.
    pub key: ObjectKey,
    /// Its size.
    pub bytes: u64,
    /// When it was written, in milliseconds since 1970 (UTC).
    pub modified_at_ms: i64,
}

/// The object store of a library: a local folder or an S3 bucket, of files under flat keys.
///
/// Objects are written whole or not at all, and are on the disk when `put` returns. Before one is
/// written the library notes its key, so that what a crash leaves behind is known for this
/// library's: a bucket may hold files of others, and nothing else is ever deleted. Cheap to clone.
/// Every method must be called inside a tokio runtime.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    mode: StorageMode,
    local_dir: Option<PathBuf>,
    library: Arc<Library>,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Objects({})", self.store)
    }
}

impl Objects {
    /// Opens the store of `library`. A local folder is made; a bucket is not asked anything yet.
    ///
    /// # Errors
    /// [`Error::Io`] for a folder that cannot be made, [`Error::Settings`] for a bucket's.
    pub fn open(config: &ObjectConfig, library: &Arc<Library>) -> Result<Self, Error> {
        match config {
            ObjectConfig::Local { dir } => {
                std::fs::create_dir_all(dir).map_err(Error::io(dir, "made"))?;
                let store = LocalFileSystem::new_with_prefix(dir)
                    .map_err(settings)?
                    .with_fsync(true);
                Ok(Self {
                    store: Arc::new(store),
                    mode: StorageMode::Local,
                    local_dir: Some(dir.clone()),
                    library: library.clone(),
                })
            }
            ObjectConfig::S3(s3) => Ok(Self {
                store: Arc::new(s3_store(s3)?),
                mode: StorageMode::S3,
                local_dir: None,
                library: library.clone(),
            }),
        }
    }

    /// Where objects lie.
    #[must_use]
    pub const fn mode(&self) -> StorageMode {
        self.mode
    }

    /// Removes from a local folder what a crash left half written, where it is older than `age`:
    /// a younger file may be one that another process is writing.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn remove_half_written(&self, age: Duration) -> Result<(), Error> {
        match &self.local_dir {
            Some(dir) => remove_half_written(dir, age),
            None => Ok(()),
        }
    }

    /// Stores `content` under `key`, replacing what was there. Until a row of the library names it, it
    /// is one of [`Library::unkept_files`].
    ///
    /// # Errors
    /// [`Error::Full`] where there is no space; nothing is visible under the key then.
    pub async fn put(&self, key: &ObjectKey, content: Bytes) -> Result<StoredFile, Error> {
        let (hashed, noted) = (content.clone(), key.clone());
        let sha256 = self
            .blocking("hashing", key, move |library| {
                library.note_unkept(&noted)?;
                Ok(sha256_hex(&hashed))
            })
            .await?;
        let bytes = content.len() as u64;
        let path = StorePath::from(key.as_str());
        let written = if self.mode == StorageMode::S3 && content.len() > 2 * PART_BYTES {
            self.put_in_parts(&path, content).await
        } else {
            self.store.put(&path, content.into()).await.map(drop)
        };
        written.map_err(|e| self.failed(format!("writing {key}"), key.as_str(), e))?;
        Ok(StoredFile {
            key: key.clone(),
            bytes,
            sha256,
        })
    }

    async fn put_in_parts(&self, path: &StorePath, content: Bytes) -> object_store::Result<()> {
        let upload = self.store.put_multipart(path).await?;
        let mut writer = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        for start in (0..content.len()).step_by(PART_BYTES) {
            if let Err(e) = writer.wait_for_capacity(PARTS_AT_ONCE).await {
                // Best effort: a bucket's own rule clears abandoned parts where this fails too.
                let _ = writer.abort().await;
                return Err(e);
            }
            let end = (start + PART_BYTES).min(content.len());
            writer.put(content.slice(start..end));
        }
        writer.finish().await.map(drop)
    }

    /// The whole object.
    ///
    /// # Errors
    /// [`Error::NoSuchObject`].
    pub async fn get(&self, key: &ObjectKey) -> Result<Bytes, Error> {
        let doing = || format!("reading {key}");
        let found = self
            .store
            .get(&StorePath::from(key.as_str()))
            .await
            .map_err(|e| self.failed(doing(), key.as_str(), e))?;
        found
            .bytes()
            .await
            .map_err(|e| self.failed(doing(), key.as_str(), e))
    }

    /// The bytes `range` of an object; an end past the object's is its end.
    ///
    /// # Errors
    /// [`Error::NoSuchObject`]; [`Error::RangeOutside`] where `range` is empty or begins at or
    /// past the end.
    pub async fn get_range(&self, key: &ObjectKey, range: Range<u64>) -> Result<Bytes, Error> {
        let doing = || format!("reading {key}");
        let mut parts = self.stream(key, Some(range)).await?;
        let mut whole = Vec::new();
        while let Some(part) = parts.next().await {
            whole.extend_from_slice(&part.map_err(|e| match e {
                Error::Store { source, .. } => self.failed_with(doing(), source),
                other => other,
            })?);
        }
        Ok(whole.into())
    }

    /// An object, or a range of it as in [`Objects::get_range`], piece by piece.
    ///
    /// # Errors
    /// As [`Objects::get_range`], at once; a piece that cannot be read is an `Err` in the stream.
    pub async fn stream(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
        let info = self.head(key).await?;
        let mut options = GetOptions::default();
        if let Some(range) = range {
            if range.start >= range.end || range.start >= info.bytes {
                return Err(Error::RangeOutside {
                    key: key.to_string(),
                    start: range.start,
                    end: range.end,
                    bytes: info.bytes,
                });
            }
            options.range = Some(GetRange::Bounded(range.start..range.end.min(info.bytes)));
        }
        let doing = format!("reading {key}");
        let found = self
            .store
            .get_opts(&StorePath::from(key.as_str()), options)
            .await
            .map_err(|e| self.failed(doing.clone(), key.as_str(), e))?;
        let (objects, key) = (self.clone(), key.clone());
        Ok(found
            .into_stream()
            .map_err(move |e| objects.failed(doing.clone(), key.as_str(), e))
            .boxed())
    }

    /// Size and time of an object.
    ///
    /// # Errors
    /// [`Error::NoSuchObject`].
    pub async fn head(&self, key: &ObjectKey) -> Result<ObjectInfo, Error> {
        let meta = self
            .store
            .head(&StorePath::from(key.as_str()))
            .await
            .map_err(|e| self.failed(format!("looking up {key}"), key.as_str(), e))?;
        Ok(ObjectInfo {
            key: key.clone(),
            bytes: meta.size,
            modified_at_ms: meta.last_modified.timestamp_millis(),
        })
    }

    /// Removes an object; one that is not there is removed already.
    ///
    /// # Errors
    /// [`Error::Store`]; the library knows then that it is still to be removed.
    pub async fn delete(&self, key: &ObjectKey) -> Result<(), Error> {
        match self.store.delete(&StorePath::from(key.as_str())).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(e) => return Err(self.failed(format!("deleting {key}"), key.as_str(), e)),
        }
        let gone = key.clone();
        self.blocking("deleting", key, move |library| library.forget_unkept(&gone))
            .await
    }

    /// Runs a short call off the async threads.
    async fn blocking<T: Send + 'static>(
        &self,
        doing: &str,
        key: &ObjectKey,
        call: impl FnOnce(&Library) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let library = self.library.clone();
        tokio::task::spawn_blocking(move || call(&library))
            .await
            .map_err(|e| self.failed_with(format!("{doing} {key}"), e.into()))?
    }

    fn failed(&self, doing: impl Into<String>, key: &str, error: object_store::Error) -> Error {
        if let object_store::Error::NotFound { .. } = error
            // A missing bucket is "not found" too, but no file's fault.
            && !error.to_string().contains("NoSuchBucket")
        {
            return Error::NoSuchObject {
                key: key.to_owned(),
            };
        }
        if is_full(&error) || server_says_full(&error) {
            return Error::Full {
                what: key.to_owned(),
                source: error.into(),
            };
        }
        self.failed_with(doing.into(), error.into())
    }

    fn failed_with(
        &self,
        doing: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    ) -> Error {
        Error::Store {
            doing,
            remote: self.mode == StorageMode::S3,
            source,
        }
    }
}

/// S3 has no code of its own for a full disk; these are what MinIO, Ceph and Garage send.
fn server_says_full(error: &object_store::Error) -> bool {
    let text = error.to_string();
    [
        "XMinioStorageFull",
        "QuotaExceeded",
        "InsufficientStorage",
        "507 Insufficient Storage",
    ]
    .iter()
    .any(|code| text.contains(code))
}

/// The SHA-256 of `content` in lower-case hex.
pub(crate) fn sha256_hex(content: &[u8]) -> String {
    hex(Sha256::digest(content).as_slice())
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Removes what `LocalFileSystem` was writing when the process died: `<key>#<number>`.
fn remove_half_written(dir: &Path, age: Duration) -> Result<(), Error> {
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir, "read"))? {
        let entry = entry.map_err(Error::io(dir, "read"))?;
        let name = entry.file_name();
        let half_written =
            name.to_str()
                .and_then(|n| n.rsplit_once('#'))
                .is_some_and(|(key, number)| {
                    ObjectKey::parse(key).is_ok()
                        && !number.is_empty()
                        && number.bytes().all(|b| b.is_ascii_digit())
                });
        let old = entry
            .metadata()
            .and_then(|m| m.modified())
            .is_ok_and(|at| at.elapsed().is_ok_and(|since| since >= age));
        if half_written && old {
            let path = entry.path();
            std::fs::remove_file(&path).map_err(Error::io(&path, "removed"))?;
            tracing::info!(file = %path.display(), "removed what a crash left half written");
        }
    }
    Ok(())
}

fn s3_store(config: &S3Config) -> Result<impl ObjectStore + use<>, Error> {
    // reqwest is built without a TLS provider of its own: aws-lc needs more than a C compiler.
    // An error says that the process has one already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(&config.bucket)
        .with_virtual_hosted_style_request(!config.path_style.unwrap_or(config.endpoint.is_some()))
        .with_retry(RetryConfig {
            max_retries: 4,
            retry_timeout: Duration::from_secs(60),
            ..RetryConfig::default()
        });
    let mut client = ClientOptions::new()
        .with_connect_timeout(Duration::from_secs(10))
        .with_timeout(Duration::from_secs(300));
    if let Some(endpoint) = &config.endpoint {
        builder = builder.with_endpoint(endpoint);
        client = client.with_allow_http(true);
    }
    if let Some(region) = &config.region {
        builder = builder.with_region(region);
    }
    if let Some(key) = &config.access_key_id {
        builder = builder.with_access_key_id(key);
    }
    if let Some(secret) = &config.secret_access_key {
        builder = builder.with_secret_access_key(secret);
    }
    builder
        .with_client_options(client)
        .build()
        .map_err(settings)
}

/// Whether a bucket answers. Nothing is written.
///
/// # Errors
/// [`Error::Settings`], [`Error::Store`].
pub async fn check_bucket(config: &S3Config) -> Result<(), Error> {
    match s3_store(config)?.list(None).next().await {
        Some(Err(e)) => Err(Error::Store {
            doing: "listing its files".to_owned(),
            remote: true,
            source: e.into(),
        }),
        Some(Ok(_)) | None => Ok(()),
    }
}

fn settings(error: object_store::Error) -> Error {
    Error::Settings {
        problem: error.to_string(),
    }
}
