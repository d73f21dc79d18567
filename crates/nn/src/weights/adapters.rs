use std::{path::PathBuf, sync::Arc};

use candle_core::{DType, Device, Shape, Tensor};

use super::{SafeTensors, Source};
use crate::{Error, Result};

/// What adapters' names start with, by who wrote the file.
const PREFIXES: [&str; 4] = ["", "base_model.model.", "transformer.", "diffusion_model."];

/// A checkpoint with low-rank adapters (Hu et al. 2021, in PEFT's form) added to its matrices as they
/// are read: `W + strength·B·A`, for each in turn. The reference's loader takes no other scale.
pub struct Adapted {
    base: Arc<dyn Source>,
    adapters: Vec<Adapter>,
}

struct Adapter {
    tensors: SafeTensors,
    prefix: &'static str,
    strength: f64,
}

impl Adapted {
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
        let names = tensors.names();
        let downs = || {
            names
                .iter()
                .filter_map(|name| name.strip_suffix(".lora_A.weight"))
        };
        if downs().next().is_none() {
            return Err(wrong(
                "this file holds no LoRA adapter: no name ends in .lora_A.weight".to_owned(),
            ));
        }
        // The longest that all names have: the empty one fits always.
        let prefix = PREFIXES
            .into_iter()
            .filter(|prefix| downs().all(|name| name.starts_with(prefix)))
            .max_by_key(|prefix| prefix.len())
            .unwrap_or_default();
        for place in downs() {
            let own = place.strip_prefix(prefix).unwrap_or(place);
            let part = |end: &str| tensors.shape(&format!("{place}.{end}.weight"));
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
            strength,
        })
    }

    fn has(&self, place: &str) -> bool {
        let name = format!("{}{place}.lora_A.weight", self.prefix);
        self.tensors.shape(&name).is_some()
    }

    fn delta(&self, place: &str, device: &Device) -> Result<Tensor> {
        let part = |end: &str| -> Result<Tensor> {
            let name = format!("{}{place}.{end}.weight", self.prefix);
            Ok(self.tensors.tensor(&name, device)?.to_dtype(DType::F32)?)
        };
        Ok((part("lora_B")?.matmul(&part("lora_A")?)? * self.strength)?)
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
