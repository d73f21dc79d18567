//! SDXL's networks, its noise levels, and the words that CLIP reads.

use std::{fs, io::Read as _};

use anyhow::{Context as _, Result, ensure};
use candle_core::{DType, Device, Tensor, quantized::GgmlDType};
use image::RgbImage;
use serde::de::DeserializeOwned;
use songwright_cover::sdxl::{
    model::{
        ClipTextEncoder, TinyDecoder, TinyEncoder, Unet,
        vae::{VaeDecoder, VaeEncoder},
    },
    scheduler::{Sampler, Schedule, SchedulerConfig, Spacing},
    to_rgb,
    tokenizer::{ClipTokenizer, Padding},
};
use songwright_nn::{Weights, weights::Memory};

use crate::{
    compare::{HALF, PASS, QUANTISED, alike, close},
    sdxl_prompts,
    set::Set,
};

pub(crate) use crate::{
    sdxl_artist::{artist, tiled},
    sdxl_pipeline::pipeline,
};

/// The bounds of networks and of tables, both of a value's scale.
pub(crate) const NETWORK: f64 = PASS;
const TABLE: f64 = 1e-5;

/// `NAME.weights.safetensors`, handed out as `dtype`.
pub(crate) fn weights(set: &Set, name: &str, dtype: DType) -> Result<Weights> {
    let stored = set.tensors(&format!("{name}.weights"))?.0;
    let memory: Memory = stored.into_iter().collect();
    Ok(Weights::new(memory, dtype, &Device::Cpu))
}

/// `NAME.config.json`.
pub(crate) fn config<T: DeserializeOwned>(set: &Set, name: &str) -> Result<T> {
    Ok(serde_json::from_value(
        set.json(&format!("{name}.config"))?,
    )?)
}

