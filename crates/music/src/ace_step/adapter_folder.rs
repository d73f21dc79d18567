use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use songwright_nn::weights::Adapted;

use super::Error;

/// The file of an adapter's folder, as diffusers and PEFT call it.
const FILES: [&str; 2] = [
    "pytorch_lora_weights.safetensors",
    "adapter_model.safetensors",
];

/// An adapter that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ChosenAdapter {
    pub(super) file: PathBuf,
    pub(super) strength: f64,
    /// How long its files are and when they were written: another one may have taken its place.
    written: Vec<Option<(u64, SystemTime)>>,
}

impl ChosenAdapter {
    fn new(file: PathBuf, strength: f64) -> Self {
        let written = |file: &PathBuf| {
            let found = fs::metadata(file).ok()?;
            Some((found.len(), found.modified().ok()?))
        };
        Self {
            written: Adapted::files_of(&file).iter().map(written).collect(),
            file,
            strength,
        }
    }
}

/// Where adapters lie: each is a file `NAME.safetensors`, or a folder `NAME` with
/// `pytorch_lora_weights.safetensors` in it, or with PEFT's `adapter_model.safetensors` and its
/// `adapter_config.json`.
#[derive(Clone, Debug, Default)]
pub struct AdapterFolder(PathBuf);

impl AdapterFolder {
    /// Of a folder that need not be there.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// All adapters with their files, by name.
    #[must_use]
    pub fn files(&self) -> Vec<(String, PathBuf)> {
        let mut files: Vec<(String, PathBuf)> = fs::read_dir(&self.0)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let path = entry.path();
                let is_file = path.extension().is_some_and(|end| end == "safetensors");
                let (name, file) = if is_file {
                    (path.file_stem()?.to_str()?.to_owned(), path)
                } else {
                    let name = path.file_name()?.to_str()?.to_owned();
                    let inside = FILES.map(|file| path.join(file));
                    (name, inside.into_iter().find(|file| file.is_file())?)
                };
                file.is_file().then_some((name, file))
            })
            .collect();
        files.sort();
        // One name is one adapter.
        files.dedup_by(|a, b| a.0 == b.0);
        files
    }

    /// The names of all adapters, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.files().into_iter().map(|(name, _)| name).collect()
    }

    /// Adapters by their names, each with its strength.
    ///
    /// # Errors
    /// As [`Self::file`].
    pub(super) fn chosen(&self, loras: &[(String, f64)]) -> Result<Vec<ChosenAdapter>, Error> {
        let chosen = loras
            .iter()
            .map(|(name, strength)| Ok(ChosenAdapter::new(self.file(name)?, *strength)));
        chosen.collect()
    }

    /// The file of an adapter.
    ///
    /// # Errors
    /// [`Error::Unsupported`] with the names there are.
    fn file(&self, name: &str) -> Result<PathBuf, Error> {
        let files = self.files();
        if let Some((_, file)) = files.iter().find(|(known, _)| known == name) {
            return Ok(file.clone());
        }
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let known = if names.is_empty() {
            "there is none".to_owned()
        } else {
            format!("there are {}", names.join(", "))
        };
        Err(Error::Unsupported(format!(
            "There is no adapter \"{name}\" in {}: {known}. Put its .safetensors file there.",
            self.0.display()
        )))
    }
}
