//! The published checkpoint's files: where they are, and whether they are whole.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use candle_core::{DType, Device, Shape, quantized::GgmlDType};
use serde::de::DeserializeOwned;
use songwright_nn::{
    Weights,
    weights::{Source, asked_by, file},
};

use super::{
    Error,
    config::{ClipConfig, TinyVaeConfig, UnetConfig, VaeConfig},
    model::{
        ClipTextEncoder, TinyDecoder, Unet,
        vae::{VaeDecoder, VaeEncoder},
    },
    scheduler::{Sampler, SchedulerConfig, Spacing},
    unet_file::UnetFile,
};

/// SDXL's files in the folders of the repositories that they are published in, as diffusers lays them out.
/// The UNet may also be SDXL-Lightning's single file, or GGUF, under diffusers' names or the original ones; TAESDXL
/// need not be there.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    files: Files,
    unet_file: UnetFile,
    pub(super) first: ClipConfig,
    pub(super) second: ClipConfig,
    pub(super) unet: UnetConfig,
    pub(super) vae: VaeConfig,
    pub(super) tiny: TinyVaeConfig,
    scheduler: SchedulerConfig,
    tokenizer: PathBuf,
}

/// One network's file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// The first text encoder.
    FirstText,
    /// The second text encoder.
    SecondText,
    /// The denoiser.
    Unet,
    /// The way between pictures and latents.
    Vae,
    /// TAESDXL.
    Tiny,
}

impl Part {
    const NEEDED: [Self; 4] = [Self::FirstText, Self::SecondText, Self::Unet, Self::Vae];

    pub(super) fn files(self) -> &'static [&'static str] {
        match self {
            Self::FirstText => &[
                "text_encoder/model.fp16.safetensors",
                "text_encoder/model.safetensors",
            ],
            Self::SecondText => &[
                "text_encoder_2/model.fp16.safetensors",
                "text_encoder_2/model.safetensors",
            ],
            Self::Unet => &[
                "sdxl_lightning_2step_unet.safetensors",
                "sdxl_lightning_4step_unet.safetensors",
                "sdxl_lightning_8step_unet.safetensors",
                "unet/diffusion_pytorch_model.fp16.safetensors",
                "unet/diffusion_pytorch_model.safetensors",
            ],
            Self::Vae => &[
                "vae/diffusion_pytorch_model.fp16.safetensors",
                "vae/diffusion_pytorch_model.safetensors",
            ],
            Self::Tiny => &[
                "taesdxl/diffusion_pytorch_model.safetensors",
                "diffusion_pytorch_model.safetensors",
            ],
        }
    }
}

impl Checkpoint {
    /// Reads the configurations, and holds what each file's head says against what its network asks for. No
    /// weight is read. A file is taken from the first folder that has it.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] names the file that is missing, cut off, no such file, or of another model, and
    /// says what to do.
    pub fn open(folders: &[PathBuf]) -> Result<Self, Error> {
        Self::open_own(folders, &[])
    }

