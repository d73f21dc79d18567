use std::{
    collections::BTreeMap,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use candle_core::{DType, Device, Shape, Tensor};
use serde::Deserialize;

use super::{SafeTensors, Source};
use crate::{Error, Result};

/// What adapters' names start with, by who wrote the file.
const PREFIXES: [&str; 4] = ["", "base_model.model.", "transformer.", "diffusion_model."];

/// What stands behind `lora_A` and `lora_B`: nothing as PEFT saves adapters, the adapter's name in what was saved of a
/// model that is trained.
const INFIXES: [&str; 2] = ["", ".default"];

/// What PEFT calls an adapter's file, and what it writes beside it.
const PEFT: (&str, &str) = ("adapter_model.safetensors", "adapter_config.json");

/// A checkpoint with low-rank adapters (Hu et al. 2021, in PEFT's form) added to its matrices as they
/// are read: `W + strength·scale·B·A`, for each in turn. The scale is `alpha / rank` where the file has a tensor
/// `….alpha` or PEFT's `adapter_config.json` lies beside it, `alpha / √rank` where that says `use_rslora`, else 1, as
/// the reference's loader has it.
pub struct Adapted {
    base: Arc<dyn Source>,
    adapters: Vec<Adapter>,
}

struct Adapter {
    tensors: SafeTensors,
    prefix: &'static str,
    /// What stands between the name of a half and `.weight`.
    infix: &'static str,
    strength: f64,
    config: Option<Config>,
}

/// What PEFT writes of an adapter (`LoraConfig`), as far as it changes what is added.
#[derive(Debug, Deserialize)]
struct Config {
    lora_alpha: f64,
    #[serde(default)]
    alpha_pattern: BTreeMap<String, f64>,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
}

impl Config {
    /// The one beside a file of PEFT's name.
    fn beside(path: &Path) -> std::result::Result<Option<Self>, String> {
        let config = PEFT.1;
        let Some(path) = config_of(path) else {
            return Ok(None);
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{config} beside it cannot be read: {error}")),
        };
        let config: Self = serde_json::from_str(&text)
            .map_err(|error| format!("{config} beside it is not PEFT's: {error}"))?;
        if config.use_dora {
            return Err("it is a DoRA adapter (use_dora), which is not LoRA".to_owned());
        }
        Ok(Some(config))
    }

    fn scale(&self, place: &str, rank: f64) -> f64 {
        let own = |(pattern, alpha): (&String, &f64)| {
            let is_it = place == pattern || place.ends_with(&format!(".{pattern}"));
            is_it.then_some(*alpha)
        };
        let alpha = self.alpha_pattern.iter().find_map(own);
        let rank = if self.use_rslora { rank.sqrt() } else { rank };
        alpha.unwrap_or(self.lora_alpha) / rank
    }
}

/// Where PEFT's configuration of an adapter of PEFT's name lies, if it is there.
fn config_of(path: &Path) -> Option<PathBuf> {
    let (file, config) = PEFT;
    let is_named = path.file_name().is_some_and(|name| name == file);
    is_named.then(|| path.with_file_name(config))
}

impl Adapted {
    /// The files that the adapter of a file is made of: that one, and the configuration that may lie beside it.
    #[must_use]
    pub fn files_of(path: &Path) -> Vec<PathBuf> {
        let all = [Some(path.to_owned()), config_of(path)];
        all.into_iter().flatten().collect()
    }

    /// The adapters' files with their strengths.
    ///
    /// # Errors
    /// Where a file cannot be read, holds no adapter, or one of another model: the error names it.
    pub fn new(base: Arc<dyn Source>, files: &[(PathBuf, f64)]) -> Result<Self> {
        let adapters = files
            .iter()
            .map(|(path, strength)| Adapter::open(path.clone(), *strength, base.as_ref()))
            .collect::<Result<_>>()?;
        Ok(Self { base, adapters })
    }

    fn touches(&self, name: &str) -> bool {
        let Some(place) = name.strip_suffix(".weight") else {
            return false;
        };
        self.adapters.iter().any(|adapter| adapter.has(place))
    }
}

impl Adapter {
    fn open(path: PathBuf, strength: f64, base: &dyn Source) -> Result<Self> {
        let wrong = |what: String| Error::File {
            path: path.clone(),
            what,
        };
        let tensors = SafeTensors::open(&[&path])
            .map_err(|error| wrong(format!("this is no adapter that can be read: {error}")))?;
        let config = Config::beside(&path).map_err(wrong)?;
        let names = tensors.names();
        let has = |end: &str| names.iter().any(|name| name.ends_with(end));
        let infix = INFIXES
            .into_iter()
            .find(|infix| has(&format!(".lora_A{infix}.weight")))
            .ok_or_else(|| {
                wrong("this file holds no LoRA adapter: no name ends in .lora_A.weight".to_owned())
            })?;
        let end = format!(".lora_A{infix}.weight");
        let downs = || names.iter().filter_map(|name| name.strip_suffix(&end));
        // The longest that all names have: the empty one fits always.
        let prefix = PREFIXES
            .into_iter()
            .filter(|prefix| downs().all(|name| name.starts_with(prefix)))
            .max_by_key(|prefix| prefix.len())
            .unwrap_or_default();
        for place in downs() {
            let own = place.strip_prefix(prefix).unwrap_or(place);
            let part = |end: &str| tensors.shape(&format!("{place}.{end}{infix}.weight"));
            let (Some(down), Some(up)) = (part("lora_A"), part("lora_B")) else {
                return Err(wrong(format!("{place} has no lora_B.weight")));
            };
            let Some(wanted) = base.shape(&format!("{own}.weight")) else {
                return Err(wrong(format!(
                    "this adapter was made for another model: there is no {own} in {}",
                    base.origin()
                )));
            };
            let fits = match (wanted.dims(), down.dims(), up.dims()) {
                ([rows, columns, ..], [rank, inputs], [outputs, other]) => {
                    rows == outputs && columns == inputs && rank == other
                }
                _ => false,
            };
            if !fits {
                return Err(wrong(format!(
                    "this adapter was made for another model: {own} is {wanted:?} here, and {up:?} by \
                     {down:?} in the adapter"
                )));
            }
        }
        Ok(Self {
            tensors,
            prefix,
            infix,
            strength,
            config,
        })
    }

    fn name(&self, place: &str, half: &str) -> String {
        format!("{}{place}.{half}{}.weight", self.prefix, self.infix)
    }

    fn has(&self, place: &str) -> bool {
        self.tensors.shape(&self.name(place, "lora_A")).is_some()
    }

    /// What the product of both halves is multiplied with before the strength.
    #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
    fn scale(&self, place: &str, rank: usize, device: &Device) -> Result<f64> {
        let name = format!("{}{place}.alpha", self.prefix);
        if self.tensors.shape(&name).is_some() {
            let alpha = self.tensors.tensor(&name, device)?.to_dtype(DType::F32)?;
            let alpha = alpha.flatten_all()?.to_vec1::<f32>()?;
            return Ok(f64::from(alpha.first().copied().unwrap_or_default()) / rank as f64);
        }
        let config = self.config.as_ref();
        Ok(config.map_or(1.0, |config| config.scale(place, rank as f64)))
    }

    fn delta(&self, place: &str, device: &Device) -> Result<Tensor> {
        let part = |end: &str| -> Result<Tensor> {
            let tensor = self.tensors.tensor(&self.name(place, end), device)?;
            Ok(tensor.to_dtype(DType::F32)?)
        };
        let down = part("lora_A")?;
        let scale = self.scale(place, down.dim(0)?, device)?;
        Ok((part("lora_B")?.matmul(&down)? * (self.strength * scale))?)
    }
}

impl Source for Adapted {
    fn shape(&self, name: &str) -> Option<Shape> {
        self.base.shape(name)
    }

    fn tensor(&self, name: &str, device: &Device) -> Result<Tensor> {
        let tensor = self.base.tensor(name, device)?;
        let Some(place) = name.strip_suffix(".weight").filter(|_| self.touches(name)) else {
            return Ok(tensor);
        };
        let mut sum = tensor.to_dtype(DType::F32)?;
        for adapter in self.adapters.iter().filter(|adapter| adapter.has(place)) {
            sum = (&sum + adapter.delta(place, device)?.reshape(sum.shape())?)?;
        }
        Ok(sum)
    }

    fn quantised(
        &self,
        name: &str,
        device: &Device,
    ) -> Result<Option<candle_core::quantized::QTensor>> {
        // What is added to is read in floats, and made into blocks again where that is wished for.
        if self.touches(name) {
            return Ok(None);
        }
        self.base.quantised(name, device)
    }

    fn origin(&self) -> String {
        self.base.origin()
    }
}
