//! Files of weights in folders.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use candle_core::quantized::GgmlDType;

use super::{Gguf, SafeTensors, Source};
use crate::Result;

/// Opens a GGUF file, or else a safetensors file.
///
/// # Errors
/// Those of [`Gguf::open`] and [`SafeTensors::open`].
pub fn open(file: &Path) -> Result<Arc<dyn Source>> {
    Ok(if is_gguf(file) {
        Arc::new(Gguf::open(file)?)
    } else {
        Arc::new(SafeTensors::open(&[file])?)
    })
}

/// The blocks that most of a GGUF file's numbers are in; `None` for floats, and for other files.
#[must_use]
pub fn stored_blocks(file: &Path) -> Option<GgmlDType> {
    if !is_gguf(file) {
        return None;
    }
    Gguf::open(file).ok()?.blocks()
}

/// The files of a folder with one of those endings, in the order of the endings, then of names.
#[must_use]
pub fn beside(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let order = |path: &Path| {
        let end = path.extension()?.to_str()?;
        endings.iter().position(|ending| *ending == end)
    };
    let mut files: Vec<(usize, PathBuf)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .filter_map(|path| Some((order(&path)?, path)))
        .collect();
    files.sort();
    files.into_iter().map(|(_, path)| path).collect()
}

fn is_gguf(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "gguf")
}
