mod head;

use std::{
    collections::HashMap,
    fmt::Display,
    fs::File,
    io::{self, BufReader, Cursor, Read, Seek},
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

use head::{ARRAY, Head, STRING};

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
    /// Where the file cannot be opened, is no GGUF file, counts what no file has, or ends before its last
    /// tensor does: the error names it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let wrong = |what: String| Error::File {
            path: path.clone(),
            what,
        };
        let unread =
            |error: &dyn Display| wrong(format!("this is no GGUF file that can be read: {error}"));
        let file = File::open(&path).map_err(|error| wrong(error.to_string()))?;
        let length = file
            .metadata()
            .map_err(|error| wrong(error.to_string()))?
            .len();
        let mut file = BufReader::new(file);
        // Candle divides by it.
        if has_no_alignment(&mut file).map_err(|error| unread(&error))? {
            return Err(unread(&"its note general.alignment is 0"));
        }
        file.rewind().map_err(|error| wrong(error.to_string()))?;
        let content = Content::read(&mut file).map_err(|error| unread(&error))?;
        for (name, info) in &content.tensor_infos {
            let end = end_of(info, content.tensor_data_offset)
                .ok_or_else(|| unread(&format_args!("{name} is larger than any file")))?;
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
        let (mut head, notes) = Head::open(Cursor::new(beginning)).ok()?;
        for _ in 0..notes {
            match head.note().ok()? {
                (name, STRING) if name == b"general.architecture" => {
                    return String::from_utf8(head.text().ok()?).ok();
                }
                // Lists are not among the first.
                (_, ARRAY) => return None,
                (_, kind) => head.pass(kind).ok()?,
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
        (product(&sides)? == stored).then(|| Shape::from(sides))
    }

    fn read(&self, name: &str, device: &Device) -> Result<QTensor> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(self.content.tensor(&mut *file, name, device)?)
    }
}

/// Whether a file says that its tensors begin at multiples of nought bytes.
fn has_no_alignment(file: impl Read + Seek) -> io::Result<bool> {
    let (mut head, notes) = Head::open(file)?;
    for _ in 0..notes {
        let (name, kind) = head.note()?;
        let nought = match name == b"general.alignment" {
            true => head.is_nought(kind)?,
            false => None,
        };
        match nought {
            Some(true) => return Ok(true),
            Some(false) => {}
            None => head.pass(kind)?,
        }
    }
    Ok(false)
}

/// The byte behind a tensor, in a file whose tensors begin at `first`; `None` where no number is so large.
fn end_of(info: &TensorInfo, first: u64) -> Option<u64> {
    let blocks = product(info.shape.dims())? / info.ggml_dtype.block_size();
    let bytes = blocks.checked_mul(info.ggml_dtype.type_size())?;
    first.checked_add(info.offset)?.checked_add(bytes as u64)
}

