//! A network as a GGUF file, its matrices in blocks of small integers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, BufWriter},
    path::Path,
    sync::Arc,
};

use candle_core::{
    DType, Device, Shape, Tensor,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{Value, write},
    },
};

use super::{
    FEWEST_IN_BLOCKS, Source,
    quantise::{in_blocks, matrix},
};
use crate::{Error, Result};

/// Blocks that matrices can be written in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BlockType {
    /// 8.5 bits a value.
    Q8_0,
    /// 6.6 bits a value.
    Q6K,
    /// 4.5 bits a value.
    Q4K,
}

impl BlockType {
    /// All of them, the finest first.
    pub const ALL: [Self; 3] = [Self::Q8_0, Self::Q6K, Self::Q4K];

    /// The one of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|blocks| blocks.word() == word)
    }

    /// As llama.cpp's tools call it, in small letters: safe as a part of a file's name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Q8_0 => "q8_0",
            Self::Q6K => "q6_k",
            Self::Q4K => "q4_k",
        }
    }

    const fn ggml(self) -> GgmlDType {
        match self {
            Self::Q8_0 => GgmlDType::Q8_0,
            Self::Q6K => GgmlDType::Q6K,
            Self::Q4K => GgmlDType::Q4K,
        }
    }

    /// llama.cpp's number of the file type (`general.file_type`).
    const fn file_type(self) -> u32 {
        match self {
            Self::Q8_0 => 7,
            Self::Q6K => 18,
            Self::Q4K => 15,
        }
    }
}

/// What is written to a GGUF file.
pub struct Packing<'a> {
    /// Where the tensors are.
    pub source: Arc<dyn Source>,
    /// All that are written, and their shapes.
    pub tensors: BTreeMap<String, Shape>,
    /// Those of them that are in blocks.
    pub in_blocks: BTreeSet<String>,
    /// The network's kind and its name (`general.architecture`, `general.name`).
    pub called: (&'a str, &'a str),
}

impl Packing<'_> {
    /// Writes the file, which is whole or absent. Matrices are in the wished blocks, those whose rows are no multiple of them in
    /// Q8_0; what is small, or no matrix, is in the float type it is stored in. `told` is given how many tensors are done
    /// and how many there are, and says whether to go on.
    ///
    /// # Errors
    /// [`Error::Stopped`] after its no; [`Error::Write`] where the disk refuses; those of the source.
    pub fn write(
        &self,
        to: BlockType,
        out: &Path,
        told: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<()> {
        // The writing itself counts as one more.
        let total = self.tensors.len() + 1;
        let mut tensors: Vec<(&str, QTensor)> = Vec::new();
        for (done, (name, shape)) in self.tensors.iter().enumerate() {
            if !told(done, total) {
                return Err(Error::Stopped);
            }
            let stored = self.source.tensor(name, &Device::Cpu)?;
            let blocks = self.in_blocks.contains(name).then(|| to.ggml());
            tensors.push((name, packed(&stored, shape, blocks)?));
        }
        let (architecture, name) = self.called;
        let facts = [
            (
                "general.architecture",
                Value::String(architecture.to_owned()),
            ),
            ("general.name", Value::String(name.to_owned())),
            ("general.file_type", Value::U32(to.file_type())),
            ("general.quantization_version", Value::U32(2)),
        ];
        let facts: Vec<(&str, &Value)> = facts.iter().map(|(name, fact)| (*name, fact)).collect();
        let all: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, t)| (*name, t)).collect();
        if !told(total - 1, total) {
            return Err(Error::Stopped);
        }
        written(out, &facts, &all).map_err(|source| Error::Write {
            path: out.to_owned(),
            source,
        })?;
        told(total, total);
        Ok(())
    }
}

fn written(out: &Path, facts: &[(&str, &Value)], tensors: &[(&str, &QTensor)]) -> io::Result<()> {
    let partial = out.with_extension("gguf.part");
    let mut file = BufWriter::new(File::create(&partial)?);
    let end = write(&mut file, facts, tensors)
        .map_err(as_io)
        .and_then(|()| {
            file.into_inner()
                .map_err(io::IntoInnerError::into_error)?
                .sync_all()
        })
        .and_then(|()| fs::rename(&partial, out));
    end.inspect_err(|_| {
        // Half a file is none; what is said is why it is half.
        let _ = fs::remove_file(&partial);
    })
}

/// What the disk said, where it was the disk.
fn as_io(error: candle_core::Error) -> io::Error {
    match error {
        candle_core::Error::Io(error) => error,
        other => io::Error::other(other),
    }
}

/// A tensor in blocks where they are wished for and fit, else in the float type it is stored in.
fn packed(stored: &Tensor, shape: &Shape, blocks: Option<GgmlDType>) -> Result<QTensor> {
    let float = match stored.dtype() {
        DType::BF16 => GgmlDType::BF16,
        DType::F16 => GgmlDType::F16,
        _ => GgmlDType::F32,
    };
    let fitting = blocks.zip(matrix(shape)).and_then(|(blocks, matrix)| {
        let fits = |blocks: &GgmlDType| matrix.1.is_multiple_of(blocks.block_size());
        let blocks = [blocks, GgmlDType::Q8_0].into_iter().find(fits)?;
        (shape.elem_count() >= FEWEST_IN_BLOCKS).then_some((blocks, matrix))
    });
    match fitting {
        Some((blocks, matrix)) => in_blocks(&stored.reshape(matrix)?, blocks),
        None => Ok(QTensor::quantize(&stored.to_dtype(DType::F32)?, float)?),
    }
}
