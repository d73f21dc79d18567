//! SDXL's configurations, as published and small, and checkpoints of random values.

use std::{collections::BTreeMap, fs, io, path::Path};

use candle_core::DType;
use serde_json::{Value, json};
use songwright_cover::sdxl::model::{
    ClipTextEncoder, TinyDecoder, TinyEncoder, Unet,
    vae::{VaeDecoder, VaeEncoder},
};
use songwright_nn::{Result as NnResult, Weights};

use crate::synthetic::{Measure, Tensors, asked, listed, read, write_safetensors};

/// `unet/config.json`, of what is read.
#[must_use]
pub fn unet_config() -> Value {
    unet(
        [320, 640, 1280],
        [1, 2, 10],
        [5, 10, 20],
        [2048, 1280, 256],
        32,
    )
}

/// `vae/config.json`, of what is read.
#[must_use]
pub fn vae_config() -> Value {
    vae([128, 256, 512, 512], 32)
}

/// `text_encoder/config.json` and `text_encoder_2/config.json`, of what is read.
#[must_use]
pub fn clip_configs() -> [Value; 2] {
    [
        clip([49408, 768, 3072, 12, 12], "quick_gelu"),
        clip([49408, 1280, 5120, 32, 20], "gelu"),
    ]
}

fn unet(
    channels: [usize; 3],
    layers: [usize; 3],
    heads: [usize; 3],
    [text, pooled, number]: [usize; 3],
    groups: usize,
) -> Value {
    json!({
        "in_channels": 4, "out_channels": 4,
        "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        "block_out_channels": channels, "layers_per_block": 2, "norm_num_groups": groups,
        "norm_eps": 1e-5, "cross_attention_dim": text, "transformer_layers_per_block": layers,
        "attention_head_dim": heads, "addition_time_embed_dim": number,
        "projection_class_embeddings_input_dim": pooled + 6 * number,
    })
}

fn vae(channels: [usize; 4], groups: usize) -> Value {
    json!({
        "in_channels": 3, "out_channels": 3, "block_out_channels": channels,
        "layers_per_block": 2, "latent_channels": 4, "norm_num_groups": groups,
        "scaling_factor": 0.13025,
    })
}

fn clip([words, size, hidden, layers, heads]: [usize; 5], function: &str) -> Value {
    json!({
        "vocab_size": words, "hidden_size": size, "intermediate_size": hidden,
        "projection_dim": size, "num_hidden_layers": layers, "num_attention_heads": heads,
        "max_position_embeddings": 77, "hidden_act": function, "layer_norm_eps": 1e-5,
    })
}

/// The files of a checkpoint, by their paths.
#[must_use]
pub fn sdxl_files() -> Vec<&'static str> {
    let parts = PARTS.iter().flat_map(|part| [part.config, part.file]);
    let others = [
        "scheduler/scheduler_config.json",
        "tokenizer/merges.txt",
        "tokenizer/vocab.json",
    ];
    parts.chain(others).collect()
}

struct Part {
    config: &'static str,
    file: &'static str,
    manifest: &'static str,
    dtype: DType,
}

const PARTS: [Part; 5] = [
    Part {
        config: "text_encoder/config.json",
        file: "text_encoder/model.fp16.safetensors",
        manifest: include_str!("../manifests/sdxl-clip-l.tsv"),
        dtype: DType::BF16,
    },
    Part {
        config: "text_encoder_2/config.json",
        file: "text_encoder_2/model.fp16.safetensors",
        manifest: include_str!("../manifests/sdxl-clip-g.tsv"),
        dtype: DType::BF16,
    },
    Part {
        config: "unet/config.json",
        file: "unet/diffusion_pytorch_model.fp16.safetensors",
        manifest: include_str!("../manifests/sdxl-unet.tsv"),
        dtype: DType::BF16,
    },
    Part {
        config: "vae/config.json",
        file: "vae/diffusion_pytorch_model.fp16.safetensors",
        manifest: include_str!("../manifests/sdxl-vae.tsv"),
        dtype: DType::BF16,
    },
    Part {
        config: "config.json",
        file: "diffusion_pytorch_model.safetensors",
        manifest: include_str!("../manifests/taesdxl.tsv"),
        dtype: DType::F32,
    },
];

