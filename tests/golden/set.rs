use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use candle_core::{DType, Device, Tensor};
use serde_json::Value;
use songwright_nn::weights::Memory;

/// A folder of goldens: `NAME.json` says how, `NAME.safetensors` holds what.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    folder: PathBuf,
}

impl Set {
    /// The sets in a folder, which may itself be one.
    pub(crate) fn below(folder: &Path) -> Vec<Self> {
        let mut sets: Vec<Self> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .chain([folder.to_owned()])
            .map(|folder| Self { folder })
            .filter(|set| !set.names().is_empty())
            .collect();
        sets.sort_by(|a, b| a.folder.cmp(&b.folder));
        sets
    }

    /// The folder's name, and its parent's, so that two sets of one name are told apart.
    pub(crate) fn label(&self) -> String {
        let words: Vec<String> = self
            .folder
            .components()
            .rev()
            .take(2)
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        format!("{}/{}", words[1], words[0])
    }

    /// Its files by name, without what follows the first dot.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name.ends_with(".json") || name.ends_with(".safetensors"))
            .filter_map(|name| Some(name.split('.').next()?.to_owned()))
            .collect()
    }

    /// The file of that name.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// `NAME.json`.
    pub(crate) fn json(&self, name: &str) -> Result<Value> {
        let path = self.folder.join(format!("{name}.json"));
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        serde_json::from_str(&text).with_context(|| path.display().to_string())
    }

    /// Any file of it.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// `NAME.safetensors`, in the types it is stored in.
    pub(crate) fn tensors(&self, name: &str) -> Result<Tensors> {
        let path = self.folder.join(format!("{name}.safetensors"));
        let all = candle_core::safetensors::load(&path, &Device::Cpu)
            .with_context(|| path.display().to_string())?;
        Ok(Tensors(all))
    }
}

/// The tensors of a file.
#[derive(Clone, Debug)]
pub(crate) struct Tensors(pub(crate) HashMap<String, Tensor>);

impl Tensors {
    /// One of them as f32.
    pub(crate) fn f32(&self, name: &str) -> Result<Tensor> {
        let tensor = self
            .0
            .get(name)
            .with_context(|| format!("no tensor {name}"))?;
        Ok(tensor.to_dtype(DType::F32)?)
    }

    /// One of whole numbers.
    pub(crate) fn integers(&self, name: &str) -> Result<Tensor> {
        let tensor = self
            .0
            .get(name)
            .with_context(|| format!("no tensor {name}"))?;
        Ok(tensor.to_dtype(DType::I64)?)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The weights: what starts with `w.`, without it.
    pub(crate) fn weights(&self) -> Result<Memory> {
        self.0
            .iter()
            .filter_map(|(name, tensor)| Some((name.strip_prefix("w.")?, tensor)))
            .map(|(name, tensor)| Ok((name.to_owned(), tensor.to_dtype(DType::F32)?)))
            .collect()
    }
}
