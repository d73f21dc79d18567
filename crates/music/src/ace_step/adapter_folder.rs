use std::{
    fs,
    path::{Path, PathBuf},
};

use super::Error;

/// The file of an adapter's folder, as PEFT and diffusers call it.
const FILE: &str = "pytorch_lora_weights.safetensors";

/// Where adapters lie: each is a file `NAME.safetensors`, or a folder `NAME` with
/// `pytorch_lora_weights.safetensors` in it.
#[derive(Clone, Debug, Default)]
pub struct AdapterFolder(PathBuf);

impl AdapterFolder {
    /// Of a folder that need not be there.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// The names of all adapters, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&self.0)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let path = entry.path();
                let is_file = path.extension().is_some_and(|end| end == "safetensors");
                let whole = is_file || path.join(FILE).is_file();
                let name = if is_file {
                    path.file_stem()
                } else {
                    path.file_name()
                };
                whole.then(|| Some(name?.to_str()?.to_owned())).flatten()
            })
            .collect();
        names.sort();
        names
    }

    /// The file of an adapter.
    ///
    /// # Errors
    /// [`Error::Unsupported`] with the names there are.
    pub(super) fn file(&self, name: &str) -> Result<PathBuf, Error> {
        let names = self.names();
        if !names.iter().any(|known| known == name) {
            let known = if names.is_empty() {
                "there is none".to_owned()
            } else {
                format!("there are {}", names.join(", "))
            };
            return Err(Error::Unsupported(format!(
                "There is no adapter \"{name}\" in {}: {known}. Put its .safetensors file there.",
                self.0.display()
            )));
        }
        let file = self.0.join(format!("{name}.safetensors"));
        Ok(if file.is_file() {
            file
        } else {
            self.0.join(name).join(FILE)
        })
    }
}
