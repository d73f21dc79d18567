//! The published checkpoint's folder: what is in it, and whether it is whole.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use candle_core::{DType, Device};
use serde::de::DeserializeOwned;
use songwright_nn::{
    Weights,
    weights::{Adapted, Gguf, SafeTensors, Shapes, Source},
};

use super::{
    Error,
    config::TransformerConfig,
    model::{
        PromptEncoder, TextEncoder, TextEncoderConfig, Transformer,
        dcae::{DcaeConfig, DcaeDecoder, DcaeEncoder},
        vocoder::{Vocoder, VocoderConfig},
    },
};

/// The sub-folders of `ACE-Step/ACE-Step-v1-3.5B`.
const TRANSFORMER: &str = "ace_step_transformer";
const DCAE: &str = "music_dcae_f8c8";
const VOCODER: &str = "music_vocoder";
const TEXT: &str = "umt5-base";

/// A folder as the hub's repository has it. The transformer may also be one GGUF file,
/// `ace_step_transformer/*.gguf`, as `songwright models quantize` writes it.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    folder: PathBuf,
    pub(super) transformer: TransformerConfig,
    pub(super) dcae: DcaeConfig,
    pub(super) vocoder: VocoderConfig,
    pub(super) text: TextEncoderConfig,
}

/// One network's file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// The diffusion transformer with the prompt's encoder.
    Transformer,
    /// The autoencoder.
    Dcae,
    /// The vocoder.
    Vocoder,
    /// The text encoder.
    Text,
}

impl Checkpoint {
    /// Reads the configurations, and holds what each file's head says against what its network asks
    /// for. No weight is read.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] names the file that is missing, cut off, no such file, or of another
    /// model, and says what to do.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let folder = folder.into();
        let checkpoint = Self {
            transformer: config(&folder, TRANSFORMER)?,
            dcae: config(&folder, DCAE)?,
            vocoder: config(&folder, VOCODER)?,
            text: config(&folder, TEXT)?,
            folder,
        };
        checkpoint.check()?;
        Ok(checkpoint)
    }

    /// Whether a folder looks like this model's, without reading it.
    #[must_use]
    pub fn is_at(folder: &Path) -> bool {
        [TRANSFORMER, DCAE, VOCODER, TEXT]
            .iter()
            .all(|part| folder.join(part).join("config.json").is_file())
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The tokenizer of the tags prompt.
    #[must_use]
    pub fn tokenizer(&self) -> PathBuf {
        self.folder.join(TEXT).join("tokenizer.json")
    }

    /// The bytes of a network's parameters at `bytes_each`, of those that are read.
    ///
    /// # Errors
    /// None that is known.
    pub fn parameters(&self, part: Part) -> Result<usize, Error> {
        let asked = self.asked(part)?;
        Ok(asked.values().map(|shape| shape.elem_count()).sum())
    }

    /// A network's weights as `dtype` on `device`.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] as [`Self::open`].
    pub fn weights(&self, part: Part, dtype: DType, device: &Device) -> Result<Weights, Error> {
        Ok(Weights::of(self.source(part)?, dtype, device))
    }

    /// The transformer's weights with adapters added, each with its strength.
    ///
    /// # Errors
    /// As [`Self::weights`]; [`Error::Unsupported`] names an adapter that is none, or another model's.
    pub fn adapted(
        &self,
        adapters: &[(PathBuf, f64)],
        dtype: DType,
        device: &Device,
    ) -> Result<Weights, Error> {
        let base = self.source(Part::Transformer)?;
        if adapters.is_empty() {
            return Ok(Weights::of(base, dtype, device));
        }
        let adapted = Adapted::new(base, adapters)
            .map_err(|error| Error::Unsupported(format!("{error}.")))?;
        Ok(Weights::new(adapted, dtype, device))
    }

    fn source(&self, part: Part) -> Result<Arc<dyn Source>, Error> {
        let file = self.file(part)?;
        let at_fault = |error| Error::Checkpoint {
            file: file.clone(),
            what: format!("{error}. {REPAIR}"),
        };
        if is_gguf(&file) {
            return Ok(Arc::new(Gguf::open(&file).map_err(at_fault)?));
        }
        Ok(Arc::new(SafeTensors::open(&[&file]).map_err(at_fault)?))
    }

    fn file(&self, part: Part) -> Result<PathBuf, Error> {
        let (folder, name) = match part {
            Part::Transformer => (TRANSFORMER, "diffusion_pytorch_model.safetensors"),
            Part::Dcae => (DCAE, "diffusion_pytorch_model.safetensors"),
            Part::Vocoder => (VOCODER, "diffusion_pytorch_model.safetensors"),
            Part::Text => (TEXT, "model.safetensors"),
        };
        let folder = self.folder.join(folder);
        let gguf = fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .find(|path| is_gguf(path));
        let file = gguf.unwrap_or_else(|| folder.join(name));
        if file.is_file() {
            Ok(file)
        } else {
            Err(Error::Checkpoint {
                file,
                what: format!("the file is missing. {REPAIR}"),
            })
        }
    }

    fn check(&self) -> Result<(), Error> {
        for part in [Part::Transformer, Part::Dcae, Part::Vocoder, Part::Text] {
            let file = self.file(part)?;
            let at_fault = |what: String| Error::Checkpoint {
                file: file.clone(),
                what: format!("{what}. {REPAIR}"),
            };
            let stored: Box<dyn Source> = if is_gguf(&file) {
                Box::new(Gguf::open(&file).map_err(|error| at_fault(error.to_string()))?)
            } else {
                let tensors = SafeTensors::open(&[&file])
                    .map_err(|error| at_fault(format!("it cannot be read: {error}")))?;
                Box::new(tensors)
            };
            for (name, wanted) in self.asked(part)? {
                let names = [name.clone()].into_iter().chain(twins(&name));
                let Some(found) = names.into_iter().find_map(|name| stored.shape(&name)) else {
                    return Err(at_fault(format!("it holds no tensor {name}")));
                };
                if folded(&name) && stored.shape(&name).is_none() {
                    continue;
                }
                if found != wanted && found.elem_count() != wanted.elem_count() {
                    return Err(at_fault(format!(
                        "its tensor {name} has the shape {found:?}; this model has {wanted:?}"
                    )));
                }
            }
        }
        let tokenizer = self.tokenizer();
        if tokenizer.is_file() {
            Ok(())
        } else {
            Err(Error::Checkpoint {
                file: tokenizer,
                what: format!("the file is missing. {REPAIR}"),
            })
        }
    }

    /// What a network asks for.
    fn asked(
        &self,
        part: Part,
    ) -> Result<std::collections::BTreeMap<String, candle_core::Shape>, Error> {
        let shapes = Shapes::default();
        let asked = shapes.asked();
        let weights = Weights::new(shapes, DType::F32, &Device::Cpu);
        match part {
            Part::Transformer => {
                PromptEncoder::load(&weights, &self.transformer)?;
                Transformer::load(&weights, &self.transformer)?;
            }
            Part::Dcae => {
                DcaeDecoder::load(&weights, &self.dcae)?;
                DcaeEncoder::load(&weights, &self.dcae)?;
            }
            Part::Vocoder => {
                Vocoder::load(&weights, &self.vocoder)?;
            }
            Part::Text => {
                TextEncoder::load(&weights, &self.text)?;
            }
        }
        Ok(asked.so_far())
    }
}

