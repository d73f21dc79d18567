//! The lyric encoder and the diffusion transformer.

use anyhow::{Context as _, Result};
use candle_core::{D, DType, Device, Tensor, quantized::GgmlDType};
use serde_json::Value;
use songwright_music::ace_step::{
    config::{LyricEncoderConfig, TransformerConfig},
    model::{Branch, Conditioning, LyricEncoder, Prompt, PromptEncoder, Rotary, Transformer},
};
use songwright_nn::Weights;

use crate::{
    compare::{HALF, PASS, QUANTISED, alike, close},
    set::{Set, Tensors},
};

/// The configuration of a file: the whole of it, or what lies under `config` or `model`.
pub(crate) fn config(set: &Set, file: &str) -> Result<TransformerConfig> {
    let json: Value = set.json(file)?;
    let part = ["config", "model"].iter().find_map(|key| json.get(key));
    Ok(serde_json::from_value(part.unwrap_or(&json).clone())?)
}

/// The weights of a file.
pub(crate) fn weights(set: &Set, file: &str) -> Result<Weights> {
    weights_in(set, file, DType::F32)
}

/// The same, to compute in another type.
fn weights_in(set: &Set, file: &str, dtype: DType) -> Result<Weights> {
    let tensors = set.tensors(file)?.weights()?;
    Ok(Weights::new(tensors, dtype, &Device::Cpu))
}

