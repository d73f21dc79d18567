//! Networks in blocks against the same weights in floats.

use std::path::Path;

use anyhow::{Result, ensure};
use candle_core::{DType, Device, Tensor};
use songwright_lyrics::qwen::Checkpoint;
use songwright_nn::qwen::Qwen;
use songwright_tests::synthetic_qwen::{Quantisation, wide, write_qwen, write_qwen_gguf};

/// Tokens that are read at once, and behind them those that are read one by one.
const READ: (usize, usize) = (48, 16);
/// The cosine between reading at once and one by one: matrices of many rows and of one are multiplied by
/// different code, each rounding what it multiplies to blocks in its own way, and keys and values lie in f16.
const SAME: f64 = 0.9995;

fn network(path: &Path) -> Result<Qwen> {
    let checkpoint = Checkpoint::open(path)?;
    let weights = checkpoint.weights(DType::F32, &Device::Cpu);
    Ok(Qwen::load(&weights, &checkpoint.config, 128)?)
}

/// Ordinary tokens from all over the vocabulary.
fn tokens() -> Vec<u32> {
    let count = READ.0 + READ.1;
    (0..count as u32).map(|at| at * 7919 % 151_000).collect()
}

/// The logits after each of the tokens, of which so many are read at once first.
fn logits(network: &Qwen, at_once: usize) -> Result<Vec<Vec<f32>>> {
    let tokens = tokens();
    let row = |tokens: &[u32]| Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0);
    let mut cache = network.cache(tokens.len())?;
    let first = network.forward(&row(&tokens[..at_once])?, &mut cache)?;
    let mut all = network.logits(&first)?.squeeze(0)?.to_vec2::<f32>()?;
    for token in &tokens[at_once..] {
        let next = network.next(&row(&[*token])?, &mut cache)?;
        all.push(next.squeeze(0)?.to_vec1()?);
    }
    Ok(all)
}

/// The least cosine between two networks' logits after any token.
fn least_likeness(a: &[Vec<f32>], b: &[Vec<f32>]) -> f64 {
    let likeness = |(a, b): (&Vec<f32>, &Vec<f32>)| {
        let dot = |a: &[f32], b: &[f32]| -> f64 {
            let pairs = a.iter().zip(b);
            pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    a.iter().zip(b).map(likeness).fold(1.0, f64::min)
}

#[test]
fn networks_in_blocks_say_nearly_the_same_however_they_read() -> Result<()> {
    let folder = tempfile::tempdir()?;
    write_qwen(folder.path(), &wide(), 12)?;
    let plain = logits(&network(folder.path())?, READ.0)?;
    let file = folder.path().join("wide.gguf");
    // A little below what was measured: 0.9998, 0.9969, 0.9945 and 0.9848.
    for (blocks, least) in [
        (Quantisation::Q8_0, 0.9995),
        (Quantisation::Q6K, 0.995),
        (Quantisation::Q5KM, 0.992),
        (Quantisation::Q4KM, 0.98),
    ] {
        write_qwen_gguf(folder.path(), &file, blocks)?;
        let network = network(&file)?;
        let found = logits(&network, READ.0)?;
        ensure!(found.len() == plain.len(), "{} tokens", found.len());
        let likeness = least_likeness(&plain, &found);
        ensure!(likeness > least && likeness < 1.0, "{blocks:?}: {likeness}");
        let likeness = least_likeness(&found, &logits(&network, 1)?);
        ensure!(likeness > SAME, "{blocks:?} one by one: {likeness}");
    }
    Ok(())
}
