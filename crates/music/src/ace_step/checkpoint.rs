//! The published checkpoint's folder: what is in it, and whether it is whole.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use candle_core::{DType, Device, Shape, quantized::GgmlDType};
use serde::de::DeserializeOwned;
use songwright_nn::{
    Weights,
    weights::{Adapted, Source, asked_by},
};

use super::{
    Error,
    adapter_folder::ChosenAdapter,
    config::{TransformerConfig, published_config},
    layout::{Place, REPAIR},
    model::{
        PromptEncoder, TextEncoder, TextEncoderConfig, Transformer,
        dcae::{DcaeConfig, DcaeDecoder, DcaeEncoder},
        vocoder::{Vocoder, VocoderConfig},
    },
};

/// A folder as the hub's repository has it, whose transformer may also be one GGUF file,
/// `ace_step_transformer/*.gguf`, as `songwright models quantize` writes it. Or one with ComfyUI's file
/// of all networks, `ace_step_v1_3.5b.safetensors`, or a GGUF file of the transformer, beside UMT5's
/// `tokenizer.json`; networks without a configuration of their own have the published one's measures.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    folder: PathBuf,
    places: [Place; 4],
    tokenizer: PathBuf,
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
        let [transformer, dcae, vocoder, text] = Part::ALL.map(|part| Place::find(&folder, part));
        let checkpoint = Self {
            transformer: config(&folder, Part::Transformer, &transformer)?,
            dcae: config(&folder, Part::Dcae, &dcae)?,
            vocoder: config(&folder, Part::Vocoder, &vocoder)?,
            text: config(&folder, Part::Text, &text)?,
            places: [transformer?, dcae?, vocoder?, text?],
            tokenizer: tokenizer(&folder),
            folder,
        };
        checkpoint.check()?;
        Ok(checkpoint)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The tokenizer of the tags prompt.
    #[must_use]
    pub fn tokenizer(&self) -> &Path {
        &self.tokenizer
    }

    /// The blocks that the transformer is stored in; `None` where it is stored in floats.
    #[must_use]
    pub fn stored_blocks(&self) -> Option<GgmlDType> {
        self.place(Part::Transformer).blocks()
    }

    /// The file that holds a network.
    #[must_use]
    pub fn file(&self, part: Part) -> &Path {
        &self.place(part).file
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
    pub(super) fn adapted(
        &self,
        adapters: &[ChosenAdapter],
        dtype: DType,
        device: &Device,
    ) -> Result<Weights, Error> {
        if adapters.is_empty() {
            return self.weights(Part::Transformer, dtype, device);
        }
        Ok(Weights::new(self.with_adapters(adapters)?, dtype, device))
    }

    /// That adapters are some, of this model. No weight is read.
    ///
    /// # Errors
    /// As [`Self::adapted`].
    pub(super) fn check_adapters(&self, adapters: &[ChosenAdapter]) -> Result<(), Error> {
        if adapters.is_empty() {
            return Ok(());
        }
        self.with_adapters(adapters).map(drop)
    }

    fn with_adapters(&self, adapters: &[ChosenAdapter]) -> Result<Adapted, Error> {
        let files = adapters.iter().map(|of| (of.file.clone(), of.strength));
        Adapted::new(self.source(Part::Transformer)?, &files.collect::<Vec<_>>())
            .map_err(|error| Error::Unsupported(format!("{error}.")))
    }

    pub(super) fn source(&self, part: Part) -> Result<Arc<dyn Source>, Error> {
        self.place(part).open()
    }

    fn place(&self, part: Part) -> &Place {
        let [transformer, dcae, vocoder, text] = &self.places;
        match part {
            Part::Transformer => transformer,
            Part::Dcae => dcae,
            Part::Vocoder => vocoder,
            Part::Text => text,
        }
    }

    fn check(&self) -> Result<(), Error> {
        for part in Part::ALL {
            let stored = self.source(part)?;
            let at_fault = |what: String| Error::Checkpoint {
                file: self.file(part).to_owned(),
                what: format!("{what}. {REPAIR}"),
            };
            for (name, wanted) in self.asked(part)? {
                let names = [name.clone()].into_iter().chain(twins(&name));
                let Some(found) = names.into_iter().find_map(|name| stored.shape(&name)) else {
                    return Err(at_fault(format!("it holds no tensor {name}")));
                };
                if folded(&name) && stored.shape(&name).is_none() {
                    continue;
                }
                if found != wanted && squeezed(&found) != squeezed(&wanted) {
                    return Err(at_fault(format!(
                        "its tensor {name} has the shape {found:?}; this model has {wanted:?}"
                    )));
                }
            }
        }
        if self.tokenizer.is_file() {
            Ok(())
        } else {
            Err(Error::Checkpoint {
                file: self.tokenizer.clone(),
                what: format!("the file is missing. {REPAIR}"),
            })
        }
    }

    /// The names of the transformer's own matrices, without the encoder of its prompt.
    pub(super) fn transformer_matrices(&self) -> Result<BTreeSet<String>, Error> {
        let asked = asked_by(|weights| Transformer::load(weights, &self.transformer).map(drop))?;
        let names = asked.into_keys();
        Ok(names.filter(|name| name.ends_with(".weight")).collect())
    }

    /// What a network asks for.
    pub(super) fn asked(&self, part: Part) -> Result<BTreeMap<String, Shape>, Error> {
        Ok(asked_by(|weights| {
            match part {
                Part::Transformer => {
                    PromptEncoder::load(weights, &self.transformer)?;
                    Transformer::load(weights, &self.transformer)?;
                }
                Part::Dcae => {
                    DcaeDecoder::load(weights, &self.dcae)?;
                    DcaeEncoder::load(weights, &self.dcae)?;
                }
                Part::Vocoder => {
                    Vocoder::load(weights, &self.vocoder)?;
                }
                Part::Text => {
                    TextEncoder::load(weights, &self.text)?;
                }
            }
            Ok(())
        })?)
    }

    /// The parameters that are read of a part for making music: the way into latents is not.
    pub(super) fn read_parameters(&self, part: Part) -> Result<usize, Error> {
        if part != Part::Dcae {
            return self.parameters(part);
        }
        let asked = asked_by(|weights| DcaeDecoder::load(weights, &self.dcae).map(drop))?;
        Ok(asked.values().map(Shape::elem_count).sum())
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

/// UMT5's tokenizer: where it is published, else beside a file of all networks.
/// A shape without sides of one: a matrix may be stored as a convolution of one place.
fn squeezed(shape: &Shape) -> Vec<usize> {
    let sides = shape.dims().iter().copied();
    sides.filter(|side| *side != 1).collect()
}

fn tokenizer(folder: &Path) -> PathBuf {
    let beside = folder.join("tokenizer.json");
    let published = folder.join(Part::Text.published().0).join("tokenizer.json");
    if beside.is_file() && !published.is_file() {
        beside
    } else {
        published
    }
}

/// A network's measures: its configuration file's, else the published ones where its tensors lie in a
/// file of all networks.
fn config<T: DeserializeOwned>(
    folder: &Path,
    part: Part,
    place: &Result<Place, Error>,
) -> Result<T, Error> {
    let file = folder.join(part.published().0).join("config.json");
    let is_repackaged = place
        .as_ref()
        .is_ok_and(|place| !place.is_published(folder, part));
    let text = if is_repackaged && !file.is_file() {
        published_config(part).to_owned()
    } else {
        fs::read_to_string(&file).map_err(|error| Error::Checkpoint {
            file: file.clone(),
            what: format!("it cannot be read: {error}. {REPAIR}"),
        })?
    };
    serde_json::from_str(&text).map_err(|error| Error::Checkpoint {
        file,
        what: format!("it is no configuration of this model: {error}. {REPAIR}"),
    })
}