/// Other names that a tensor is stored under: the tied embedding's second, and weight norms of newer
/// versions of PyTorch, or folded.
fn twins(name: &str) -> Vec<String> {
    let other = |end: &str, new: &str| {
        let start = name.strip_suffix(end)?;
        Some([
            format!("{start}.parametrizations.weight.{new}"),
            format!("{start}.weight"),
        ])
    };
    if name == "shared.weight" {
        return vec!["encoder.embed_tokens.weight".to_owned()];
    }
    other(".weight_g", "original0")
        .or_else(|| other(".weight_v", "original1"))
        .into_iter()
        .flatten()
        .collect()
}

/// Whether a tensor is one half of a weight norm, which may be stored folded, in another shape.
fn folded(name: &str) -> bool {
    name.ends_with(".weight_g") || name.ends_with(".weight_v")
}

/// What to do about a file.
const REPAIR: &str = "Install the model again with `songwright models install ace-step-v1-3.5b`";

fn is_gguf(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "gguf")
}

fn config<T: DeserializeOwned>(folder: &Path, part: &str) -> Result<T, Error> {
    let file = folder.join(part).join("config.json");
    let text = fs::read_to_string(&file).map_err(|error| Error::Checkpoint {
        file: file.clone(),
        what: format!("it cannot be read: {error}. {REPAIR}"),
    })?;
    serde_json::from_str(&text).map_err(|error| Error::Checkpoint {
        file,
        what: format!("it is no configuration of this model: {error}. {REPAIR}"),
    })
}