    /// The same of a model whose own files are known: where several forms of one share a folder, its own go first.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_own(folders: &[PathBuf], own: &[PathBuf]) -> Result<Self, Error> {
        let read = Files {
            folders: folders.to_vec(),
            own: own.to_vec(),
        };
        let tokenizer = ["tokenizer/tokenizer.json", "tokenizer/vocab.json"];
        let tokenizer = read.any(&tokenizer)?;
        let unet_file = UnetFile::find(folders, own)
            .ok_or_else(|| at_fault(&read.missing(Part::Unet.files()), "the file is missing"))?;
        let scheduler = if unet_file.steps().is_some() {
            // Its file of the scheduler is the base model's.
            SchedulerConfig {
                sampler: Sampler::Euler,
                timestep_spacing: Spacing::Trailing,
                steps_offset: 1,
            }
        } else {
            read.config("scheduler/scheduler_config.json")?
        };
        let tiny = match read
            .find(&["taesdxl/config.json"])
            .or(read.find(&["config.json"]))
        {
            Some(file) => parsed(&file)?,
            None => TinyVaeConfig::default(),
        };
        let checkpoint = Self {
            first: read.config("text_encoder/config.json")?,
            second: read.config("text_encoder_2/config.json")?,
            unet: read.config("unet/config.json")?,
            vae: read.config("vae/config.json")?,
            tiny,
            scheduler,
            unet_file,
            tokenizer: tokenizer.parent().unwrap_or(&tokenizer).to_owned(),
            files: read,
        };
        for part in Part::NEEDED {
            checkpoint.check(part)?;
        }
        if checkpoint.has_previews() {
            checkpoint.check(Part::Tiny)?;
        }
        Ok(checkpoint)
    }

    /// How noise leaves.
    #[must_use]
    pub fn scheduler(&self) -> SchedulerConfig {
        self.scheduler
    }

    /// The steps that a UNet was distilled to; `None` where it takes any number of few.
    #[must_use]
    pub fn steps(&self) -> Option<usize> {
        self.unet_file.steps()
    }

    /// The blocks that the UNet's matrices are stored in; `None` where they are floats.
    #[must_use]
    pub fn stored_blocks(&self) -> Option<GgmlDType> {
        file::stored_blocks(&self.unet_file.file)
    }

    /// The folder of both encoders' words.
    #[must_use]
    pub fn tokenizer(&self) -> &Path {
        &self.tokenizer
    }

    /// Whether TAESDXL is there.
    #[must_use]
    pub fn has_previews(&self) -> bool {
        self.file(Part::Tiny).is_ok()
    }

    /// A network's parameters: those of its convolutions and small tensors, and those of its matrices.
    ///
    /// # Errors
    /// Where the configuration's measures do not agree.
    pub fn parameters(&self, part: Part) -> Result<(u64, u64), Error> {
        let asked = self.asked(part)?;
        let of = |matrices: bool| {
            let shapes = asked
                .values()
                .filter(|shape| (shape.rank() == 2) == matrices);
            shapes.map(|shape| shape.elem_count() as u64).sum()
        };
        Ok((of(false), of(true)))
    }

    /// A network's weights as `dtype` on `device`.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] as [`Self::open`].
    pub fn weights(&self, part: Part, dtype: DType, device: &Device) -> Result<Weights, Error> {
        Ok(Weights::of(self.source(part)?, dtype, device))
    }

    /// The file that holds a network.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where there is none, which only TAESDXL's may be.
    pub fn file(&self, part: Part) -> Result<PathBuf, Error> {
        match part {
            Part::Unet => Ok(self.unet_file.file.clone()),
            _ => self.files.any(part.files()),
        }
    }

    /// A network's tensors under its own names.
    pub(super) fn source(&self, part: Part) -> Result<Arc<dyn Source>, Error> {
        let path = self.file(part)?;
        let source = file::open(&path);
        let source =
            source.map_err(|error| at_fault(&path, &format!("it cannot be read: {error}")))?;
        Ok(match part {
            Part::Unet => self.unet_file.renamed(source, &self.unet),
            _ => source,
        })
    }

    fn check(&self, part: Part) -> Result<(), Error> {
        let file = self.file(part)?;
        let stored = self.source(part)?;
        if part == Part::Unet && self.unet_file.is_gguf() && self.unet_file.naming.is_none() {
            return Err(Error::Checkpoint {
                file,
                what: UNKNOWN_NAMES.to_owned(),
            });
        }
        for (name, wanted) in self.asked(part)? {
            let problem = match stored.shape(&name) {
                None => format!("it holds no tensor {name}"),
                Some(found) if found != wanted => {
                    format!("its tensor {name} has the shape {found:?}; this model has {wanted:?}")
                }
                Some(_) => continue,
            };
            return Err(at_fault(&file, &problem));
        }
        Ok(())
    }

    /// The parameters that are read on the way to pictures, and on the way from them.
    ///
    /// # Errors
    /// As [`Self::parameters`].
    pub(super) fn vae_parameters(&self) -> Result<(usize, usize), Error> {
        let to = asked_by(|weights| VaeDecoder::load(weights, &self.vae).map(drop))?;
        let from = asked_by(|weights| VaeEncoder::load(weights, &self.vae).map(drop))?;
        let count = |asked: BTreeMap<String, Shape>| asked.values().map(Shape::elem_count).sum();
        Ok((count(to), count(from)))
    }

    /// What a network asks for.
    pub(super) fn asked(&self, part: Part) -> Result<BTreeMap<String, Shape>, Error> {
        Ok(asked_by(|weights| match part {
            Part::FirstText => ClipTextEncoder::load(weights, &self.first, false).map(drop),
            Part::SecondText => ClipTextEncoder::load(weights, &self.second, true).map(drop),
            Part::Unet => Unet::load(weights, &self.unet).map(drop),
            Part::Vae => {
                VaeEncoder::load(weights, &self.vae)?;
                VaeDecoder::load(weights, &self.vae).map(drop)
            }
            Part::Tiny => TinyDecoder::load(weights, &self.tiny).map(drop),
        })?)
    }
}

/// What to do about a file.
const REPAIR: &str =
    "Install the model again with `songwright models install`, or import a whole folder";

/// What is said of a GGUF file that holds something else.
const UNKNOWN_NAMES: &str = "it holds no UNet of SDXL under names that are known here, which are diffusers' (conv_in.weight and so on) \
     and the original ones (input_blocks.0.0.weight and so on). Take a GGUF file of SDXL's UNet, or make one with `songwright \
     models quantize`";

fn at_fault(file: &Path, what: &str) -> Error {
    Error::Checkpoint {
        file: file.to_owned(),
        what: format!("{what}. {REPAIR}"),
    }
}

fn parsed<T: DeserializeOwned>(file: &Path) -> Result<T, Error> {
    let text = fs::read_to_string(file)
        .map_err(|error| at_fault(file, &format!("it cannot be read: {error}")))?;
    serde_json::from_str(&text)
        .map_err(|error| at_fault(file, &format!("it is no configuration of SDXL: {error}")))
}

/// Where files are looked for.
#[derive(Clone, Debug)]
struct Files {
    folders: Vec<PathBuf>,
    /// Those of them that are the model's, where that is known.
    own: Vec<PathBuf>,
}

impl Files {
    fn find(&self, names: &[&str]) -> Option<PathBuf> {
        let paths = names
            .iter()
            .flat_map(|name| self.folders.iter().map(move |folder| folder.join(name)));
        let there: Vec<PathBuf> = paths.filter(|path| path.is_file()).collect();
        let own = there.iter().find(|path| self.own.contains(path));
        own.or(there.first()).cloned()
    }

    fn any(&self, names: &[&str]) -> Result<PathBuf, Error> {
        let found = self.find(names);
        found.ok_or_else(|| at_fault(&self.missing(names), "the file is missing"))
    }

    fn missing(&self, names: &[&str]) -> PathBuf {
        let folder = self.folders.first().cloned().unwrap_or_default();
        folder.join(names.last().copied().unwrap_or_default())
    }

    fn config<T: DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        parsed(&self.any(&[name])?)
    }
}
