//! The stages by their names.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use candle_core::{DType, Device, Tensor};
use songwright_nn::{
    Weights,
    qwen::{Cache, Config, GgufNames, Qwen},
    weights::Gguf,
};
use songwright_stages::Stage;

use super::synthetic;

/// All there are: a size, the types of its matrices, and what is done.
pub(crate) const NAMES: [&str; 8] = [
    "0.6b-q8_0-read",
    "0.6b-q8_0-write",
    "0.6b-q4_k_m-read",
    "0.6b-q4_k_m-write",
    "1.7b-q8_0-read",
    "1.7b-q8_0-write",
    "1.7b-q4_k_m-read",
    "1.7b-q4_k_m-write",
];

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
        _ => bail!("there is no stage {name}"),
    })
}

fn next(model: &Qwen, tokens: &[u32], cache: &mut Cache) -> Result<()> {
    let tokens = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
    let logits = model.next(&tokens, cache)?;
    logits.squeeze(0)?.to_vec1::<f32>()?;
    Ok(())
}