/// Writes `stabilityai/sdxl-turbo`'s folder, and TAESDXL's files beside it, the same bytes for the same `seed`.
/// The small one's words are single letters.
///
/// # Errors
/// Those of the file system, and of configurations that are none.
pub fn write_sdxl(folder: &Path, measure: Measure, seed: u64) -> io::Result<()> {
    let vocabulary = letters();
    let (configs, shapes) = match measure {
        Measure::Real => {
            let [first, second] = clip_configs();
            let configs = [first, second, unet_config(), vae_config(), tiny(64)];
            (configs, PARTS.each_ref().map(|part| listed(part.manifest)))
        }
        Measure::Small => {
            let configs = small_configs([16, 16, 32], vocabulary.len());
            let shapes = small(&configs)?;
            (configs, shapes)
        }
    };
    write(folder, &vocabulary, (&configs, &shapes), seed)
}

/// The small one with a UNet whose matrices are large enough to be made into blocks of all kinds.
///
/// # Errors
/// As [`write_sdxl`].
pub fn write_wide_sdxl(folder: &Path, seed: u64) -> io::Result<()> {
    let vocabulary = letters();
    let configs = small_configs([32, 64, 256], vocabulary.len());
    let shapes = small(&configs)?;
    write(folder, &vocabulary, (&configs, &shapes), seed)
}

fn small_configs(channels: [usize; 3], words: usize) -> [Value; 5] {
    [
        clip([words, 32, 64, 2, 2], "quick_gelu"),
        clip([words, 48, 96, 2, 3], "gelu"),
        unet(channels, [1, 1, 1], [1, 2, 2], [80, 48, 8], 8),
        vae([8, 8, 16, 16], 4),
        tiny(8),
    ]
}

fn write(
    folder: &Path,
    vocabulary: &BTreeMap<String, usize>,
    (configs, shapes): (&[Value; 5], &[Tensors; 5]),
    seed: u64,
) -> io::Result<()> {
    for ((part, config), tensors) in PARTS.iter().zip(configs).zip(shapes) {
        let (config_file, file) = (folder.join(part.config), folder.join(part.file));
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(config_file, config.to_string())?;
        write_safetensors(&file, tensors, part.dtype, seed)?;
    }
    for folder in ["scheduler", "tokenizer"].map(|name| folder.join(name)) {
        fs::create_dir_all(folder)?;
    }
    let scheduler = json!({
        "_class_name": "EulerAncestralDiscreteScheduler", "timestep_spacing": "trailing",
        "steps_offset": 1, "beta_start": 0.00085, "beta_end": 0.012,
    });
    fs::write(
        folder.join("scheduler/scheduler_config.json"),
        scheduler.to_string(),
    )?;
    fs::write(
        folder.join("tokenizer/vocab.json"),
        json!(vocabulary).to_string(),
    )?;
    fs::write(folder.join("tokenizer/merges.txt"), "#version: 0.2\n")
}

fn tiny(width: usize) -> Value {
    let widths = [width; 4];
    json!({
        "encoder_block_out_channels": widths, "decoder_block_out_channels": widths,
        "num_encoder_blocks": [1, 3, 3, 3], "num_decoder_blocks": [3, 3, 3, 1],
        "latent_channels": 4,
    })
}

fn small(configs: &[Value; 5]) -> io::Result<[Tensors; 5]> {
    let text = |config: &Value, projects: bool| {
        asked(&|weights: &Weights| -> NnResult<()> {
            ClipTextEncoder::load(weights, &read(config), projects).map(drop)
        })
    };
    let [first, second, unet, vae, tiny] = configs;
    Ok([
        text(first, false)?,
        text(second, true)?,
        asked(&|weights| Unet::load(weights, &read(unet)).map(drop))?,
        asked(&|weights| {
            VaeEncoder::load(weights, &read(vae))?;
            VaeDecoder::load(weights, &read(vae)).map(drop)
        })?,
        asked(&|weights| {
            TinyEncoder::load(weights, &read(tiny))?;
            TinyDecoder::load(weights, &read(tiny)).map(drop)
        })?,
    ])
}

/// Letters of the small tokenizer, within a word and at its end.
fn letters() -> BTreeMap<String, usize> {
    let printed = ('!'..='~').map(|letter| letter.to_string());
    let ends = ('!'..='~').map(|letter| format!("{letter}</w>"));
    let specials = ["<|startoftext|>", "<|endoftext|>"].map(str::to_owned);
    let all = printed.chain(ends).chain(specials);
    all.enumerate().map(|(id, word)| (word, id)).collect()
}
