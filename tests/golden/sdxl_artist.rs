//! The artist as it is used, beside diffusers' own pipelines: prompt, seed, guidance and the picture that is drawn over.
//! `generate_sdxl_artist.py` made these files.

use std::{fs, path::Path, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use candle_core::{DType, Device};
use image::RgbImage;
use serde_json::{Value, json};
use songwright_base::{ModelIdentity, Seed, Silent};
use songwright_cover::{
    CoverArtist as _, CoverParams, CoverStyle, CoverWords, Redraw,
    sdxl::{Checkpoint, SdxlArtist, config::VaeConfig, model::vae::VaeDecoder},
};

use crate::{
    compare::close,
    sdxl::{NETWORK, config, same_bytes, weights},
    set::Set,
};

pub(crate) fn artist(set: &Set, _: &str) -> Result<()> {
    let (io, runs) = (set.tensors("artist.io")?, set.json("artist.runs")?);
    let folder = tempfile::tempdir()?;
    lay_out(set, folder.path())?;
    let checkpoint = Checkpoint::open(&[folder.path().to_owned()])?;
    let identity = ModelIdentity {
        name: "SDXL".to_owned(),
        model_id: "golden".to_owned(),
        licence: "MIT".to_owned(),
        digest: None,
    };
    let mut artist = SdxlArtist::new(checkpoint, &identity, Device::Cpu, 64 << 30)?;
    let runs = runs["runs"].as_array().context("no runs")?;
    for (index, run) in runs.iter().enumerate() {
        let mut params = params(run)?;
        if let Some(strength) = run["strength"].as_f64() {
            let bytes = io.integers(&format!("{index}.source"))?.flatten_all()?;
            let bytes = bytes.to_vec1::<i64>()?.into_iter().map(u8::try_from);
            let bytes = bytes.collect::<Result<Vec<_>, _>>()?;
            let image = RgbImage::from_raw(params.width, params.height, bytes);
            params.redraw = Some(Redraw {
                image: Arc::new(image.context("the source has another size")?),
                strength,
            });
        }
        let drawn = artist.draw(&params, &Silent)?;
        let wanted = io.integers(&format!("{index}.u8_nhwc"))?.get(0)?;
        same_bytes(&drawn.image, &wanted).with_context(|| format!("run {index}"))?;
    }
    ensure!(runs.len() > 4, "only {} runs", runs.len());
    Ok(())
}

pub(crate) fn tiled(set: &Set, _: &str) -> Result<()> {
    let (config, io) = (config::<VaeConfig>(set, "vae")?, set.tensors("tiled.io")?);
    let decoder = VaeDecoder::load(&weights(set, "vae", DType::F32)?, &config)?;
    let found = decoder.tiled(&io.f32("latents")?, 8)?;
    close("in tiles", &found, &io.f32("tiles")?, NETWORK)
}

fn params(run: &Value) -> Result<CoverParams> {
    let number = |key: &str| -> Result<u32> {
        Ok(u32::try_from(
            run[key].as_u64().with_context(|| key.to_owned())?,
        )?)
    };
    // The artist joins what is drawn and its style, and adds to what is not.
    let whole = run["prompt"].as_str().context("no prompt")?;
    let (prompt, style) = whole.split_once(", ").context("no style")?;
    let negative = run["negative_prompt"].as_str();
    let negative = negative.and_then(|text| Some(text.split_once(", ")?.0.to_owned()));
    Ok(CoverParams {
        prompt: prompt.to_owned(),
        also: Vec::new(),
        style: CoverStyle::Custom(style.to_owned()),
        width: number("width")?,
        height: number("height")?,
        exact_size: false,
        num_inference_steps: number("steps")?,
        seed: Seed(run["seed"].as_u64().context("no seed")?),
        words: CoverWords::default(),
        typography: None,
        negative_prompt: negative,
        guidance_scale: run["guidance_scale"].as_f64().unwrap_or_default(),
        redraw: None,
    })
}

/// The set's networks as a checkpoint's folder.
fn lay_out(set: &Set, folder: &Path) -> Result<()> {
    for name in ["text_encoder", "text_encoder_2", "unet", "vae"] {
        let file = match name {
            "unet" | "vae" => "diffusion_pytorch_model.safetensors",
            _ => "model.safetensors",
        };
        fs::create_dir_all(folder.join(name))?;
        fs::copy(
            set.file(&format!("{name}.config.json")),
            folder.join(name).join("config.json"),
        )?;
        fs::copy(
            set.file(&format!("{name}.weights.safetensors")),
            folder.join(name).join(file),
        )?;
    }
    fs::create_dir_all(folder.join("tokenizer"))?;
    fs::copy(
        set.file("tiny_tokenizer.json"),
        folder.join("tokenizer/tokenizer.json"),
    )?;
    let mut scheduler = set.json("pipeline.runs")?["scheduler"].clone();
    scheduler["_class_name"] = json!("EulerAncestralDiscreteScheduler");
    fs::create_dir_all(folder.join("scheduler"))?;
    fs::write(
        folder.join("scheduler/scheduler_config.json"),
        scheduler.to_string(),
    )?;
    Ok(())
}
