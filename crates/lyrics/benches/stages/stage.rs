//! The stages by their names.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use candle_core::{DType, Device, Tensor};
use rayon::prelude::*;
use songwright_nn::{
    Weights,
    qwen::{Cache, Config, GgufNames, Qwen},
    weights::Gguf,
};
use songwright_stages::Stage;

use super::{grammar, synthetic};

/// All there are: a size, the types of its matrices, and what is done.
pub(crate) const NAMES: [&str; 11] = [
    "0.6b-q8_0-read",
    "0.6b-q8_0-write",
    "0.6b-q8_0-draw",
    "0.6b-q8_0-verse",
    "0.6b-q8_0-memory",
    "0.6b-q4_k_m-read",
    "0.6b-q4_k_m-write",
    "1.7b-q8_0-read",
    "1.7b-q8_0-write",
    "1.7b-q4_k_m-read",
    "1.7b-q4_k_m-write",
];

/// Words of 64 bits that a task reads.
const PART: usize = 1 << 13;
/// Tokens that are read, all at once.
const READ: u32 = 128;
/// Tokens that are written, one after the other, behind those.
const WRITTEN: u32 = 32;

/// A stage, by its name.
pub(crate) fn ready(folder: &Path, name: &str) -> Result<Stage> {
    let (model, what) = name.rsplit_once('-').context("no stage")?;
    let file = folder.join(format!("{model}.gguf"));
    if !file.is_file() {
        synthetic::write(model, &file)?;
    }
    if what == "memory" {
        return memory(&file);
    }
    let gguf = Gguf::open(&file)?;
    let config = Config::from_gguf(&gguf)?;
    let weights = Weights::new(GgufNames::new(gguf), DType::F32, &Device::Cpu);
    let positions = (READ + WRITTEN) as usize;
    let model = Qwen::load(&weights, &config, positions)?;
    let mut cache = model.cache(positions)?;
    let prompt: Vec<u32> = (1..=READ).collect();
    Ok(match what {
        "read" => Box::new(move || {
            cache.truncate(0);
            next(&model, &prompt, &mut cache)
        }),
        "write" => {
            next(&model, &prompt, &mut cache)?;
            Box::new(move || {
                cache.truncate(prompt.len());
                (READ..READ + WRITTEN).try_for_each(|token| next(&model, &[token], &mut cache))
            })
        }
        "draw" | "verse" => {
            next(&model, &prompt, &mut cache)?;
            if what == "draw" {
                grammar::free(model, cache, WRITTEN)
            } else {
                grammar::verse(model, cache, WRITTEN)?
            }
        }
        _ => bail!("there is no stage {name}"),
    })
}

/// Reads as many bytes as writing has to, and does nothing with them: no writing of one token after the other can take
/// less.
fn memory(file: &Path) -> Result<Stage> {
    let bytes = std::fs::read(file)?;
    let words: Vec<u64> = bytes
        .as_chunks()
        .0
        .iter()
        .copied()
        .map(u64::from_le_bytes)
        .collect();
    drop(bytes);
    Ok(Box::new(move || {
        for _ in 0..WRITTEN {
            let parts = words.par_chunks(PART);
            let sum = parts.map(|part| part.iter().fold(0, |sum: u64, word| sum ^ word));
            std::hint::black_box(sum.reduce(|| 0, |a, b| a ^ b));
        }
        Ok(())
    }))
}

fn next(model: &Qwen, tokens: &[u32], cache: &mut Cache) -> Result<()> {
    let tokens = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
    let logits = model.next(&tokens, cache)?;
    logits.squeeze(0)?.to_vec1::<f32>()?;
    Ok(())
}
