//! What is noted of an installed model, in `models/ID/VARIANT.json` of the data folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Digest, Error,
    card::{Card, FilePath, Variant},
    disk,
};

/// A model that was installed or taken in.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Record {
    pub(crate) place: Place,
    /// The licence that somebody accepted.
    pub(crate) accepted: Option<String>,
    pub(crate) installed_at: Timestamp,
    /// By path in the repository.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, Kept>,
    /// What an installation that has not ended has to fetch: none of it was there before.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) fetching: BTreeSet<String>,
}

/// Where a model's files are.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    /// In a cache of the hub.
    Cache(PathBuf),
    /// In a folder of the user's own.
    Folder(PathBuf),
    /// Beside this record.
    Copied,
}

/// A file whose bytes were compared with their digest.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Kept {
    #[serde(flatten)]
    pub(crate) stamp: Stamp,
    pub(crate) digest: String,
    /// Whether we fetched it, and so may delete it.
    #[serde(default)]
    pub(crate) fetched: bool,
}

/// What changes when a file is written.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Stamp {
    pub(crate) bytes: u64,
    /// Since 1970.
    pub(crate) modified_ns: u64,
}

impl Stamp {
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        let since = metadata.modified()?.duration_since(UNIX_EPOCH);
        let since = since.unwrap_or_default();
        Ok(Self {
            bytes: metadata.len(),
            modified_ns: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX),
        })
    }
}

impl Record {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place,
            accepted: None,
            installed_at: Timestamp::now(),
            files: BTreeMap::new(),
            fetching: BTreeSet::new(),
        }
    }

    /// Whether the file was found to have this digest and was not written since.
    pub(crate) fn knows(&self, path: &FilePath, stamp: Stamp, digest: &Digest) -> bool {
        self.files
            .get(path.as_str())
            .is_some_and(|kept| kept.stamp == stamp && kept.digest == digest.to_string())
    }

    /// Whether we fetched a file, or were about to, and so may delete it.
    pub(crate) fn is_ours(&self, path: &FilePath) -> bool {
        let kept = self.files.get(path.as_str());
        kept.is_some_and(|kept| kept.fetched) || self.fetching.contains(path.as_str())
    }

    /// The digest that was noted for a file.
    pub(crate) fn digest(&self, path: &FilePath) -> Option<Digest> {
        self.files.get(path.as_str())?.digest.parse().ok()
    }
}

/// Where the records of one card's variants are.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    folder: PathBuf,
}

impl Records {
    pub(crate) fn of(models_dir: &Path, card: &Card) -> Self {
        Self {
            folder: models_dir.join(card.id.as_str()),
        }
    }

    /// The folder for copied files.
    pub(crate) fn copies(&self, variant: &Variant) -> PathBuf {
        self.folder.join(variant.name.as_str())
    }

    /// A record that cannot be read counts as none: it can be made again.
    pub(crate) fn read(&self, variant: &Variant) -> Option<Record> {
        let path = self.path(variant);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!("{} cannot be read: {error}", path.display());
                return None;
            }
        };
        serde_json::from_slice(&text)
            .inspect_err(|error| tracing::warn!("{} is no record: {error}", path.display()))
            .ok()
    }

    /// Whole or not at all.
    pub(crate) fn write(&self, variant: &Variant, record: &Record) -> Result<(), Error> {
        let path = self.path(variant);
        let text = serde_json::to_vec_pretty(record)
            .map_err(Error::machine("noting what is installed"))?;
        disk::write_whole(&path, &text)
    }

    /// Forgets a variant; whether there was something to forget.
    pub(crate) fn forget(&self, variant: &Variant) -> Result<bool, Error> {
        let path = self.path(variant);
        let was_there = match fs::remove_file(&path) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(Error::io(&path, "deleted")(error)),
        };
        // Stays where other variants are in it.
        let _ = fs::remove_dir(&self.folder);
        Ok(was_there)
    }

    fn path(&self, variant: &Variant) -> PathBuf {
        self.folder.join(format!("{}.json", variant.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written_and_damage_is_absence() {
        let dir = tempfile::tempdir().unwrap();
        let cards = crate::Catalogue::built_in().unwrap();
        let records = Records::of(dir.path(), &cards[0]);
        let variant = &cards[0].variants()[0];
        assert_eq!(records.read(variant), None);

        let mut record = Record::new(Place::Cache("/c".into()));
        let digest: Digest = "a".repeat(64).parse().unwrap();
        let stamp = Stamp {
            bytes: 3,
            modified_ns: 4,
        };
        let path: FilePath = "a/b".parse().unwrap();
        let kept = Kept {
            stamp,
            digest: digest.to_string(),
            fetched: true,
        };
        record.files.insert(path.to_string(), kept);
        records.write(variant, &record).unwrap();
        assert_eq!(records.read(variant), Some(record.clone()));
        assert!(record.knows(&path, stamp, &digest));
        let later = Stamp {
            modified_ns: 5,
            ..stamp
        };
        assert!(!record.knows(&path, later, &digest));
        assert!(!record.knows(&path, stamp, &"b".repeat(64).parse().unwrap()));

        fs::write(records.path(variant), "{").unwrap();
        assert_eq!(records.read(variant), None);
        assert!(records.forget(variant).unwrap());
        assert!(!records.forget(variant).unwrap());
    }
}
