//! The file that the UNet's tensors lie in, and what it calls them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use songwright_nn::weights::{
    Renamed, Source,
    file::{beside, open},
};

use super::{checkpoint::Part, config::UnetConfig, unet_names::original};

/// Where the UNet is: a GGUF file in `unet` or in a folder itself, else the published files.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct UnetFile {
    pub(super) file: PathBuf,
    /// `None` where none that is known was found.
    pub(super) naming: Option<Naming>,
}

/// What a file calls the UNet's tensors.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Naming {
    /// What stands in front of every name.
    prefix: &'static str,
    /// Whether the names are those of the first implementation, and not diffusers'.
    is_original: bool,
}

/// What repackagings put in front of the network's names.
const PREFIXES: [&str; 4] = ["", "model.diffusion_model.", "diffusion_model.", "model."];
/// A tensor that no UNet lacks, as diffusers calls it and as the first implementation does.
const MARKS: [&str; 2] = ["conv_in.weight", "input_blocks.0.0.weight"];

impl UnetFile {
    /// The UNet's file in these folders, if there is one: one of `own` where several could be it.
    pub(super) fn find(folders: &[PathBuf], own: &[PathBuf]) -> Option<Self> {
        let is_own = |file: &PathBuf| own.contains(file);
        Self::among(folders, &is_own).or_else(|| Self::among(folders, &|_| true))
    }

    fn among(folders: &[PathBuf], is_meant: &dyn Fn(&PathBuf) -> bool) -> Option<Self> {
        let mut in_unet = folders.iter().flat_map(|folder| {
            // A file here is meant to be the UNet; where it is none, that is said.
            beside(&folder.join("unet"), &["gguf"])
        });
        if let Some(file) = in_unet.find(is_meant) {
            return Some(Self::of(file));
        }
        let shared = folders.iter().flat_map(|folder| beside(folder, &["gguf"]));
        let mut shared = shared.filter(is_meant).map(Self::of);
        if let Some(found) = shared.find(|found| found.naming.is_some()) {
            return Some(found);
        }
        let published = Part::Unet.files().iter().find_map(|name| {
            let files = folders.iter().map(|folder| folder.join(name));
            files.filter(is_meant).find(|file| file.is_file())
        });
        published.map(Self::of)
    }

    fn of(file: PathBuf) -> Self {
        // What is wrong with it is said where it is opened.
        let naming = open(&file).ok().and_then(|source| Naming::of(&*source));
        Self { file, naming }
    }

    /// Whether it is one of quantised blocks' files.
    pub(super) fn is_gguf(&self) -> bool {
        self.file
            .extension()
            .is_some_and(|extension| extension == "gguf")
    }

    /// Its tensors under the names that diffusers gives them.
    pub(super) fn renamed(&self, source: Arc<dyn Source>, config: &UnetConfig) -> Arc<dyn Source> {
        match self.naming {
            Some(Naming {
                prefix,
                is_original: true,
            }) => {
                let config = config.clone();
                let theirs = move |name: &str| format!("{prefix}{}", original(name, &config));
                Arc::new(Renamed::new(source, theirs))
            }
            Some(Naming { prefix, .. }) if !prefix.is_empty() => {
                Arc::new(Renamed::new(source, move |name| format!("{prefix}{name}")))
            }
            _ => source,
        }
    }

    /// The steps that it was distilled to; `None` where it takes any number of few.
    pub(super) fn steps(&self) -> Option<usize> {
        let name = name_of(&self.file);
        let digits = name.strip_prefix("sdxl_lightning_")?.split("step").next()?;
        digits.parse().ok()
    }
}

impl Naming {
    fn of(source: &dyn Source) -> Option<Self> {
        let all = PREFIXES.iter().flat_map(|prefix| {
            let named = [false, true].into_iter().zip(MARKS);
            named.map(move |(is_original, mark)| (*prefix, is_original, mark))
        });
        let mut all = all.into_iter();
        let (prefix, is_original, _) =
            all.find(|(prefix, _, mark)| source.shape(&format!("{prefix}{mark}")).is_some())?;
        Some(Self {
            prefix,
            is_original,
        })
    }
}

fn name_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
