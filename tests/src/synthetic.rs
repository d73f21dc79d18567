//! Checkpoints of random values under the published names: what is loaded, and runs, without the
//! published weights.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::Path,
};

use candle_core::DType;
use serde_json::{Value, json};
use songwright_music::ace_step::model::{
    PromptEncoder, TextEncoder, Transformer,
    dcae::{DcaeDecoder, DcaeEncoder},
    vocoder::Vocoder,
};
use songwright_nn::{Result as NnResult, Weights, weights::asked_by};

/// Names and shapes.
pub(crate) type Tensors = BTreeMap<String, Vec<usize>>;

/// How large a checkpoint is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Measure {
    /// Of the published shapes, 8.3 GB.
    Real,
    /// The same networks, narrow and shallow: half a megabyte, and songs in seconds.
    Small,
}

/// Writes `ACE-Step-v1-3.5B`'s folder, the same bytes for the same `seed`.
///
/// # Errors
/// Those of the file system, and of configurations that are none.
pub fn write_ace_step(folder: &Path, measure: Measure, seed: u64) -> io::Result<()> {
    let parts = match measure {
        Measure::Real => real(),
        Measure::Small => small()?,
    };
    for part in parts {
        let folder = folder.join(part.folder);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("config.json"), part.config.to_string())?;
        write_safetensors(&folder.join(part.file), &part.tensors, part.dtype, seed)?;
    }
    for file in ["special_tokens_map.json", "tokenizer_config.json"] {
        fs::write(folder.join("umt5-base").join(file), "{}")?;
    }
    fs::write(
        folder.join("umt5-base/tokenizer.json"),
        tokenizer().to_string(),
    )
}

struct Part {
    folder: &'static str,
    file: &'static str,
    config: Value,
    tensors: Tensors,
    dtype: DType,
}

const DIFFUSERS: &str = "diffusion_pytorch_model.safetensors";

fn real() -> Vec<Part> {
    let part = |folder, file, config, manifest: &str, dtype| Part {
        folder,
        file,
        config,
        tensors: listed(manifest),
        dtype,
    };
    vec![
        part(
            "ace_step_transformer",
            DIFFUSERS,
            transformer([24, 2560, 20, 128], [512, 768, 6693, 1024]),
            include_str!("../manifests/ace-step-v1-transformer.tsv"),
            DType::BF16,
        ),
        part(
            "music_dcae_f8c8",
            DIFFUSERS,
            dcae([128, 256, 512, 1024], [2, 2, 3, 3], [3; 4], 32),
            include_str!("../manifests/ace-step-v1-dcae.tsv"),
            DType::BF16,
        ),
        part(
            "music_vocoder",
            DIFFUSERS,
            json!({}),
            include_str!("../manifests/ace-step-v1-vocoder.tsv"),
            DType::BF16,
        ),
        part(
            "umt5-base",
            "model.safetensors",
            text(256_384, 768, 2048, 12),
            include_str!("../manifests/umt5-base-encoder.tsv"),
            DType::F32,
        ),
    ]
}

fn small() -> io::Result<Vec<Part>> {
    let mut lyric = transformer([2, 64, 4, 16], [24, 32, 6693, 32]);
    lyric["lyric_encoder"] = json!({
        "output_size": 32, "attention_heads": 4, "linear_units": 64, "num_blocks": 6,
    });
    let dcae = dcae([8, 8, 16, 16], [1; 4], [1; 4], 8);
    let vocoder = json!({
        "input_channels": 128, "depths": [1, 1, 1, 1], "dims": [8, 12, 16, 16],
        "upsample_rates": [8, 8, 4, 2], "upsample_kernel_sizes": [16, 16, 8, 4],
        "resblock_kernel_sizes": [3, 5], "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5]],
        "num_mels": 16, "upsample_initial_channel": 32,
        "pre_conv_kernel_size": 7, "post_conv_kernel_size": 7, "hop_length": 512,
    });
    let text = text(VOCABULARY.chars().count() + 3, 32, 64, 12);
    let part = |folder, file, config: &Value, dtype, build: &dyn Fn(&Weights) -> NnResult<()>| {
        Ok::<_, io::Error>(Part {
            folder,
            file,
            config: config.clone(),
            tensors: asked(build)?,
            dtype,
        })
    };
    Ok(vec![
        part(
            "ace_step_transformer",
            DIFFUSERS,
            &lyric,
            DType::BF16,
            &|weights| {
                let config = read(&lyric);
                PromptEncoder::load(weights, &config)?;
                Transformer::load(weights, &config).map(drop)
            },
        )?,
        part(
            "music_dcae_f8c8",
            DIFFUSERS,
            &dcae,
            DType::BF16,
            &|weights| {
                DcaeEncoder::load(weights, &read(&dcae))?;
                DcaeDecoder::load(weights, &read(&dcae)).map(drop)
            },
        )?,
        part(
            "music_vocoder",
            DIFFUSERS,
            &vocoder,
            DType::BF16,
            &|weights| Vocoder::load(weights, &read(&vocoder)).map(drop),
        )?,
        part(
            "umt5-base",
            "model.safetensors",
            &text,
            DType::F32,
            &|weights| TextEncoder::load(weights, &read(&text)).map(drop),
        )?,
    ])
}

