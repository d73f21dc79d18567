//! The transformer as a GGUF file, its matrices in blocks of small integers.

use std::{fs::File, io::BufWriter, path::Path};

use candle_core::{
    DType, Device, Shape, Tensor,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{Value, write},
    },
};
use songwright_base::{Observer, Progress, Stage};
use songwright_nn::{Result as NnResult, weights::FEWEST_IN_BLOCKS};

use super::{
    Error,
    checkpoint::{Checkpoint, Part},
};

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

/// Writes a checkpoint's transformer, and the encoder of its prompt, to a GGUF file. The transformer's
/// matrices are in blocks, those whose rows are no multiple of the wished ones in Q8_0; the rest is as
/// it is stored, in bf16 or f32. The file is whole or absent.
///
/// # Errors
/// [`Error::Cancelled`]; [`Error::Write`] where the disk refuses; those of the weights.
pub fn quantise(
    checkpoint: &Checkpoint,
    to: BlockType,
    out: &Path,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let source = checkpoint.source(Part::Transformer)?;
    let in_blocks = checkpoint.transformer_matrices()?;
    let asked = checkpoint.asked(Part::Transformer)?;
    let total = asked.len() as u64;
    let mut tensors: Vec<(String, QTensor)> = Vec::new();
    for (done, (name, shape)) in (0..).zip(asked) {
        if observer.is_cancelled() {
            return Err(Error::Cancelled);
        }
        observer.report(Progress::new(Stage::Load, done, total + 1));
        let stored = source.tensor(&name, &Device::Cpu)?;
        let blocks = in_blocks.contains(&name).then(|| to.ggml());
        tensors.push((name, packed(&stored, &shape, blocks)?));
    }
    let facts = [
        ("general.architecture", Value::String("ace-step".to_owned())),
        ("general.name", Value::String("ACE-Step v1".to_owned())),
        ("general.file_type", Value::U32(to.file_type())),
        ("general.quantization_version", Value::U32(2)),
    ];
    let facts: Vec<(&str, &Value)> = facts.iter().map(|(name, fact)| (*name, fact)).collect();
    let all: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, t)| (name.as_str(), t)).collect();
    let failed = |error: std::io::Error| Error::Write {
        file: out.to_owned(),
        source: error,
    };
    let partial = out.with_extension("gguf.part");
    let mut file = BufWriter::new(File::create(&partial).map_err(failed)?);
    write(&mut file, &facts, &all)
        .map_err(std::io::Error::other)
        .and_then(|()| {
            file.into_inner()
                .map_err(|error| error.into_error())?
                .sync_all()
        })
        .and_then(|()| std::fs::rename(&partial, out))
        .map_err(|error| {
            // Half a file is none; what is said is why it is half.
            let _ = std::fs::remove_file(&partial);
            failed(error)
        })?;
    observer.report(Progress::new(Stage::Load, total + 1, total + 1));
    Ok(())
}

/// A tensor in blocks where they are wished for and fit, else in the float type it is stored in.
fn packed(stored: &Tensor, shape: &Shape, blocks: Option<GgmlDType>) -> NnResult<QTensor> {
    let float = match stored.dtype() {
        DType::BF16 => GgmlDType::BF16,
        DType::F16 => GgmlDType::F16,
        _ => GgmlDType::F32,
    };
    let values = stored.to_dtype(DType::F32)?;
    let Some((blocks, (rows, columns))) = blocks.zip(matrix(shape)) else {
        return Ok(QTensor::quantize(&values, float)?);
    };
    let fitting = [blocks, GgmlDType::Q8_0]
        .into_iter()
        .find(|blocks| columns.is_multiple_of(blocks.block_size()));
    match fitting {
        Some(blocks) if shape.elem_count() >= FEWEST_IN_BLOCKS => Ok(QTensor::quantize(
            &values.reshape((rows, columns))?,
            blocks,
        )?),
        _ => Ok(QTensor::quantize(&values, float)?),
    }
}

/// Rows and columns of a matrix, also of a kernel of one tap.
fn matrix(shape: &Shape) -> Option<(usize, usize)> {
    match shape.dims() {
        [rows, columns, rest @ ..] if rest.iter().all(|side| *side == 1) => Some((*rows, *columns)),
        _ => None,
    }
}
