use std::{
    collections::HashMap,
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use candle_core::{
    Device, Shape, Tensor,
    quantized::{
        GgmlDType, QStorage, QTensor,
        gguf_file::{Content, TensorInfo, Value},
    },
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

    /// The note `general.architecture` in the beginning of a file, which the format has among its first
    /// notes; `None` where it is not there.
    #[must_use]
    pub fn architecture(beginning: &[u8]) -> Option<String> {
        let mut head = Head(beginning);
        if head.take(4)? != b"GGUF" || !(2..=3).contains(&head.u32()?) {
            return None;
        }
        let (_tensors, notes) = (head.u64()?, head.u64()?);
        for _ in 0..notes {
            let key = head.text()?;
            // The format's numbers of its types.
            match head.u32()? {
                8 => {
                    let text = head.text()?;
                    if key == b"general.architecture" {
                        return String::from_utf8(text.to_vec()).ok();
                    }
                }
                0 | 1 | 7 => drop(head.take(1)?),
                2 | 3 => drop(head.take(2)?),
                4..=6 => drop(head.take(4)?),
                10..=12 => drop(head.take(8)?),
                // Lists are not among the first.
                _ => return None,
            }
        }
        None
    }

    /// The same without its notes, for whoever has read what they say: a tokenizer's are larger than all else that is
    /// known of a file.
    #[must_use]
    pub fn without_notes(mut self) -> Self {
        self.content.metadata = HashMap::new();
        self
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

    /// The blocks that most of the file's numbers are in; `None` where they are floats.
    #[must_use]
    pub fn blocks(&self) -> Option<GgmlDType> {
        let is_blocks = |tensor: &&TensorInfo| tensor.ggml_dtype.block_size() > 1;
        let tensors = self.content.tensor_infos.values().filter(is_blocks);
        let largest = tensors.max_by_key(|tensor| tensor.shape.elem_count())?;
        Some(largest.ggml_dtype)
    }

    /// The shape that a tensor had before its rows were cut into whole blocks, which ComfyUI-GGUF's converter
    /// notes: numbers lie as they did.
    fn whole_shape(&self, name: &str) -> Option<Shape> {
        let noted = format!("comfy.gguf.orig_shape.{name}");
        let Value::Array(sides) = self.content.metadata.get(&noted)? else {
            return None;
        };
        let side = |side: &Value| match side {
            Value::I32(side) => usize::try_from(*side).ok(),
            Value::I64(side) => usize::try_from(*side).ok(),
            Value::U32(side) => usize::try_from(*side).ok(),
            Value::U64(side) => usize::try_from(*side).ok(),
            _ => None,
        };
        let sides: Vec<usize> = sides.iter().map(side).collect::<Option<_>>()?;
        let stored = self.content.tensor_infos.get(name)?.shape.elem_count();
        let shape = Shape::from(sides);
        (shape.elem_count() == stored).then_some(shape)
    }

    fn read(&self, name: &str, device: &Device) -> Result<QTensor> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(self.content.tensor(&mut *file, name, device)?)
    }
}

/// What is left of a file's beginning.
struct Head<'a>(&'a [u8]);

impl<'a> Head<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let bytes = usize::try_from(self.u64()?).ok()?;
        self.take(bytes)
    }
}

impl Source for Gguf {
    fn shape(&self, name: &str) -> Option<Shape> {
        let info = self.content.tensor_infos.get(name)?;
        Some(self.whole_shape(name).unwrap_or_else(|| info.shape.clone()))
    }

    fn tensor(&self, name: &str, device: &Device) -> Result<Tensor> {
        let stored = self.read(name, device)?.dequantize(device)?;
        match self.whole_shape(name) {
            Some(shape) => Ok(stored.reshape(shape)?),
            None => Ok(stored),
        }
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
        let stored = self.read(name, device)?;
        let Some(shape) = self.whole_shape(name) else {
            return Ok(Some(stored));
        };
        let is_whole = shape
            .dims()
            .last()
            .is_some_and(|row| row.is_multiple_of(info.ggml_dtype.block_size()));
        if !is_whole {
            // Its rows end within blocks: it can be read as floats alone.
            return Ok(None);
        }
        let blocks = QStorage::from_data(stored.data()?, device, info.ggml_dtype)?;
        Ok(Some(QTensor::new(blocks, shape)?))
    }

    fn origin(&self) -> String {
        self.path.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Vec<u8> {
        [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
    }

    #[test]
    fn the_architecture_is_read_of_the_first_bytes_alone() {
        let head = [
            &b"GGUF"[..],
            &3_u32.to_le_bytes(),
            &9_u64.to_le_bytes(),
            &5_u64.to_le_bytes(),
        ];
        let version = [
            text("general.quantization_version"),
            4_u32.to_le_bytes().to_vec(),
            vec![2, 0, 0, 0],
        ];
        let name = [
            text("general.architecture"),
            8_u32.to_le_bytes().to_vec(),
            text("qwen3"),
        ];
        let list = [text("tokenizer.ggml.tokens"), 9_u32.to_le_bytes().to_vec()];
        let file = [
            head.concat(),
            version.concat(),
            name.concat(),
            list.concat(),
        ]
        .concat();
        assert_eq!(Gguf::architecture(&file).as_deref(), Some("qwen3"));
        let end = file.len() - list.concat().len();
        for cut in 0..end {
            assert_eq!(Gguf::architecture(&file[..cut]), None, "{cut}");
        }
        let without = [head.concat(), version.concat(), list.concat()].concat();
        assert_eq!(Gguf::architecture(&without), None);
    }
}
