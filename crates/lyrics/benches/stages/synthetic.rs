//! GGUF files of Qwen3 in its published sizes, with weights without meaning, that llama.cpp reads too.

use std::{borrow::Cow, fs::File, io::BufWriter, path::Path};

use anyhow::{Context as _, Result, bail};
use candle_core::{
    Device, Shape,
    quantized::{
        GgmlDType, QStorage, QTensor,
        gguf_file::{self, Value},
    },
};

const LAYERS: usize = 28;
const HEADS: usize = 16;
const GROUPS: usize = 8;
const HEAD: usize = 128;
const VOCABULARY: usize = 151_936;

/// Writes the model `SIZE-TYPES`.
pub(crate) fn write(model: &str, file: &Path) -> Result<()> {
    let (size, types) = model.split_once('-').context("a size and types")?;
    let (hidden, inner) = match size {
        "0.6b" => (1024, 3072),
        "1.7b" => (2048, 6144),
        _ => bail!("there is no size {size}"),
    };
    let (usual, finer) = match types {
        "q8_0" => (GgmlDType::Q8_0, GgmlDType::Q8_0),
        "q4_k_m" => (GgmlDType::Q4K, GgmlDType::Q6K),
        _ => bail!("there are no types {types}"),
    };
    let mut tensors = vec![
        (
            "token_embd.weight".to_owned(),
            matrix(finer, (VOCABULARY, hidden))?,
        ),
        ("output_norm.weight".to_owned(), ones(hidden)?),
    ];
    for layer in 0..LAYERS {
        // llama.cpp's mixture: values and the last matrix are finer in the first and the last eighth of
        // the layers and in every third between.
        let eighth = LAYERS / 8;
        let is_finer = layer < eighth || layer >= 7 * eighth || (layer - eighth) % 3 == 2;
        let some = if is_finer { finer } else { usual };
        for (name, tensor) in [
            ("attn_norm", ones(hidden)?),
            ("attn_q", matrix(usual, (HEADS * HEAD, hidden))?),
            ("attn_k", matrix(usual, (GROUPS * HEAD, hidden))?),
            ("attn_v", matrix(some, (GROUPS * HEAD, hidden))?),
            ("attn_q_norm", ones(HEAD)?),
            ("attn_k_norm", ones(HEAD)?),
            ("attn_output", matrix(usual, (hidden, HEADS * HEAD))?),
            ("ffn_norm", ones(hidden)?),
            ("ffn_gate", matrix(usual, (inner, hidden))?),
            ("ffn_up", matrix(usual, (inner, hidden))?),
            ("ffn_down", matrix(some, (hidden, inner))?),
        ] {
            tensors.push((format!("blk.{layer}.{name}.weight"), tensor));
        }
    }
    let count = |n: usize| u32::try_from(n).map(Value::U32);
    let notes = [
        ("general.architecture", Value::String("qwen3".to_owned())),
        ("general.name", Value::String(model.to_owned())),
        ("tokenizer.ggml.model", Value::String("none".to_owned())),
        ("qwen3.vocab_size", count(VOCABULARY)?),
        ("qwen3.block_count", count(LAYERS)?),
        ("qwen3.context_length", count(40_960)?),
        ("qwen3.embedding_length", count(hidden)?),
        ("qwen3.feed_forward_length", count(inner)?),
        ("qwen3.attention.head_count", count(HEADS)?),
        ("qwen3.attention.head_count_kv", count(GROUPS)?),
        ("qwen3.attention.key_length", count(HEAD)?),
        ("qwen3.attention.value_length", count(HEAD)?),
        ("qwen3.attention.layer_norm_rms_epsilon", Value::F32(1e-6)),
        ("qwen3.rope.freq_base", Value::F32(1e6)),
    ];
    let notes: Vec<_> = notes.iter().map(|(name, value)| (*name, value)).collect();
    let tensors: Vec<_> = tensors
        .iter()
        .map(|(name, tensor)| (name.as_str(), tensor))
        .collect();
    // A file has its name once it is whole.
    let part = file.with_extension("part");
    let mut out = BufWriter::new(File::create(&part)?);
    gguf_file::write(&mut out, &notes, &tensors)?;
    drop(out);
    Ok(std::fs::rename(part, file)?)
}

fn ones(size: usize) -> Result<QTensor> {
    let bytes: Vec<u8> = 1_f32.to_le_bytes().repeat(size);
    tensor(GgmlDType::F32, bytes, size)
}

/// Blocks of any integers, with scales that keep sums of products near the size of what is multiplied.
fn matrix(dtype: GgmlDType, (outputs, inputs): (usize, usize)) -> Result<QTensor> {
    let bytes_of_block = dtype.type_size();
    let mut bytes = vec![0; outputs * inputs / dtype.block_size() * bytes_of_block];
    let mut state = (outputs * inputs) as u64;
    for bytes in bytes.chunks_mut(4) {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        bytes.copy_from_slice(&state.to_be_bytes()[..bytes.len()]);
    }
    let size = (inputs as f32).sqrt().recip();
    // Where the scales lie, and what they are of the deviation.
    let scales: &[(usize, f32)] = match dtype {
        GgmlDType::Q8_0 => &[(0, 1.0 / 74.0)],
        GgmlDType::Q4K => &[(0, 1.0 / 290.0), (2, 7.5 / 290.0)],
        GgmlDType::Q6K => &[(208, 1.0 / 1360.0)],
        _ => bail!("no blocks of {dtype:?}"),
    };
    for block in bytes.chunks_exact_mut(bytes_of_block) {
        for (at, share) in scales {
            let scale = half::f16::from_f32(size * share);
            block[*at..at + 2].copy_from_slice(&scale.to_le_bytes());
        }
    }
    tensor(dtype, bytes, (outputs, inputs))
}

fn tensor(dtype: GgmlDType, bytes: Vec<u8>, shape: impl Into<Shape>) -> Result<QTensor> {
    let storage = QStorage::from_data(Cow::Owned(bytes), &Device::Cpu, dtype)?;
    Ok(QTensor::new(storage, shape)?)
}
