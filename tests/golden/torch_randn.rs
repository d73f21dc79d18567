//! The noise of a seed against `torch.randn`.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail, ensure};
use candle_core::{Device, Tensor};
use songwright_nn::random::Generator;

use crate::{compare::close, set::Set};

/// Three units in the last place of the largest values that a normal stream holds.
const ULPS: f64 = 3e-7;

/// Every tensor of the file, by what its name says it is.
pub(crate) fn check(set: &Set, file: &str) -> Result<()> {
    let tensors = set.tensors(file)?;
    // By name, which within a stream is the order that its parts were drawn in.
    let mut names: Vec<&String> = tensors.0.keys().collect();
    names.sort();
    let mut streams: HashMap<u64, Generator> = HashMap::new();
    for name in names {
        let parts: Vec<&str> = name.split('_').collect();
        match parts[..] {
            // PyTorch makes noise in bf16 of eight bits; ours is made in f32, then rounded.
            ["bf16", ..] => {}
            ["randn", seed, _] => {
                let wanted = tensors.f32(name)?;
                let mut generator = Generator::new(seed.parse()?);
                let found = generator.randn(wanted.shape(), &Device::Cpu)?;
                close(name, &found, &wanted, ULPS)?;
            }
            ["uniform", seed, _] => {
                let mut generator = Generator::new(seed.parse()?);
                for value in tensors.f32(name)?.to_vec1::<f32>()? {
                    let found = generator.uniform();
                    ensure!(
                        found.to_bits() == value.to_bits(),
                        "{name}: {found}, {value}"
                    );
                }
            }
            ["mt", "low24", seed, _] => {
                let mut generator = Generator::new(seed.parse()?);
                for value in tensors.integers(name)?.to_vec1::<i64>()? {
                    let found = i64::from(generator.bits() & 0x00FF_FFFF);
                    ensure!(found == value, "{name}: {found}, not {value}");
                }
            }
            ["stream", ref rest @ ..] => {
                let seed = match rest {
                    [seed, _, _] => seed.parse()?,
                    _ => seed_of_the_one_stream(set, file)?,
                };
                let generator = streams.entry(seed).or_insert_with(|| Generator::new(seed));
                let wanted: Tensor = tensors.f32(name)?;
                let found = generator.randn(wanted.shape(), &Device::Cpu)?;
                close(name, &found, &wanted, ULPS)?;
            }
            _ => bail!("{name} is of no kind that is known"),
        }
    }
    Ok(())
}

fn seed_of_the_one_stream(set: &Set, file: &str) -> Result<u64> {
    set.json(file)?
        .pointer("/stream/seed")
        .and_then(serde_json::Value::as_u64)
        .context("the stream has no seed")
}
