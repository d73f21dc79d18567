//! A model's files: what is in them, and whether they are whole.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use candle_core::{DType, Device, quantized::GgmlDType};
use serde::Deserialize;
use songwright_nn::{
    Weights,
    qwen::{Config, Family, GgufNames, Qwen},
    weights::{Gguf, SafeTensors, Source, asked_by, file},
};

use super::{ChatTemplate, Error, Sampling, Tokenizer};

/// The signs that end an answer of every Qwen.
const ENDS: [&str; 2] = ["<|im_end|>", "<|endoftext|>"];

/// A checkpoint of Qwen2, Qwen2.5 or Qwen3: a folder as the hub's repositories have it, or a GGUF file.
#[derive(Clone)]
pub struct Checkpoint {
    /// What its network measures.
    pub config: Config,
    /// How its makers draw tokens.
    pub sampling: Sampling,
    weights: Arc<dyn Source>,
    file: PathBuf,
    bytes: u64,
    template: String,
    tokenizer: TokenizerFile,
    stops: Vec<u32>,
    is_gguf: bool,
}

#[derive(Clone)]
enum TokenizerFile {
    Json(PathBuf),
    Gguf(PathBuf),
}

#[derive(Default, Deserialize)]
struct GenerationConfig {
    eos_token_id: Option<OneOrMore<u32>>,
    temperature: Option<f32>,
    top_k: Option<usize>,
    top_p: Option<f32>,
    min_p: Option<f32>,
    repetition_penalty: Option<f32>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

#[derive(Deserialize)]
struct TokenizerConfig {
    chat_template: Option<Templates>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Templates {
    One(String),
    Named(Vec<NamedTemplate>),
}

#[derive(Deserialize)]
struct NamedTemplate {
    name: String,
    template: String,
}

#[derive(Deserialize)]
struct Index {
    weight_map: std::collections::HashMap<String, String>,
}

impl Checkpoint {
    /// Reads configurations, and holds what the weights' heads say against what the network asks for.
    /// No weight is read. `path` is a folder of safetensors or one with a GGUF file, or such a file.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] names the file that is missing, cut off, no such file, or of another
    /// model, and says what to do.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let checkpoint = match gguf_at(path) {
            Some(file) => Self::gguf(file)?,
            None => Self::folder(path)?,
        };
        checkpoint.check()?;
        Ok(checkpoint)
    }

    fn folder(folder: &Path) -> Result<Self, Error> {
        let config_file = folder.join("config.json");
        let config = Config::from_json(&read(&config_file)?, &config_file)
            .map_err(|error| of_file(&config_file, error))?;
        let files = shards(folder)?;
        let mut bytes = 0;
        for file in &files {
            let length = fs::metadata(file).map(|metadata| metadata.len());
            bytes += length.map_err(|error| Error::checkpoint(file, missing(&error)))?;
        }
        let weights = SafeTensors::open(&files).map_err(|error| of_file(folder, error))?;
        let generation_file = folder.join("generation_config.json");
        let generation = if generation_file.is_file() {
            parse(&generation_file)?
        } else {
            GenerationConfig::default()
        };
        let sampling = without_thinking(config.family, generation.sampling());
        Ok(Self {
            config,
            sampling,
            weights: Arc::new(weights),
            bytes,
            template: template_of(folder)?,
            tokenizer: TokenizerFile::Json(folder.join("tokenizer.json")),
            stops: generation.stops(),
            file: folder.to_owned(),
            is_gguf: false,
        })
    }

