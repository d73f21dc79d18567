//! UMT5's encoder.

use anyhow::{Result, ensure};
use candle_core::{DType, Device, Tensor};
use songwright_music::ace_step::model::{TextEncoder, TextEncoderConfig, bucket};
use songwright_nn::{Weights, weights::Memory};

use crate::{
    compare::{HALF, PASS, alike, close},
    set::Set,
};

pub(crate) fn check(set: &Set, file: &str) -> Result<()> {
    let config: TextEncoderConfig = serde_json::from_value(set.json(&format!("{file}.config"))?)?;
    let stored = set.tensors(&format!("{file}.weights"))?.0;
    // The tied embedding, stored once, under either name.
    let names = ["shared.weight", "encoder.embed_tokens.weight"];
    let stored_as = |name: &str| -> Memory {
        let renamed = stored.iter().map(|(own, tensor)| {
            let own = if names.contains(&own.as_str()) {
                name
            } else {
                own
            };
            (own.to_owned(), tensor.clone())
        });
        renamed.collect()
    };
    let load = |name: &str, dtype: DType| -> Result<TextEncoder> {
        Ok(TextEncoder::load(
            &Weights::new(stored_as(name), dtype, &Device::Cpu),
            &config,
        )?)
    };
    let encoder = load(names[0], DType::F32)?;
    let other = load(names[1], DType::F32)?;
    let half = load(names[0], DType::BF16)?;
    let tensors = set.tensors(&format!("{file}.io"))?;
    let mut texts = 0;
    while tensors.has(&format!("{texts}.ids")) {
        let ids = tensors.integers(&format!("{texts}.ids"))?;
        let wanted = tensors.f32(&format!("{texts}.out"))?;
        close("text", &encoder.forward(&ids, None, false)?, &wanted, PASS)?;
        close("twin", &other.forward(&ids, None, false)?, &wanted, PASS)?;
        texts += 1;
    }
    ensure!(texts > 1, "only {texts} texts");
    let (ids, mask) = (tensors.integers("batch.ids")?, tensors.f32("batch.mask")?);
    let found = encoder.forward(&ids, Some(&mask), false)?;
    let in_half = half.forward(&ids, Some(&mask), false)?;
    let wanted = tensors.f32("batch.out")?;
    for row in 0..ids.dim(0)? {
        let count: f32 = mask.get(row)?.sum_all()?.to_scalar()?;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count"
        )]
        let row_of = |x: &Tensor| x.get(row)?.narrow(0, 0, count as usize);
        close("batch", &row_of(&found)?, &row_of(&wanted)?, PASS)?;
        alike("bf16", &row_of(&in_half)?, &row_of(&wanted)?, HALF)?;
    }
    let places = tensors
        .integers("bucket.relative_position")?
        .to_vec1::<i64>()?;
    let buckets = tensors.integers("bucket.id")?.to_vec1::<i64>()?;
    for (place, wanted) in places.into_iter().zip(buckets) {
        let found = bucket(usize::try_from(place.unsigned_abs())?, place > 0, 32, 128);
        ensure!(
            i64::from(found) == wanted,
            "{place} is in {found}, not {wanted}"
        );
    }
    Ok(())
}

/// The encoder as entropy-rectifying guidance weakens it.
pub(crate) fn weakened(set: &Set, file: &str) -> Result<()> {
    let config: TextEncoderConfig = serde_json::from_value(set.json(&format!("{file}.config"))?)?;
    let stored: Memory = set
        .tensors(&format!("{file}.weights"))?
        .0
        .into_iter()
        .collect();
    let weights = Weights::new(stored, DType::F32, &Device::Cpu);
    let encoder = TextEncoder::load(&weights, &config)?;
    let tensors = set.tensors(&format!("{file}.io"))?;
    let ids = tensors.integers("ids")?;
    for name in ["plain", "weakened"] {
        let found = encoder.forward(&ids, None, name == "weakened")?;
        close(name, &found, &tensors.f32(name)?, PASS)?;
    }
    Ok(())
}
