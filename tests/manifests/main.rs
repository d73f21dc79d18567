//! The networks at their published size, on shapes alone: what they ask for is what the published
//! checkpoints hold (`*.tsv`: names and shapes, made by instantiating the reference's classes).

mod sdxl;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use songwright_music::ace_step::model::{
    PromptEncoder, TextEncoder, Transformer,
    dcae::{DcaeDecoder, DcaeEncoder},
    vocoder::{Vocoder, VocoderConfig},
};
use songwright_nn::{
    Result as NnResult, Weights,
    qwen::{Config as QwenConfig, Qwen},
    weights::asked_by,
};

type Names = BTreeMap<String, Vec<usize>>;

/// What building asks for.
fn asked(build: impl FnOnce(&Weights) -> NnResult<()>) -> Result<Names> {
    Ok(asked_by(build)?
        .into_iter()
        .map(|(name, shape)| (name, shape.into_dims()))
        .collect())
}

/// A manifest without its heading.
fn manifest(text: &str) -> Result<Names> {
    let lines = text.lines().filter(|line| !line.starts_with("name\t"));
    lines
        .map(|line| {
            let (name, shape) = line.split_once('\t').context("no tab")?;
            let dims = shape.trim().split([',', 'x']).map(str::parse);
            Ok((name.to_owned(), dims.collect::<Result<_, _>>()?))
        })
        .collect()
}

/// That all of `asked` is in the manifest, and the rest of it is `unread`.
fn compare(asked: &Names, manifest: &Names, unread: impl Fn(&str) -> bool) -> Result<()> {
    for (name, shape) in asked {
        let stored = manifest
            .get(name)
            .with_context(|| format!("{name} is not stored"))?;
        ensure!(
            stored == shape,
            "{name} is stored as {stored:?}, not {shape:?}"
        );
    }
    for name in manifest.keys().filter(|name| !asked.contains_key(*name)) {
        ensure!(unread(name), "{name} is not read");
    }
    for name in asked.keys() {
        ensure!(!unread(name), "{name} is read after all");
    }
    Ok(())
}

#[test]
fn transformer() -> Result<()> {
    let config = serde_json::from_value(json!({
        "num_layers": 24, "inner_dim": 2560, "num_attention_heads": 20,
        "attention_head_dim": 128, "mlp_ratio": 2.5, "in_channels": 8, "out_channels": 8,
        "patch_size": [16, 1], "max_height": 16, "rope_theta": 1_000_000.0,
        "speaker_embedding_dim": 512, "text_embedding_dim": 768,
        "lyric_encoder_vocab_size": 6693, "lyric_hidden_size": 1024,
    }))?;
    let asked = asked(|weights| {
        PromptEncoder::load(weights, &config)?;
        Transformer::load(weights, &config).map(drop)
    })?;
    let parameters: usize = asked
        .values()
        .map(|shape| shape.iter().product::<usize>())
        .sum();
    ensure!(
        parameters == 2_588_427_392,
        "{parameters} parameters are read"
    );
    let stored = manifest(include_str!("ace-step-v1-transformer.tsv"))?;
    let unread = ["cross_attn.add_", "cross_attn.to_add_out", "projectors."];
    compare(&asked, &stored, |name| {
        unread.iter().any(|part| name.contains(part))
    })
}

#[test]
fn dcae() -> Result<()> {
    let stages = ["ResBlock", "ResBlock", "ResBlock", "EfficientViTBlock"];
    let config = serde_json::from_value(json!({
        "in_channels": 2, "latent_channels": 8, "attention_head_dim": 32,
        "encoder_block_types": stages, "decoder_block_types": stages,
        "encoder_block_out_channels": [128, 256, 512, 1024],
        "decoder_block_out_channels": [128, 256, 512, 1024],
        "encoder_layers_per_block": [2, 2, 3, 3], "decoder_layers_per_block": [3, 3, 3, 3],
        "encoder_qkv_multiscales": [[], [], [5], [5]],
        "decoder_qkv_multiscales": [[], [], [5], [5]],
    }))?;
    let asked = asked(|weights| {
        DcaeEncoder::load(weights, &config)?;
        DcaeDecoder::load(weights, &config).map(drop)
    })?;
    compare(
        &asked,
        &manifest(include_str!("ace-step-v1-dcae.tsv"))?,
        |_| false,
    )
}

#[test]
fn vocoder() -> Result<()> {
    let asked = asked(|weights| Vocoder::load(weights, &VocoderConfig::default()).map(drop))?;
    let stored = manifest(include_str!("ace-step-v1-vocoder.tsv"))?;
    compare(&asked, &stored, |name| name.starts_with("mel_transform."))
}

#[test]
fn text_encoder() -> Result<()> {
    let config = serde_json::from_value(json!({
        "vocab_size": 256_384, "d_model": 768, "d_kv": 64, "d_ff": 2048, "num_layers": 12,
        "num_heads": 12, "relative_attention_num_buckets": 32,
        "relative_attention_max_distance": 128, "layer_norm_epsilon": 1e-6,
    }))?;
    let asked = asked(|weights| TextEncoder::load(weights, &config).map(drop))?;
    // The tied embedding is stored once, or twice.
    let twice = |name: &str| name == "encoder.embed_tokens.weight";
    compare(
        &asked,
        &manifest(include_str!("umt5-base-encoder.tsv"))?,
        twice,
    )?;
    compare(
        &asked,
        &manifest(include_str!("ace-step-v1-umt5.tsv"))?,
        twice,
    )
}

fn qwen(config: &serde_json::Value, published: &str) -> Result<()> {
    let config = QwenConfig::from_json(&config.to_string(), "config.json".as_ref())?;
    let asked = asked(|weights| Qwen::load(weights, &config, 8).map(drop))?;
    // A tied head is the embedding, which some lists name twice.
    let tied = config.tie_word_embeddings;
    compare(&asked, &manifest(published)?, |name| {
        tied && name == "lm_head.weight"
    })
}

#[test]
fn qwen2_7b() -> Result<()> {
    let config = json!({
        "model_type": "qwen2", "vocab_size": 152_064, "hidden_size": 3584,
        "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28,
        "num_key_value_heads": 4, "max_position_embeddings": 32768, "rms_norm_eps": 1e-6,
        "rope_theta": 1e6, "tie_word_embeddings": false,
    });
    qwen(&config, include_str!("qwen2-7b.tsv"))
}

#[test]
fn qwen3_4b() -> Result<()> {
    let config = json!({
        "model_type": "qwen3", "vocab_size": 151_936, "hidden_size": 2560,
        "intermediate_size": 9728, "num_hidden_layers": 36, "num_attention_heads": 32,
        "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 262_144,
        "rms_norm_eps": 1e-6, "rope_theta": 5e6, "tie_word_embeddings": true,
    });
    qwen(&config, include_str!("qwen3-4b.tsv"))
}
