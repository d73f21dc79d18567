//! What a checkpoint says of its network.

use std::path::Path;

use candle_core::quantized::gguf_file::{Content, Value};
use serde::Deserialize;

use crate::{Error, Result, weights::Gguf};

/// Which of the networks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Qwen2 and Qwen2.5: queries, keys and values have biases.
    Qwen2,
    /// Qwen3: no biases; queries and keys are normalised by head.
    Qwen3,
    /// Llama's, which has neither, as llama.cpp writes it: a pair of features lies side by side. Of GGUF
    /// files alone.
    #[serde(skip)]
    Llama,
}

/// The measures of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Which network.
    pub family: Family,
    /// Rows of the embedding; more than there are tokens.
    pub vocab_size: usize,
    /// Features of a position.
    pub hidden_size: usize,
    /// Features within a feed-forward block.
    pub intermediate_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Heads of queries.
    pub num_attention_heads: usize,
    /// Heads of keys and values, each for a group of those of queries.
    pub num_key_value_heads: usize,
    /// Features of a head.
    pub head_dim: usize,
    /// Positions that the network was trained for.
    pub max_position_embeddings: usize,
    /// Added to the mean of squares.
    pub rms_norm_eps: f64,
    /// The base of the positions' wavelengths.
    pub rope_theta: f64,
    /// Whether the embedding is the head too.
    pub tie_word_embeddings: bool,
}

/// `config.json`, of transformers 4 (`rope_theta`) and 5 (`rope_parameters`).
#[derive(Deserialize)]
struct Raw {
    model_type: Family,
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    max_position_embeddings: usize,
    rms_norm_eps: f64,
    rope_theta: Option<f64>,
    rope_parameters: Option<Rope>,
    rope_scaling: Option<Rope>,
    #[serde(default)]
    tie_word_embeddings: bool,
    #[serde(default)]
    use_sliding_window: bool,
    #[serde(default)]
    attention_bias: bool,
    quantization_config: Option<Quantisation>,
    #[serde(default = "silu")]
    hidden_act: String,
}

#[derive(Deserialize)]
struct Rope {
    #[serde(alias = "type")]
    rope_type: Option<String>,
    rope_theta: Option<f64>,
}

/// Weights that were made smaller in a way of their own.
#[derive(Deserialize)]
struct Quantisation {
    #[serde(default)]
    quant_method: String,
}

fn silu() -> String {
    "silu".to_owned()
}

impl Config {
    /// Reads the text of a `config.json`; `path` is the file that an error names.
    ///
    /// # Errors
    /// [`Error::File`] where it is not of these networks, or asks for something that they lack here:
    /// scaled positions, a sliding window.
    pub fn from_json(text: &str, path: &Path) -> Result<Self> {
        let wrong = |what: String| Error::File {
            path: path.to_owned(),
            what,
        };
        let raw: Raw = serde_json::from_str(text)
            .map_err(|error| wrong(format!("no configuration of Qwen2 or Qwen3: {error}")))?;
        if raw.use_sliding_window {
            return Err(wrong("a sliding window is not supported".to_owned()));
        }
        if let Some(Quantisation { quant_method }) = &raw.quantization_config {
            return Err(wrong(format!(
                "weights in blocks of {quant_method} are not supported: take the model as it was \
                 published, or a GGUF file"
            )));
        }
        if raw.hidden_act != "silu" {
            return Err(wrong(format!("no activation {} here", raw.hidden_act)));
        }
        if raw.attention_bias && raw.family_is(Family::Qwen3) {
            return Err(wrong("no biases in Qwen3's attention here".to_owned()));
        }
        let ropes = [&raw.rope_parameters, &raw.rope_scaling];
        for rope in ropes.into_iter().flatten() {
            if let Some(kind) = rope.rope_type.as_deref().filter(|kind| *kind != "default") {
                return Err(wrong(format!(
                    "positions scaled by {kind} are not supported"
                )));
            }
        }
        let rope_theta = raw
            .rope_theta
            .or_else(|| raw.rope_parameters.as_ref()?.rope_theta)
            .ok_or_else(|| wrong("it lacks rope_theta".to_owned()))?;
        let config = Self {
            family: raw.model_type,
            vocab_size: raw.vocab_size,
            hidden_size: raw.hidden_size,
            intermediate_size: raw.intermediate_size,
            num_hidden_layers: raw.num_hidden_layers,
            num_attention_heads: raw.num_attention_heads,
            num_key_value_heads: raw.num_key_value_heads.unwrap_or(raw.num_attention_heads),
            head_dim: raw
                .head_dim
                .or_else(|| raw.hidden_size.checked_div(raw.num_attention_heads))
                .unwrap_or_default(),
            max_position_embeddings: raw.max_position_embeddings,
            rms_norm_eps: raw.rms_norm_eps,
            rope_theta,
            tie_word_embeddings: raw.tie_word_embeddings,
        };
        config.checked().map_err(wrong)
    }