fn transformer(
    [layers, inner, heads, head]: [usize; 4],
    [speaker, text, rows, lyric]: [usize; 4],
) -> Value {
    json!({
        "num_layers": layers, "inner_dim": inner, "num_attention_heads": heads,
        "attention_head_dim": head, "mlp_ratio": 2.5, "in_channels": 8, "out_channels": 8,
        "patch_size": [16, 1], "max_height": 16, "rope_theta": 1_000_000.0,
        "speaker_embedding_dim": speaker, "text_embedding_dim": text,
        "lyric_encoder_vocab_size": rows, "lyric_hidden_size": lyric,
    })
}

fn dcae(channels: [usize; 4], encoder: [usize; 4], decoder: [usize; 4], head: usize) -> Value {
    let kinds = ["ResBlock", "ResBlock", "ResBlock", "EfficientViTBlock"];
    let views = json!([[], [], [5], [5]]);
    json!({
        "in_channels": 2, "latent_channels": 8, "attention_head_dim": head,
        "encoder_block_types": kinds, "decoder_block_types": kinds,
        "encoder_block_out_channels": channels, "decoder_block_out_channels": channels,
        "encoder_layers_per_block": encoder, "decoder_layers_per_block": decoder,
        "encoder_qkv_multiscales": views, "decoder_qkv_multiscales": views,
    })
}

fn text(rows: usize, features: usize, hidden: usize, layers: usize) -> Value {
    json!({
        "vocab_size": rows, "d_model": features, "d_kv": features.div_ceil(12), "d_ff": hidden,
        "num_layers": layers, "num_heads": 12, "relative_attention_num_buckets": 32,
        "relative_attention_max_distance": 128, "layer_norm_epsilon": 1e-6,
    })
}

pub(crate) fn read<T: serde::de::DeserializeOwned>(config: &Value) -> T {
    serde_json::from_value(config.clone()).unwrap_or_else(|error| panic!("{config}: {error}"))
}

pub(crate) fn asked(build: &dyn Fn(&Weights) -> NnResult<()>) -> io::Result<Tensors> {
    let asked = asked_by(build).map_err(io::Error::other)?;
    Ok(asked
        .into_iter()
        .map(|(name, shape)| (name, shape.into_dims()))
        .collect())
}

pub(crate) fn listed(manifest: &str) -> Tensors {
    let lines = manifest.lines().filter_map(|line| line.split_once('\t'));
    lines
        .filter(|(name, _)| *name != "name")
        .map(|(name, shape)| {
            let dims = shape
                .trim()
                .split([',', 'x'])
                .filter_map(|dim| dim.parse().ok());
            (name.to_owned(), dims.collect())
        })
        .collect()
}

pub(crate) fn write_safetensors(
    path: &Path,
    tensors: &Tensors,
    dtype: DType,
    seed: u64,
) -> io::Result<()> {
    let word = if dtype == DType::F32 { "F32" } else { "BF16" };
    let mut header = serde_json::Map::new();
    let mut offset = 0;
    for (name, shape) in tensors {
        let end = offset + shape.iter().product::<usize>() * dtype.size_in_bytes();
        header.insert(
            name.clone(),
            json!({"dtype": word, "shape": shape, "data_offsets": [offset, end]}),
        );
        offset = end;
    }
    let mut header = Value::Object(header).to_string();
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    let mut state = seed | 1;
    for (name, shape) in tensors {
        let (mean, spread) = values(name, shape);
        for _ in 0..shape.iter().product::<usize>() {
            // Vigna's xorshift64*: fast, and good enough for weights that mean nothing.
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            let bits = state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40;
            let value = mean + spread * (bits as f32 / 8_388_608.0 - 1.0);
            let bytes = value.to_bits().to_le_bytes();
            file.write_all(if dtype == DType::F32 {
                &bytes
            } else {
                &bytes[2..]
            })?;
        }
    }
    file.into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()
}

/// Middle and spread of a tensor's values, such that activations neither vanish nor explode.
fn values(name: &str, shape: &[usize]) -> (f32, f32) {
    let inputs: usize = shape.iter().skip(1).product();
    let is_norm = shape.len() == 1 && !name.ends_with("bias");
    if is_norm || name.ends_with("weight_g") {
        (1.0, 0.1)
    } else if shape.len() == 1 || name.ends_with("scale_shift_table") {
        (0.0, 0.05)
    } else {
        (0.0, (3.0 / inputs.max(1) as f32).sqrt())
    }
}

/// Letters of the small tokenizer.
const VOCABULARY: &str = "▁,abcdefghijklmnopqrstuvwxyz0123456789-'";

/// A tokenizer of single letters, in the form of UMT5's.
fn tokenizer() -> Value {
    let special = |id: usize, content: &str| {
        json!({"id": id, "content": content, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false, "special": true})
    };
    let mut vocabulary = vec![
        json!(["<pad>", 0.0]),
        json!(["</s>", 0.0]),
        json!(["<unk>", 0.0]),
    ];
    vocabulary.extend(
        VOCABULARY
            .chars()
            .map(|letter| json!([letter.to_string(), -3.0])),
    );
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [special(0, "<pad>"), special(1, "</s>"), special(2, "<unk>")],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}},
                {"Sequence": {"id": "B", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
            "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}},
        },
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
        "model": {"type": "Unigram", "unk_id": 2, "vocab": vocabulary, "byte_fallback": false},
    })
}
