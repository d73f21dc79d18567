//! Qwen3 with random values and its own tokenizer: what is loaded, and answers, without the published
//! weights.

use std::{fs, io, path::Path};

use candle_core::DType;
use serde_json::{Value, json};
use songwright_nn::qwen::{Config, Qwen};

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
        "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16,
        "max_position_embeddings": 8192, "rms_norm_eps": 1e-6, "rope_theta": 1e6,
        "tie_word_embeddings": true, "hidden_act": "silu",
    })
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