    /// Reads the notes of a GGUF file (llama.cpp's `qwen2` and `qwen3`).
    ///
    /// # Errors
    /// As [`Self::from_json`].
    pub fn from_gguf(gguf: &Gguf) -> Result<Self> {
        Self::of_notes(gguf.content()).map_err(|what| Error::File {
            path: gguf.path().to_owned(),
            what,
        })
    }

    fn of_notes(content: &Content) -> Result<Self, String> {
        let notes = Notes(content);
        let name = notes.text("general.architecture")?;
        let family = match name {
            "qwen2" => Family::Qwen2,
            "qwen3" => Family::Qwen3,
            "llama" => Family::Llama,
            other => return Err(format!("the architecture is {other}, not qwen2 or qwen3")),
        };
        let count = |key: &str| notes.count(&format!("{name}.{key}"));
        let number = |key: &str| notes.number(&format!("{name}.{key}"));
        let scaling = content.metadata.get(&format!("{name}.rope.scaling.type"));
        if let Some(kind) = scaling.and_then(|value| value.to_string().ok())
            && kind != "none"
        {
            return Err(format!("positions scaled by {kind} are not supported"));
        }
        if content.tensor_infos.contains_key("rope_freqs.weight") {
            return Err("positions scaled by a table are not supported".to_owned());
        }
        let embedding = content
            .tensor_infos
            .get("token_embd.weight")
            .ok_or("it lacks the tensor token_embd.weight")?;
        let heads = count("attention.head_count")?;
        let hidden_size = count("embedding_length")?;
        let head_dim = count("attention.key_length")
            .ok()
            .or_else(|| hidden_size.checked_div(heads))
            .unwrap_or_default();
        let config = Self {
            family,
            vocab_size: embedding.shape.dims().first().copied().unwrap_or_default(),
            hidden_size,
            intermediate_size: count("feed_forward_length")?,
            num_hidden_layers: count("block_count")?,
            num_attention_heads: heads,
            num_key_value_heads: count("attention.head_count_kv").unwrap_or(heads),
            head_dim,
            max_position_embeddings: count("context_length")?,
            rms_norm_eps: number("attention.layer_norm_rms_epsilon")?,
            // llama.cpp's own default, where a file does not say.
            rope_theta: number("rope.freq_base").unwrap_or(10_000.0),
            tie_word_embeddings: !content.tensor_infos.contains_key("output.weight"),
        };
        config.checked()
    }

    fn checked(self) -> Result<Self, String> {
        let sizes = [
            self.vocab_size,
            self.hidden_size,
            self.intermediate_size,
            self.num_hidden_layers,
            self.num_attention_heads,
            self.num_key_value_heads,
            self.head_dim,
            self.max_position_embeddings,
        ];
        if sizes.contains(&0) {
            return Err("one of its measures is 0".to_owned());
        }
        if !self
            .num_attention_heads
            .is_multiple_of(self.num_key_value_heads)
        {
            return Err(format!(
                "{} heads are no whole groups of {}",
                self.num_attention_heads, self.num_key_value_heads
            ));
        }
        if !self.head_dim.is_multiple_of(2) {
            return Err(format!("a head of {} features is odd", self.head_dim));
        }
        Ok(self)
    }

