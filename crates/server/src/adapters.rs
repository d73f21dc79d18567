//! LoRA adapters of the user's own, as clients see them.

use std::path::{Path, PathBuf};

use songwright_api as api;
use songwright_music::ace_step::AdapterFolder;

/// The family of ACE-Step v1's cards.
pub(crate) const ACE_STEP_V1: &str = "ace-step-v1";

/// Where the adapters of ACE-Step v1 lie.
pub(crate) fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("adapters").join(ACE_STEP_V1)
}

/// The adapters of a data folder, by name. Reads the folder alone: whether a file is an adapter, and of
/// this model, is told where it is asked for.
#[must_use]
pub fn list(data_dir: &Path) -> api::AdapterList {
    let folder = folder(data_dir);
    let files = AdapterFolder::at(&folder).files();
    api::AdapterList {
        adapters: files
            .into_iter()
            .map(|(name, file)| api::Adapter {
                name,
                family: ACE_STEP_V1.to_owned(),
                bytes: file.metadata().map_or(0, |metadata| metadata.len()),
            })
            .collect(),
        folders: vec![folder.display().to_string()],
    }
}