/// Weights as devices with less memory hold them, and the cosine that they have to the reference.
fn lighter(set: &Set, file: &str) -> Result<[(&'static str, Weights, f64); 2]> {
    let quantised = weights(set, file)?.quantised(Some(GgmlDType::Q8_0));
    Ok([
        ("bf16", weights_in(set, file, DType::BF16)?, HALF),
        ("Q8_0", quantised, QUANTISED),
    ])
}

/// The prompt of a file, under its usual names.
pub(crate) fn prompt(tensors: &Tensors) -> Result<Prompt> {
    Ok(Prompt {
        text: tensors.f32("text")?,
        text_mask: tensors.f32("text_mask")?,
        speaker: tensors.f32("speaker")?,
        lyric_ids: tensors.integers("lyric_ids")?,
        lyric_mask: tensors.f32("lyric_mask")?,
    })
}

pub(crate) fn lyric_encoder(set: &Set, file: &str) -> Result<()> {
    let (json, tensors) = (set.json(file)?, set.tensors(file)?);
    let config: LyricEncoderConfig = serde_json::from_value(json["config"].clone())?;
    let inputs = json["config"]["input_size"]
        .as_u64()
        .context("no input size")?;
    let encoder = LyricEncoder::load(&weights(set, file)?, usize::try_from(inputs)?, &config)?;
    let (x, mask) = (tensors.f32("x")?, tensors.f32("mask")?);
    let out = tensors.f32("out")?;
    let embedded = encoder.embedded(&x)?;
    close("embedded", &embedded, &tensors.f32("out_embed")?, PASS)?;
    let positions = encoder.positions(x.dim(1)?)?;
    close("positions", &positions, &tensors.f32("out_pos_emb")?, PASS)?;
    close("out", &encoder.forward(&x, &mask, false)?, &out, PASS)?;
    // A row of the batch is what it is alone.
    let row = encoder.forward(&x.narrow(0, 1, 1)?, &mask.narrow(0, 1, 1)?, false)?;
    close("one row", &row, &out.narrow(0, 1, 1)?, PASS)?;
    for (what, weights, cosine) in lighter(set, file)? {
        let encoder = LyricEncoder::load(&weights, usize::try_from(inputs)?, &config)?;
        let found = encoder.forward(&x.to_dtype(weights.dtype())?, &mask, false)?;
        alike(what, &found, &out, cosine)?;
    }
    Ok(())
}

pub(crate) fn encode(set: &Set, file: &str) -> Result<()> {
    let encoder = PromptEncoder::load(&weights(set, file)?, &config(set, file)?)?;
    let tensors = set.tensors(file)?;
    let prompt = prompt(&tensors)?;
    let found = encoder.encode(&prompt, false)?;
    let (text, lyrics) = (prompt.text.dim(1)?, prompt.lyric_ids.dim(1)?);
    let lyric_part = found.states.narrow(1, 1 + text, lyrics)?;
    close("lyrics", &lyric_part, &tensors.f32("out_lyric")?, PASS)?;
    close("states", &found.states, &tensors.f32("out_encode")?, PASS)?;
    close("mask", &found.mask, &tensors.f32("out_encode_mask")?, 0.0)?;
    for (what, weights, cosine) in lighter(set, file)? {
        let encoder = PromptEncoder::load(&weights, &config(set, file)?)?;
        let found = encoder.encode(&prompt, false)?.states;
        alike(what, &found, &tensors.f32("out_encode")?, cosine)?;
    }
    Ok(())
}

pub(crate) fn decode(set: &Set, file: &str) -> Result<()> {
    let (config, tensors) = (config(set, file)?, set.tensors(file)?);
    let model = Transformer::load(&weights(set, file)?, &config)?;
    let latents = tensors.f32("latents")?;
    let conditioning = Conditioning {
        states: tensors.f32("enc")?,
        mask: tensors.f32("enc_mask")?,
    };
    let branch = model.branch(&conditioning, false)?;
    let timesteps = model.timesteps(&tensors.f32("timestep")?.to_vec1()?)?;
    let wanted = |name: &str| tensors.f32(name);
    close(
        "timestep embedding",
        timesteps.embedded(),
        &wanted("out_timestep_embedding")?,
        PASS,
    )?;
    let modulation = timesteps.modulation().flatten_from(1)?;
    close("modulation", &modulation, &wanted("out_temb")?, PASS)?;
    let tokens = model.tokens(&latents)?;
    close("tokens", &tokens, &wanted("out_proj_in")?, PASS)?;
    let rotary = Rotary::new(
        config.rope_theta,
        config.attention_head_dim,
        latents.dim(D::Minus1)?,
        &Device::Cpu,
    )?;
    close("cosines", rotary.cos(), &wanted("out_rope_cos")?, PASS)?;
    close("sines", rotary.sin(), &wanted("out_rope_sin")?, PASS)?;
    let timestep = timesteps.by_row();
    let mut x = tokens;
    for (i, name) in ["out_block0", "out_block1", "out_block2"]
        .iter()
        .enumerate()
    {
        x = model.block(i, &x, &timestep, &branch)?;
        close(name, &x, &wanted(name)?, PASS)?;
    }
    let out = wanted("out")?;
    let found = model.forward(&latents, &timestep, &branch)?;
    close("out", &found, &out, PASS)?;
    // What the reference does for a width that is not the latents'; no pipeline asks for one.
    let width = found.dim(D::Minus1)?;
    let longer = wanted("out_longer")?;
    let more = longer.dim(D::Minus1)? - width;
    let padded = found.pad_with_zeros(D::Minus1, 0, more)?;
    close("longer", &padded, &longer, PASS)?;
    let shorter = wanted("out_shorter")?;
    let cut = found.narrow(D::Minus1, 0, shorter.dim(D::Minus1)?)?;
    close("shorter", &cut, &shorter, PASS)?;
    let first = Conditioning {
        states: conditioning.states.narrow(0, 0, 1)?,
        mask: conditioning.mask.narrow(0, 0, 1)?,
    };
    let alone = model.branch(&first, false)?;
    let row = model.forward(&latents.narrow(0, 0, 1)?, &timesteps.at(0)?, &alone)?;
    close("one row", &row, &out.narrow(0, 0, 1)?, PASS)?;
    let both = Branch::batch(&[&alone, &alone])?;
    let twice = latents.narrow(0, 0, 1)?;
    let twice = Tensor::cat(&[&twice, &twice], 0)?;
    let rows = model.forward(&twice, &timesteps.at(0)?, &both)?;
    close("second of two", &rows.narrow(0, 1, 1)?, &row, PASS)?;
    let long = tensors.f32("long_latents")?;
    let found = model.forward(&long, &timesteps.at(0)?, &alone)?;
    close("long", &found, &wanted("out_long")?, PASS)?;
    for (what, weights, cosine) in lighter(set, file)? {
        let model = Transformer::load(&weights, &config)?;
        let branch = model.branch(&conditioning, false)?;
        let timesteps = model.timesteps(&tensors.f32("timestep")?.to_vec1()?)?;
        let found = model.forward(&latents, &timesteps.by_row(), &branch)?;
        alike(what, &found, &out, cosine)?;
    }
    Ok(())
}

/// Both parts from one file.
pub(crate) fn whole(set: &Set, file: &str) -> Result<()> {
    let (config, weights) = (config(set, file)?, weights(set, file)?);
    let encoder = PromptEncoder::load(&weights, &config)?;
    let model = Transformer::load(&weights, &config)?;
    let tensors = set.tensors(file)?;
    let wanted = |name: &str| tensors.f32(name);
    let prompt = prompt(&tensors)?;
    let lyrics = encoder.lyric_states(&prompt, false)?;
    close("lyrics", &lyrics, &wanted("out_lyric_encoder")?, PASS)?;
    let conditioning = encoder.encode(&prompt, false)?;
    let states = wanted("out_encode")?;
    close("states", &conditioning.states, &states, PASS)?;
    close("mask", &conditioning.mask, &wanted("out_encode_mask")?, 0.0)?;
    let latents = wanted("latents")?;
    let tokens = model.tokens(&latents)?;
    close("tokens", &tokens, &wanted("out_proj_in")?, PASS)?;
    let timesteps = model.timesteps(&wanted("timestep")?.to_vec1()?)?;
    let embedded = wanted("out_timestep_embedding")?;
    close("timestep embedding", timesteps.embedded(), &embedded, PASS)?;
    let modulation = timesteps.modulation().flatten_from(1)?;
    close("modulation", &modulation, &wanted("out_t_block")?, PASS)?;
    let branch = model.branch(&conditioning, false)?;
    let first = model.block(0, &tokens, &timesteps.by_row(), &branch)?;
    close("block 0", &first, &wanted("out_block0")?, PASS)?;
    let out = model.forward(&latents, &timesteps.by_row(), &branch)?;
    close("out", &out, &wanted("out_decode")?, PASS)?;
    let first = Conditioning {
        states: conditioning.states.narrow(0, 0, 1)?,
        mask: conditioning.mask.narrow(0, 0, 1)?,
    };
    let alone = model.branch(&first, false)?;
    let single = model.timesteps(&wanted("timestep_single")?.to_vec1()?)?;
    let row = model.forward(&latents.narrow(0, 0, 1)?, &single.by_row(), &alone)?;
    close("one row", &row, &wanted("out_decode_single")?, PASS)?;
    for (what, weights, cosine) in lighter(set, file)? {
        let encoder = PromptEncoder::load(&weights, &config)?;
        let model = Transformer::load(&weights, &config)?;
        let branch = model.branch(&encoder.encode(&prompt, false)?, false)?;
        let timesteps = model.timesteps(&wanted("timestep")?.to_vec1()?)?;
        let found = model.forward(&latents, &timesteps.by_row(), &branch)?;
        alike(what, &found, &out, cosine)?;
    }
    Ok(())
}
