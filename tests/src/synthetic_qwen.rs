//! Qwen3 with random values and its own tokenizer: what is loaded, and answers, without the published
//! weights.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::Path,
};

use candle_core::{
    DType, Device, Tensor,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{self, Value as Note},
    },
};
use serde_json::{Value, json};
use songwright_nn::qwen::{Config, Family, Qwen, llama_name};

use crate::{
    qwen_tokenizer,
    synthetic::{asked, write_safetensors},
};

/// Rows of the published embedding.
const ROWS: usize = 151_936;

/// A network of one narrow layer: an answer in milliseconds.
#[must_use]
pub fn small() -> Value {
    json!({
        "model_type": "qwen3", "vocab_size": ROWS, "hidden_size": 32, "intermediate_size": 64,
        "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16,
        "max_position_embeddings": 8192, "rms_norm_eps": 1e-6, "rope_theta": 1e6,
        "tie_word_embeddings": true, "hidden_act": "silu",
    })
}

/// The network of Qwen3 0.6B.
#[must_use]
pub fn qwen3_0_6b() -> Value {
    published(1024, 3072)
}

/// The network of Qwen3 1.7B.
#[must_use]
pub fn qwen3_1_7b() -> Value {
    published(2048, 6144)
}

fn published(hidden: usize, inner: usize) -> Value {
    let mut config = small();
    for (key, value) in [
        ("hidden_size", hidden),
        ("intermediate_size", inner),
        ("num_hidden_layers", 28),
        ("num_attention_heads", 16),
        ("num_key_value_heads", 8),
        ("head_dim", 128),
        ("max_position_embeddings", 40_960),
    ] {
        config[key] = value.into();
    }
    config
}

/// [`small`] with rows of 256, which the blocks of K-quants need.
#[must_use]
pub fn wide() -> Value {
    let mut config = small();
    for (key, value) in [
        ("hidden_size", 256),
        ("intermediate_size", 256),
        ("head_dim", 128),
    ] {
        config[key] = value.into();
    }
    config
}

/// The files that llama.cpp makes of floats, by the names that they are published under.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Quantisation {
    /// Eight bits.
    Q8_0,
    /// Four bits, and six where it is heard.
    Q4KM,
    /// Five bits, and six where it is heard.
    Q5KM,
    /// Six bits.
    Q6K,
}

impl Quantisation {
    /// The blocks of a matrix, by its name in the file.
    fn blocks(self, name: &str) -> GgmlDType {
        let is_heard = ["token_embd.", "output.", "attn_v.", "ffn_down."]
            .iter()
            .any(|part| name.contains(part));
        match self {
            Self::Q8_0 => GgmlDType::Q8_0,
            Self::Q4KM if !is_heard => GgmlDType::Q4K,
            Self::Q5KM if !is_heard => GgmlDType::Q5K,
            Self::Q4KM | Self::Q5KM | Self::Q6K => GgmlDType::Q6K,
        }
    }
}

/// Writes a folder as the hub's repositories have it, the same bytes for the same `seed`.
///
/// # Errors
/// Those of the file system, and of configurations that are none.
pub fn write_qwen(folder: &Path, config: &Value, seed: u64) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let text = config.to_string();
    let read = Config::from_json(&text, Path::new("config.json")).map_err(io::Error::other)?;
    let tensors = asked(&|weights| Qwen::load(weights, &read, 1).map(drop))?;
    fs::write(folder.join("config.json"), text)?;
    write_safetensors(
        &folder.join("model.safetensors"),
        &tensors,
        DType::BF16,
        seed,
    )?;
    fs::write(folder.join("tokenizer.json"), qwen_tokenizer()?)?;
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/qwen/templates");
    let template = fs::read_to_string(goldens.join("qwen3.jinja"))?;
    fs::write(
        folder.join("tokenizer_config.json"),
        json!({"chat_template": template}).to_string(),
    )?;
    fs::write(
        folder.join("generation_config.json"),
        json!({
            "eos_token_id": [151_645, 151_643], "temperature": 0.7, "top_k": 20, "top_p": 0.8,
        })
        .to_string(),
    )
}

/// Parts a folder's weights into `count` files with an index, as the hub's larger repositories have it.
///
/// # Errors
/// Those of the file system, and of folders that hold no such weights.
pub fn shard_qwen(folder: &Path, count: usize) -> io::Result<()> {
    let whole = folder.join("model.safetensors");
    let weights = candle_core::safetensors::load(&whole, &Device::Cpu).map_err(io::Error::other)?;
    let mut shards = vec![HashMap::new(); count];
    let mut weight_map = serde_json::Map::new();
    let weights: BTreeMap<String, Tensor> = weights.into_iter().collect();
    for (at, (name, tensor)) in weights.into_iter().enumerate() {
        let shard = at % count;
        weight_map.insert(name.clone(), shard_name(shard, count).into());
        shards[shard].insert(name, tensor);
    }
    for (at, shard) in shards.iter().enumerate() {
        candle_core::safetensors::save(shard, folder.join(shard_name(at, count)))
            .map_err(io::Error::other)?;
    }
    fs::remove_file(whole)?;
    fs::write(
        folder.join("model.safetensors.index.json"),
        json!({"metadata": {}, "weight_map": weight_map}).to_string(),
    )
}

fn shard_name(at: usize, count: usize) -> String {
    format!("model-{:05}-of-{count:05}.safetensors", at + 1)
}