/// The ways in which weights may lie in memory, and the cosine that each has to the reference.
fn lighter(set: &Set, name: &str) -> Result<[(&'static str, Weights, f64); 2]> {
    let eight_bits = weights(set, name, DType::F32)?.quantised(Some(GgmlDType::Q8_0));
    Ok([
        ("bf16", weights(set, name, DType::BF16)?, HALF),
        ("Q8_0", eight_bits, QUANTISED),
    ])
}

pub(crate) fn text_encoders(set: &Set, _: &str) -> Result<()> {
    let io = set.tensors("text_encoders.io")?;
    let encoders = [
        ("text_encoder", "clip_l", "ids_pad_eos"),
        ("text_encoder_2", "clip_g", "ids_pad_bang"),
    ];
    for (name, prefix, ids) in encoders {
        let (config, projects) = (config(set, name)?, prefix == "clip_g");
        let ids = io.integers(ids)?;
        let wanted = |what: &str| io.f32(&format!("{prefix}.{what}"));
        let encoder = ClipTextEncoder::load(&weights(set, name, DType::F32)?, &config, projects)?;
        let penultimate = encoder.penultimate(&ids)?;
        close(
            "penultimate",
            &penultimate,
            &wanted("penultimate")?,
            NETWORK,
        )?;
        let normed = encoder.normed(&penultimate)?;
        close("normed", &normed, &wanted("final_norm")?, NETWORK)?;
        let pooled = if projects {
            wanted("pooled_projected")?
        } else {
            wanted("pooled")?
        };
        close("pooled", &encoder.pooled(&normed, &ids)?, &pooled, NETWORK)?;
        // A row of the batch is what it is alone.
        let row = encoder.penultimate(&ids.narrow(0, 1, 1)?)?;
        let of_batch = wanted("penultimate")?.narrow(0, 1, 1)?;
        close("one row", &row, &of_batch, NETWORK)?;
        for (what, weights, cosine) in lighter(set, name)? {
            let encoder = ClipTextEncoder::load(&weights, &config, projects)?;
            let penultimate = encoder.penultimate(&ids)?;
            alike(what, &penultimate, &wanted("penultimate")?, cosine)?;
            let found = encoder.pooled(&encoder.normed(&penultimate)?, &ids)?;
            alike(what, &found, &pooled, cosine)?;
        }
    }
    Ok(())
}

pub(crate) fn unet(set: &Set, _: &str) -> Result<()> {
    let (config, io) = (config(set, "unet")?, set.tensors("unet.io")?);
    let unet = Unet::load(&weights(set, "unet", DType::F32)?, &config)?;
    let mut cases = 0;
    while io.has(&format!("{cases}.sample")) {
        let given = |what: &str| io.f32(&format!("{cases}.{what}"));
        let sample = given("sample")?;
        let rows = sample.dim(0)?;
        let time = unet.timestep(given("timestep")?.to_scalar::<f32>()?)?;
        let of_all = given("time_emb")?;
        let same = time.broadcast_as(of_all.shape())?.contiguous()?;
        close("timestep", &same, &of_all, NETWORK)?;
        let added = unet.added(&given("text_embeds")?, &given("time_ids")?)?;
        close("added", &added, &given("aug_emb")?, NETWORK)?;
        let conditioning = added.broadcast_add(&time)?;
        let context = unet.context(&given("ctx")?)?;
        let out = given("out")?;
        let found = unet.forward(&sample, &conditioning, &context)?;
        close("out", &found, &out, NETWORK)?;
        if rows > 1 {
            let row = |x: &Tensor| x.narrow(0, 1, 1);
            let context = unet.context(&row(&given("ctx")?)?)?;
            let found = unet.forward(&row(&sample)?, &row(&conditioning)?, &context)?;
            close("one row", &found, &row(&out)?, NETWORK)?;
        }
        for (what, weights, cosine) in lighter(set, "unet")? {
            let (unet, dtype) = (Unet::load(&weights, &config)?, weights.dtype());
            let context = unet.context(&given("ctx")?.to_dtype(dtype)?)?;
            let time = unet.timestep(given("timestep")?.to_scalar::<f32>()?)?;
            let added = unet.added(&given("text_embeds")?, &given("time_ids")?)?;
            let conditioning = added.broadcast_add(&time)?;
            let found = unet.forward(&sample.to_dtype(dtype)?, &conditioning, &context)?;
            alike(what, &found, &out, cosine)?;
        }
        cases += 1;
    }
    ensure!(cases > 1, "only {cases} cases");
    Ok(())
}

pub(crate) fn vae(set: &Set, _: &str) -> Result<()> {
    let (config, io) = (
        config::<songwright_cover::sdxl::config::VaeConfig>(set, "vae")?,
        set.tensors("vae.io")?,
    );
    let decoder = VaeDecoder::load(&weights(set, "vae", DType::F32)?, &config)?;
    let half = VaeDecoder::load(&weights(set, "vae", DType::BF16)?, &config)?;
    let mut cases = 0;
    while io.has(&format!("{cases}.latents")) {
        let latents = (io.f32(&format!("{cases}.latents"))? / config.scaling_factor)?;
        let wanted = io.f32(&format!("{cases}.vae_image"))?;
        let found = decoder.forward(&latents)?;
        close("decoded", &found, &wanted, NETWORK)?;
        let bytes = io.integers(&format!("{cases}.vae_u8_nhwc"))?;
        same_pixels(&found, &bytes)?;
        let found = half.forward(&latents.to_dtype(DType::BF16)?)?;
        alike("bf16", &found, &wanted, HALF)?;
        cases += 1;
    }
    ensure!(cases > 1, "only {cases} cases");
    let encoder = VaeEncoder::load(&weights(set, "vae", DType::F32)?, &config)?;
    let moments = encoder.forward(&io.f32("enc.image")?)?;
    close("mean", &moments.mean, &io.f32("enc.mean")?, NETWORK)?;
    close("std", &moments.std, &io.f32("enc.std")?, NETWORK)?;
    let half = VaeEncoder::load(&weights(set, "vae", DType::BF16)?, &config)?;
    let moments = half.forward(&io.f32("enc.image")?.to_dtype(DType::BF16)?)?;
    alike("bf16", &moments.mean, &io.f32("enc.mean")?, HALF)?;
    Ok(())
}

pub(crate) fn tiny(set: &Set, _: &str) -> Result<()> {
    let (config, io) = (config(set, "tae")?, set.tensors("vae.io")?);
    let decoder = TinyDecoder::load(&weights(set, "tae", DType::F32)?, &config)?;
    let half = TinyDecoder::load(&weights(set, "tae", DType::BF16)?, &config)?;
    let mut cases = 0;
    while io.has(&format!("{cases}.latents")) {
        let latents = io.f32(&format!("{cases}.latents"))?;
        let wanted = io.f32(&format!("{cases}.tae_image"))?;
        let found = decoder.forward(&latents)?;
        close("decoded", &found, &wanted, NETWORK)?;
        same_pixels(&found, &io.integers(&format!("{cases}.tae_u8_nhwc"))?)?;
        let found = half.forward(&latents.to_dtype(DType::BF16)?)?;
        alike("bf16", &found, &wanted, HALF)?;
        cases += 1;
    }
    ensure!(cases > 1, "only {cases} cases");
    let encoder = TinyEncoder::load(&weights(set, "tae", DType::F32)?, &config)?;
    let found = encoder.forward(&io.f32("enc.image")?)?;
    close("encoded", &found, &io.f32("enc.tae_latents")?, NETWORK)
}

/// That each row of a batch is the picture of [`same_bytes`].
pub(crate) fn same_pixels(found: &Tensor, wanted: &Tensor) -> Result<()> {
    for row in 0..wanted.dim(0)? {
        same_bytes(&to_rgb(&found.narrow(0, row, 1)?)?, &wanted.get(row)?)?;
    }
    Ok(())
}

/// That bytes differ by at most one, and of a thousand at most one does.
pub(crate) fn same_bytes(image: &RgbImage, wanted: &Tensor) -> Result<()> {
    let (height, width, _) = wanted.dims3()?;
    ensure!(
        (image.width() as usize, image.height() as usize) == (width, height),
        "the picture has another size"
    );
    let wanted = wanted.flatten_all()?.to_vec1::<i64>()?;
    let (mut apart, mut all) = (0, 0);
    for (found, wanted) in image.as_raw().iter().zip(wanted) {
        let by = (i64::from(*found) - wanted).abs();
        ensure!(by <= 1, "a byte is {found}, not {wanted}");
        (apart, all) = (apart + by, all + 1);
    }
    ensure!(apart * 1000 <= all, "{apart} of {all} bytes differ");
    Ok(())
}

pub(crate) fn tables(set: &Set, file: &str) -> Result<()> {
    let json = set.json(file)?;
    let tables = json["tables"].as_object().context("no tables")?;
    let mut checked = 0;
    for (name, rows) in tables {
        let config = SchedulerConfig {
            sampler: if name.starts_with("euler_ancestral") {
                Sampler::EulerAncestral
            } else {
                Sampler::Euler
            },
            timestep_spacing: if name.contains("leading") {
                Spacing::Leading
            } else {
                Spacing::Trailing
            },
            steps_offset: 1,
        };
        for row in rows.as_array().context("no rows")? {
            let steps = row["steps"].as_u64().context("no steps")?;
            let schedule = Schedule::new(config, usize::try_from(steps)?);
            let numbers =
                |what: &str| -> Result<Vec<f64>> { Ok(serde_json::from_value(row[what].clone())?) };
            let timesteps: Vec<f64> = schedule.timesteps().iter().map(|t| f64::from(*t)).collect();
            ensure!(
                timesteps == numbers("timesteps")?,
                "{name} {steps}: {timesteps:?}"
            );
            let wanted = numbers("sigmas")?;
            ensure!(wanted.len() == schedule.sigmas().len(), "{name} {steps}");
            let initial = row["init_noise_sigma"].as_f64().context("no initial")?;
            let pairs = schedule.sigmas().iter().zip(&wanted);
            for (found, wanted) in pairs.chain([(&schedule.initial(), &initial)]) {
                ensure!(
                    (found - wanted).abs() <= TABLE * wanted.abs(),
                    "{name} {steps}: {found}, not {wanted}"
                );
            }
            checked += 1;
        }
    }
    ensure!(checked > 9, "only {checked} tables");
    Ok(())
}

/// Single steps: `nSTEPS.STEP.NAME`.
pub(crate) fn steps(set: &Set, _: &str) -> Result<()> {
    let io = set.tensors("scheduler.io")?;
    let config = SchedulerConfig {
        sampler: Sampler::EulerAncestral,
        timestep_spacing: Spacing::Trailing,
        steps_offset: 1,
    };
    let mut checked = 0;
    for steps in 1..=10 {
        let schedule = Schedule::new(config, steps);
        for step in 0..steps {
            let of = |what: &str| io.f32(&format!("n{steps}.{step}.{what}"));
            let Ok(sample) = of("sample") else { continue };
            let noise = of("model_output")?;
            let scaled = (&sample / schedule.scale(step))?;
            close("scaled", &scaled, &of("scaled_input")?, TABLE)?;
            let clean = (&sample - (&noise * schedule.sigmas()[step])?)?;
            close("clean", &clean, &of("pred_x0")?, TABLE)?;
            let factors = schedule.step(step);
            let next = (sample + (noise * factors.derivative)?)?;
            let next = (next + (of("noise")? * factors.fresh)?)?;
            close("next", &next, &of("prev")?, TABLE)?;
            checked += 1;
        }
    }
    ensure!(checked >= 7, "only {checked} steps");
    Ok(())
}

pub(crate) fn bpe_cases(set: &Set, file: &str) -> Result<()> {
    let json = set.json(file)?;
    let mut text = Vec::new();
    let packed = fs::File::open(set.file("tokenizer.json.gz"))?;
    flate2::read::GzDecoder::new(packed).read_to_end(&mut text)?;
    let whole = tempfile::tempdir()?;
    fs::write(whole.path().join("tokenizer.json"), &text)?;
    // The same in two files, as the hub's repositories have it.
    let apart = tempfile::tempdir()?;
    let described: serde_json::Value = serde_json::from_slice(&text)?;
    let mut vocabulary = described["model"]["vocab"].clone();
    for added in described["added_tokens"].as_array().into_iter().flatten() {
        let content = added["content"].as_str().context("no content")?;
        vocabulary[content] = added["id"].clone();
    }
    fs::write(apart.path().join("vocab.json"), vocabulary.to_string())?;
    let mut merges = "#version: 0.2\n".to_owned();
    for merge in described["model"]["merges"]
        .as_array()
        .context("no merges")?
    {
        let pair: Vec<String> = serde_json::from_value(merge.clone())?;
        merges.push_str(&format!("{}\n", pair.join(" ")));
    }
    fs::write(apart.path().join("merges.txt"), merges)?;
    for folder in [whole.path(), apart.path()] {
        let tokenizer = ClipTokenizer::open(folder)?;
        for case in json["cases"].as_array().context("no cases")? {
            let text = case["text"].as_str().context("no text")?;
            let ids =
                |key: &str| -> Result<Vec<u32>> { Ok(serde_json::from_value(case[key].clone())?) };
            let found = tokenizer.encode(text, Padding::End)?.ids;
            ensure!(found == ids("ids_77_pad_eos")?, "{text:?}: {found:?}");
            let found = tokenizer.encode(text, Padding::Bang)?.ids;
            ensure!(found == ids("ids_77_pad_bang")?, "{text:?}: {found:?}");
            let (count, all) = (tokenizer.count(text)?, ids("ids")?.len() - 2);
            // To the second encoder a "!" is a word of its own wherever it stands.
            let is_right = count == all || (count > all && text.contains('!'));
            ensure!(is_right, "{text:?}: {count} tokens, not {all}");
        }
        sdxl_prompts::check(&tokenizer)?;
    }
    Ok(())
}
