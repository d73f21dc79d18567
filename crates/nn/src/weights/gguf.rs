use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use candle_core::{
    Device, Shape, Tensor,
    quantized::{GgmlDType, QTensor, gguf_file::Content},
};

use super::Source;
use crate::{Error, Result};

/// A GGUF file: tensors in blocks of small integers, or in float types, and what is known of them.
pub struct Gguf {
    content: Content,
    file: Mutex<BufReader<File>>,
    path: PathBuf,
}

impl Gguf {
    /// Reads the file's head; what is not asked for is not read.
    ///
    /// # Errors
    /// Where the file cannot be opened, is no GGUF file, or ends before its last tensor does: the
    /// error names it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let wrong = |what: String| Error::File {
            path: path.clone(),
            what,
        };
        let file = File::open(&path).map_err(|error| wrong(error.to_string()))?;
        let length = file
            .metadata()
            .map_err(|error| wrong(error.to_string()))?
            .len();
        let mut file = BufReader::new(file);
        let content = Content::read(&mut file)
            .map_err(|error| wrong(format!("this is no GGUF file that can be read: {error}")))?;
        for (name, info) in &content.tensor_infos {
            let dtype = info.ggml_dtype;
            let blocks = info.shape.elem_count() / dtype.block_size();
            let end =
                content.tensor_data_offset + info.offset + (blocks * dtype.type_size()) as u64;
            if end > length {
                return Err(wrong(format!(
                    "the file is cut off: {name} ends at byte {end}, and the file at {length}. \
                     Download or copy it again"
                )));
            }
        }
        Ok(Self {
            content,
            file: Mutex::new(file),
            path,
        })
    }

    /// The file's own notes.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn read(&self, name: &str, device: &Device) -> Result<QTensor> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(self.content.tensor(&mut *file, name, device)?)
    }
}

impl Source for Gguf {
    fn shape(&self, name: &str) -> Option<Shape> {
        let info = self.content.tensor_infos.get(name)?;
        Some(info.shape.clone())
    }

    fn tensor(&self, name: &str, device: &Device) -> Result<Tensor> {
        Ok(self.read(name, device)?.dequantize(device)?)
    }

    fn quantised(&self, name: &str, device: &Device) -> Result<Option<QTensor>> {
        let Some(info) = self.content.tensor_infos.get(name) else {
            return Ok(None);
        };
        if matches!(
            info.ggml_dtype,
            GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16
        ) {
            return Ok(None);
        }
        self.read(name, device).map(Some)
    }

    fn origin(&self) -> String {
        self.path.display().to_string()
    }
}