/// Writes a folder's model as one GGUF file, tokenizer and template in its notes, as llama.cpp's
/// converter does.
///
/// # Errors
/// Those of the file system, and of folders that hold no such model.
pub fn write_qwen_gguf(folder: &Path, file: &Path, blocks: Quantisation) -> io::Result<()> {
    let read = |name: &str| -> io::Result<Value> {
        Ok(serde_json::from_slice(&fs::read(folder.join(name))?)?)
    };
    let text = fs::read_to_string(folder.join("config.json"))?;
    let config = Config::from_json(&text, Path::new("config.json")).map_err(io::Error::other)?;
    let weights = candle_core::safetensors::load(folder.join("model.safetensors"), &Device::Cpu)
        .map_err(io::Error::other)?;
    let mut notes = network_notes(&config);
    notes.extend(tokenizer_notes(&read("tokenizer.json")?, config.vocab_size));
    let template = read("tokenizer_config.json")?["chat_template"].clone();
    notes.push((
        "tokenizer.chat_template".to_owned(),
        Note::String(template.as_str().unwrap_or_default().to_owned()),
    ));
    let tensors = weights
        .iter()
        .filter_map(|(name, tensor)| Some((llama_name(name)?, tensor)))
        .map(|(name, tensor)| {
            let dtype = if tensor.rank() == 1 {
                GgmlDType::F32
            } else {
                blocks.blocks(&name)
            };
            let wide = tensor.to_dtype(DType::F32)?;
            Ok((name, QTensor::quantize(&wide, dtype)?))
        })
        .collect::<candle_core::Result<Vec<_>>>()
        .map_err(io::Error::other)?;
    let notes: Vec<(&str, &Note)> = notes.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(n, t)| (n.as_str(), t)).collect();
    gguf_file::write(&mut fs::File::create(file)?, &notes, &tensors).map_err(io::Error::other)
}

fn network_notes(config: &Config) -> Vec<(String, Note)> {
    let name = match config.family {
        Family::Qwen2 => "qwen2",
        Family::Qwen3 => "qwen3",
        Family::Llama => "llama",
    };
    let counts = [
        ("block_count", config.num_hidden_layers),
        ("context_length", config.max_position_embeddings),
        ("embedding_length", config.hidden_size),
        ("feed_forward_length", config.intermediate_size),
        ("attention.head_count", config.num_attention_heads),
        ("attention.head_count_kv", config.num_key_value_heads),
        ("attention.key_length", config.head_dim),
        ("attention.value_length", config.head_dim),
    ];
    #[expect(clippy::cast_possible_truncation, reason = "as the format has it")]
    let numbers = [
        (
            "attention.layer_norm_rms_epsilon",
            config.rms_norm_eps as f32,
        ),
        ("rope.freq_base", config.rope_theta as f32),
    ];
    let counts = counts.map(|(key, n)| (key, Note::U32(u32::try_from(n).unwrap_or(u32::MAX))));
    let numbers = numbers.map(|(key, n)| (key, Note::F32(n)));
    let own = counts.into_iter().chain(numbers);
    let mut notes: Vec<(String, Note)> = own
        .map(|(key, note)| (format!("{name}.{key}"), note))
        .collect();
    notes.push((
        "general.architecture".to_owned(),
        Note::String(name.to_owned()),
    ));
    notes
}

/// The tokenizer; rows that no token has are "unused", as in published files.
fn tokenizer_notes(tokenizer: &Value, rows: usize) -> Vec<(String, Note)> {
    const NORMAL: i32 = 1;
    const CONTROL: i32 = 3;
    const UNUSED: i32 = 5;
    let mut tokens: Vec<(String, i32)> = (0..rows)
        .map(|row| (format!("[PAD{row}]"), UNUSED))
        .collect();
    let mut set = |id: &Value, token: &str, kind| {
        let slot = id
            .as_u64()
            .and_then(|id| tokens.get_mut(usize::try_from(id).ok()?));
        if let Some(slot) = slot {
            *slot = (token.to_owned(), kind);
        }
    };
    for (token, id) in tokenizer["model"]["vocab"]
        .as_object()
        .into_iter()
        .flatten()
    {
        set(id, token, NORMAL);
    }
    for token in tokenizer["added_tokens"].as_array().into_iter().flatten() {
        set(
            &token["id"],
            token["content"].as_str().unwrap_or_default(),
            CONTROL,
        );
    }
    let merges = tokenizer["model"]["merges"]
        .as_array()
        .into_iter()
        .flatten();
    let merges = merges.map(|pair| {
        let part = |i: usize| pair[i].as_str().unwrap_or_default();
        Note::String(format!("{} {}", part(0), part(1)))
    });
    let (names, kinds): (Vec<_>, Vec<_>) = tokens
        .into_iter()
        .map(|(token, kind)| (Note::String(token), Note::I32(kind)))
        .unzip();
    let note = |key: &str, note| (format!("tokenizer.ggml.{key}"), note);
    vec![
        note("model", Note::String("gpt2".to_owned())),
        note("pre", Note::String("qwen2".to_owned())),
        note("tokens", Note::Array(names)),
        note("token_type", Note::Array(kinds)),
        note("merges", Note::Array(merges.collect())),
        note("eos_token_id", Note::U32(151_645)),
    ]
}