    fn gguf(file: PathBuf) -> Result<Self, Error> {
        let gguf = Gguf::open(&file).map_err(|error| of_file(&file, error))?;
        let config = Config::from_gguf(&gguf).map_err(|error| of_file(&file, error))?;
        let notes = &gguf.content().metadata;
        let template = notes
            .get("tokenizer.chat_template")
            .and_then(|value| value.to_string().ok().cloned())
            .ok_or_else(|| Error::checkpoint(&file, "it has no chat template"))?;
        let stop = notes
            .get("tokenizer.ggml.eos_token_id")
            .and_then(|value| value.to_u32().ok());
        let bytes = fs::metadata(&file)
            .map_err(|error| Error::checkpoint(&file, missing(&error)))?
            .len();
        Ok(Self {
            config,
            sampling: Sampling::default(),
            weights: Arc::new(GgufNames::new(gguf.without_notes())),
            bytes,
            template,
            tokenizer: TokenizerFile::Gguf(file.clone()),
            stops: stop.into_iter().collect(),
            file,
            is_gguf: true,
        })
    }

    /// The weights' root, as `dtype` on `device`.
    #[must_use]
    pub fn weights(&self, dtype: DType, device: &Device) -> Weights {
        Weights::of(self.weights.clone(), dtype, device)
    }

    /// Its tokenizer.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where it is missing or none.
    pub fn tokenizer(&self) -> Result<Tokenizer, Error> {
        match &self.tokenizer {
            TokenizerFile::Json(file) => {
                let json =
                    fs::read(file).map_err(|error| Error::checkpoint(file, missing(&error)))?;
                Tokenizer::from_json(&json, file)
            }
            TokenizerFile::Gguf(file) => {
                let gguf = Gguf::open(file).map_err(|error| of_file(file, error))?;
                Tokenizer::from_gguf(&gguf)
            }
        }
    }

    /// Its chat template.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where it is none.
    pub fn template(&self) -> Result<ChatTemplate, Error> {
        ChatTemplate::parse(&self.template)
            .map_err(|error| Error::checkpoint(&self.file, format!("{error}")))
    }

    /// The tokens that end an answer, the usual one first.
    #[must_use]
    pub fn stops(&self, tokenizer: &Tokenizer) -> Vec<u32> {
        let mut stops = Vec::new();
        let signs = ENDS.iter().filter_map(|name| tokenizer.sign(name));
        for token in signs.chain(self.stops.iter().copied()) {
            if !stops.contains(&token) {
                stops.push(token);
            }
        }
        stops
    }

    /// What the weights take as they are stored, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether it is a GGUF file, whose precision is what it is.
    #[must_use]
    pub fn is_gguf(&self) -> bool {
        self.is_gguf
    }

    /// The blocks that most of its numbers are in; `None` where it is no GGUF file.
    #[must_use]
    pub fn stored_blocks(&self) -> Option<GgmlDType> {
        file::stored_blocks(&self.file)
    }

    /// How many numbers the network has.
    ///
    /// # Errors
    /// None that is known.
    pub fn parameters(&self) -> Result<u64, Error> {
        let asked = self.asked()?;
        Ok(asked.values().map(|shape| shape.elem_count() as u64).sum())
    }

    fn asked(&self) -> Result<std::collections::BTreeMap<String, candle_core::Shape>, Error> {
        Ok(asked_by(|weights| {
            Qwen::load(weights, &self.config, 1).map(drop)
        })?)
    }

    fn check(&self) -> Result<(), Error> {
        for (name, wanted) in self.asked()? {
            match self.weights.shape(&name) {
                Some(found) if found == wanted => {}
                Some(found) => {
                    return Err(Error::checkpoint(
                        &self.file,
                        format!(
                            "the tensor {name} has the shape {:?}, and this network's has {:?}: it \
                             is another model's",
                            found.dims(),
                            wanted.dims()
                        ),
                    ));
                }
                None => {
                    return Err(Error::checkpoint(
                        &self.file,
                        format!("it lacks the tensor {name}: it is another model's, or damaged"),
                    ));
                }
            }
        }
        Ok(())
    }
}

impl GenerationConfig {
    fn stops(&self) -> Vec<u32> {
        match &self.eos_token_id {
            Some(OneOrMore::One(token)) => vec![*token],
            Some(OneOrMore::More(tokens)) => tokens.clone(),
            None => Vec::new(),
        }
    }

