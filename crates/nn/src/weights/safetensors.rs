use std::path::{Path, PathBuf};

use candle_core::{Device, Shape, Tensor, safetensors::MmapedSafetensors};

use super::Source;
use crate::{Error, Result};

/// Safetensors files, mapped into memory: what is not asked for is not read.
pub struct SafeTensors {
    files: MmapedSafetensors,
    paths: Vec<PathBuf>,
}

impl SafeTensors {
    /// Maps the files of one checkpoint.
    ///
    /// The files must not be changed while this lives; those of a hub cache never are.
    ///
    /// # Errors
    /// Where a file cannot be opened, is cut off or is no safetensors file: the error names it.
    pub fn open<P: AsRef<Path>>(paths: &[P]) -> Result<Self> {
        let paths: Vec<PathBuf> = paths.iter().map(|p| p.as_ref().to_owned()).collect();
        #[allow(unsafe_code, reason = "a mapped file; see the doc comment")]
        // SAFETY: nobody changes a checkpoint's files while they are in use.
        let files = unsafe { MmapedSafetensors::multi(&paths) }?;
        Ok(Self { files, paths })
    }
}

impl SafeTensors {
    /// The names of all tensors.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let all = self.files.tensors();
        all.into_iter().map(|(name, _)| name).collect()
    }
}

impl Source for SafeTensors {
    fn shape(&self, name: &str) -> Option<Shape> {
        let view = self.files.get(name).ok()?;
        Some(Shape::from(view.shape()))
    }

    fn tensor(&self, name: &str, device: &Device) -> Result<Tensor> {
        self.files.load(name, device).map_err(Error::from)
    }

    fn origin(&self) -> String {
        let names: Vec<String> = self.paths.iter().map(|p| p.display().to_string()).collect();
        names.join(", ")
    }
}
