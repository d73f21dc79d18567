//! Where the files of a model on this machine are, and which model it is.

use std::path::{Path, PathBuf};

use songwright_base::ModelIdentity;
use songwright_hub::{Card, Installed};

/// Where a model's files are.
pub(crate) struct ModelPlace {
    /// The family that its card names; where there is no card, the files tell.
    pub(crate) family: Option<String>,
    pub(crate) identity: ModelIdentity,
    /// Folders as the repositories have them, or one file.
    pub(crate) folders: Vec<PathBuf>,
    /// The files that are known by name.
    pub(crate) files: Vec<PathBuf>,
    /// The side of the pictures that it was trained on, where its card knows it.
    pub(crate) native_pixels: Option<u32>,
    /// What has to be said of every result, where the licence asks for it.
    pub(crate) terms: Option<String>,
}

impl ModelPlace {
    /// The first of its folders.
    pub(crate) fn folder(&self) -> &Path {
        self.folders.first().map_or(Path::new(""), PathBuf::as_path)
    }

    pub(crate) fn installed(card: &Card, installed: &Installed) -> Self {
        let folders = installed.folders().into_iter().map(Path::to_path_buf);
        let files = installed.files().iter().map(|file| file.location.clone());
        let licence = &card.licence;
        Self {
            family: Some(card.family.clone()),
            identity: ModelIdentity {
                name: card.title.clone(),
                model_id: card.id.to_string(),
                licence: licence.id.clone(),
                digest: digest(installed),
            },
            folders: folders.collect(),
            files: files.collect(),
            native_pixels: card.native_pixels,
            terms: licence.must_accept.then(|| {
                let what = licence.summary.as_deref().unwrap_or_default();
                format!("Made with {}. {what} {}", card.title, licence.url)
            }),
        }
    }

    /// A model that no card describes.
    pub(crate) fn own(name: &str, path: PathBuf) -> Self {
        Self {
            family: None,
            identity: ModelIdentity {
                name: name.to_owned(),
                model_id: name.to_owned(),
                licence: "LicenseRef-Unknown".to_owned(),
                digest: None,
            },
            files: path.is_file().then(|| path.clone()).into_iter().collect(),
            folders: vec![path],
            native_pixels: None,
            terms: None,
        }
    }
}

/// The start of the digest of its largest file, where its bytes are known to have it.
fn digest(installed: &Installed) -> Option<String> {
    let largest = installed.files().iter().max_by_key(|file| file.bytes)?;
    let digest = largest.digest.filter(|_| largest.is_verified)?.to_string();
    digest.get(..8).map(str::to_owned)
}