    /// Numbers that a position takes in the cache: keys and values of all layers.
    #[must_use]
    pub fn cached_numbers(&self) -> usize {
        2 * self.num_hidden_layers * self.num_key_value_heads * self.head_dim
    }
}

impl Raw {
    fn family_is(&self, family: Family) -> bool {
        self.model_type == family
    }
}

struct Notes<'a>(&'a Content);

impl Notes<'_> {
    fn get(&self, key: &str) -> Result<&Value, String> {
        self.0
            .metadata
            .get(key)
            .ok_or_else(|| format!("it lacks the note {key}"))
    }

    fn text(&self, key: &str) -> Result<&str, String> {
        let text = self.get(key)?.to_string();
        Ok(text.map_err(|error| format!("{key}: {error}"))?.as_str())
    }

    fn count(&self, key: &str) -> Result<usize, String> {
        let wide = match self.get(key)? {
            Value::U8(n) => u64::from(*n),
            Value::U16(n) => u64::from(*n),
            Value::U32(n) => u64::from(*n),
            Value::U64(n) => *n,
            Value::I32(n) => u64::try_from(*n).map_err(|error| format!("{key}: {error}"))?,
            Value::I64(n) => u64::try_from(*n).map_err(|error| format!("{key}: {error}"))?,
            other => return Err(format!("{key} is {other:?}, no whole number")),
        };
        usize::try_from(wide).map_err(|error| format!("{key}: {error}"))
    }

    fn number(&self, key: &str) -> Result<f64, String> {
        match self.get(key)? {
            Value::F32(n) => Ok(f64::from(*n)),
            Value::F64(n) => Ok(*n),
            other => Err(format!("{key} is {other:?}, no number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn qwen3() -> Value {
        json!({
            "model_type": "qwen3", "vocab_size": 384, "hidden_size": 48, "intermediate_size": 96,
            "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
            "head_dim": 20, "max_position_embeddings": 4096, "rms_norm_eps": 1e-6,
            "hidden_act": "silu", "tie_word_embeddings": true, "use_sliding_window": false,
            "sliding_window": null, "rope_scaling": null, "rope_theta": 1e6,
        })
    }

    fn read(config: &Value) -> Result<Config> {
        Config::from_json(&config.to_string(), Path::new("config.json"))
    }

    #[test]
    fn both_forms_of_the_positions_base_are_read() {
        let old = read(&qwen3()).unwrap();
        assert_eq!((old.rope_theta, old.head_dim), (1e6, 20));
        let mut new = qwen3();
        new.as_object_mut().unwrap().remove("rope_theta");
        assert!(read(&new).is_err());
        new["rope_parameters"] = json!({"rope_theta": 5e6, "rope_type": "default"});
        assert_eq!(read(&new).unwrap().rope_theta, 5e6);
    }

    #[test]
    fn a_head_is_a_share_of_the_features_where_nothing_is_said() {
        let mut config = qwen3();
        config.as_object_mut().unwrap().remove("head_dim");
        assert_eq!(read(&config).unwrap().head_dim, 12);
    }

    #[test]
    fn what_is_not_here_is_refused_by_name() {
        for (key, value, word) in [
            (
                "rope_scaling",
                json!({"type": "yarn", "factor": 4.0}),
                "yarn",
            ),
            ("use_sliding_window", json!(true), "sliding"),
            ("model_type", json!("llama"), "llama"),
            ("hidden_act", json!("gelu"), "gelu"),
            (
                "quantization_config",
                json!({"quant_method": "awq", "bits": 4}),
                "awq",
            ),
            ("num_key_value_heads", json!(3), "groups"),
            ("head_dim", json!(21), "odd"),
            ("vocab_size", json!(0), "0"),
            ("attention_bias", json!(true), "biases"),
        ] {
            let mut config = qwen3();
            config[key] = value;
            let error = read(&config).unwrap_err().to_string();
            assert!(error.contains(word), "{key}: {error}");
            assert!(error.starts_with("config.json"), "{error}");
        }
    }
}