fn product(sides: &[usize]) -> Option<usize> {
    sides
        .iter()
        .try_fold(1_usize, |product, side| product.checked_mul(*side))
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

    /// A file of no tensors but what follows, and these notes.
    fn file(tensors: u64, notes: &[Vec<u8>]) -> Vec<u8> {
        let head = [
            &b"GGUF"[..],
            &3_u32.to_le_bytes(),
            &tensors.to_le_bytes(),
            &(notes.len() as u64).to_le_bytes(),
        ];
        [head.concat(), notes.concat()].concat()
    }

    fn note(name: &str, kind: u32, value: &[u8]) -> Vec<u8> {
        [text(name), kind.to_le_bytes().to_vec(), value.to_vec()].concat()
    }

    /// A tensor of floats.
    fn tensor(sides: &[u64], offset: u64) -> Vec<u8> {
        let sides: Vec<[u8; 8]> = sides.iter().map(|side| side.to_le_bytes()).collect();
        [
            text("a.weight"),
            (sides.len() as u32).to_le_bytes().to_vec(),
            sides.concat(),
            0_u32.to_le_bytes().to_vec(),
            offset.to_le_bytes().to_vec(),
        ]
        .concat()
    }

    fn opened(bytes: &[u8]) -> Result<Gguf> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gguf");
        std::fs::write(&path, bytes).unwrap();
        Gguf::open(path)
    }

    fn refusal(bytes: &[u8]) -> String {
        let error = opened(bytes).map(drop).unwrap_err();
        assert!(
            matches!(&error, Error::File { path, .. } if path.ends_with("a.gguf")),
            "{error:?}"
        );
        error.to_string()
    }

    /// A file of one tensor, with room for four of its floats.
    fn of_one(tensor: &[u8]) -> Vec<u8> {
        let mut bytes = [file(1, &[]), tensor.to_vec()].concat();
        bytes.resize(bytes.len().next_multiple_of(32) + 16, 0);
        bytes
    }

    #[test]
    fn tensors_that_end_beyond_all_files_are_refused() {
        assert!(opened(&of_one(&tensor(&[4], 0))).is_ok());
        assert!(opened(&of_one(&tensor(&[2, 2], 0))).is_ok());
        let found = refusal(&of_one(&tensor(&[5], 0)));
        assert!(found.contains("cut off"), "{found}");
        for (sides, offset) in [
            (&[4][..], u64::MAX),
            (&[4], u64::MAX - 64),
            (&[u64::MAX], 0),
            (&[1 << 62], 0),
            (&[1 << 33, 1 << 33], 0),
        ] {
            let found = refusal(&of_one(&tensor(sides, offset)));
            assert!(found.contains("a.weight is larger"), "{sides:?}: {found}");
        }
    }

    #[test]
    fn an_alignment_of_nought_is_refused() {
        let tokens = [8_u32.to_le_bytes().to_vec(), 2_u64.to_le_bytes().to_vec()].concat();
        let before = [
            note("tokens", 9, &[tokens, text("a"), text("")].concat()),
            note(
                "numbers",
                9,
                &[&4_u32.to_le_bytes()[..], &1_u64.to_le_bytes(), &[9; 4]].concat(),
            ),
            note("name", 8, &text("a network")),
        ];
        let with = |name: &str, kind, value: &[u8]| {
            file(0, &[&before[..], &[note(name, kind, value)]].concat())
        };
        for (kind, bytes) in [(0, 1), (1, 1), (2, 2), (3, 2), (4, 4), (5, 4)] {
            let mut value = vec![0; bytes];
            for name in ["general.alignment", "general.alignment\0"] {
                let found = refusal(&with(name, kind, &value));
                assert!(found.contains("general.alignment is 0"), "{kind}: {found}");
            }
            value[0] = 64;
            assert!(opened(&with("general.alignment", kind, &value)).is_ok());
        }
        // Of another type it says nothing.
        assert!(opened(&with("general.alignment", 10, &[0; 8])).is_ok());
    }

    #[test]
    fn counts_that_no_file_has_are_refused() {
        let huge = u64::MAX.to_le_bytes();
        let list = |kind: u32| [&kind.to_le_bytes()[..], &huge].concat();
        let mut nested = Vec::new();
        for _ in 0..100_000 {
            nested.extend([&9_u32.to_le_bytes()[..], &1_u64.to_le_bytes()].concat());
        }
        let notes = [&b"GGUF"[..], &[3, 0, 0, 0], &[0; 8], &huge].concat();
        let name = [&b"GGUF"[..], &[3, 0, 0, 0], &[0; 8], &[1], &[0; 7], &huge].concat();
        for bytes in [
            file(u64::MAX, &[]),
            file(1 << 29, &[]),
            notes,
            name,
            file(0, &[note("text", 8, &huge)]),
            file(0, &[note("numbers", 9, &list(4))]),
            file(0, &[note("texts", 9, &list(8))]),
            file(0, &[note("lists", 9, &list(9))]),
            file(0, &[note("deep", 9, &nested)]),
            file(0, &[note("unknown", 99, &[0; 8])]),
            of_one(&[&huge[..], &[0; 40]].concat()),
        ] {
            let found = refusal(&bytes);
            assert!(found.contains("no GGUF file"), "{found}");
        }
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