    fn sampling(&self) -> Sampling {
        let usual = Sampling::default();
        Sampling {
            temperature: self.temperature.unwrap_or(usual.temperature),
            top_k: self.top_k.unwrap_or(usual.top_k),
            top_p: self.top_p.unwrap_or(usual.top_p),
            min_p: self.min_p.unwrap_or(usual.min_p),
            repetition_penalty: self.repetition_penalty.unwrap_or(usual.repetition_penalty),
        }
    }
}

/// Temperature and top-p that Qwen3's makers publish for answers that begin with thinking.
const THINKING: (f32, f32) = (0.6, 0.95);

/// How tokens are drawn where nothing is thought before an answer, which is how the template is rendered: the
/// files of Qwen3 8B, 1.7B and 0.6B say how they are drawn otherwise, and its makers advise [`Sampling::default`]
/// for this. What somebody else says of their own model stays.
fn without_thinking(family: Family, said: Sampling) -> Sampling {
    if family == Family::Qwen3 && (said.temperature, said.top_p) == THINKING {
        Sampling {
            repetition_penalty: said.repetition_penalty,
            ..Sampling::default()
        }
    } else {
        said
    }
}

/// The GGUF file that a path is, or the first of those in a folder without `config.json`.
fn gguf_at(path: &Path) -> Option<PathBuf> {
    let is_gguf = |path: &Path| path.extension().is_some_and(|kind| kind == "gguf");
    if path.is_file() || is_gguf(path) {
        return Some(path.to_owned());
    }
    if path.join("config.json").is_file() {
        return None;
    }
    let mut files: Vec<PathBuf> = fs::read_dir(path)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| is_gguf(path))
        .collect();
    files.sort();
    files.into_iter().next()
}

fn shards(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let index = folder.join("model.safetensors.index.json");
    if !index.is_file() {
        return Ok(vec![folder.join("model.safetensors")]);
    }
    let index: Index = parse(&index)?;
    let mut files: Vec<PathBuf> = index
        .weight_map
        .into_values()
        .map(|file| folder.join(file))
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}

fn template_of(folder: &Path) -> Result<String, Error> {
    let own = folder.join("chat_template.jinja");
    if own.is_file() {
        return read(&own);
    }
    let file = folder.join("tokenizer_config.json");
    let config: TokenizerConfig = parse(&file)?;
    let template = match config.chat_template {
        Some(Templates::One(template)) => Some(template),
        Some(Templates::Named(templates)) => templates
            .into_iter()
            .find(|template| template.name == "default")
            .map(|template| template.template),
        None => None,
    };
    template.ok_or_else(|| {
        Error::checkpoint(
            &file,
            "it has no chat template: take a model that was trained to answer (\"Instruct\")",
        )
    })
}

fn read(file: &Path) -> Result<String, Error> {
    fs::read_to_string(file).map_err(|error| Error::checkpoint(file, missing(&error)))
}

fn parse<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T, Error> {
    serde_json::from_str(&read(file)?)
        .map_err(|error| Error::checkpoint(file, format!("it cannot be read: {error}")))
}

fn missing(error: &std::io::Error) -> String {
    format!("it cannot be read: {error}")
}

fn of_file(file: &Path, error: songwright_nn::Error) -> Error {
    match error {
        songwright_nn::Error::File { path, what } => Error::Checkpoint { file: path, what },
        other => Error::checkpoint(file, other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Sampling {
        serde_json::from_str::<GenerationConfig>(text)
            .unwrap()
            .sampling()
    }

    #[test]
    fn qwen3_is_drawn_as_where_it_does_not_think() {
        let thinking = said(r#"{"temperature": 0.6, "top_p": 0.95, "top_k": 20}"#);
        let found = without_thinking(Family::Qwen3, thinking);
        assert_eq!(found, Sampling::default());
        assert_eq!(
            (found.temperature, found.top_p, found.top_k),
            (0.7, 0.8, 20)
        );
        assert_eq!(without_thinking(Family::Qwen2, thinking), thinking);
        let own = said(r#"{"temperature": 0.3, "top_p": 0.95}"#);
        assert_eq!(without_thinking(Family::Qwen3, own), own);
    }
}
