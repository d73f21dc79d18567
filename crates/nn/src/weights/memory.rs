use std::collections::HashMap;

use candle_core::{Device, Shape, Tensor};

use super::Source;
use crate::{Error, Result};

/// Tensors that lie in memory, by their full names.
#[derive(Clone, Debug, Default)]
pub struct Memory(HashMap<String, Tensor>);

impl FromIterator<(String, Tensor)> for Memory {
    fn from_iter<T: IntoIterator<Item = (String, Tensor)>>(tensors: T) -> Self {
        Self(tensors.into_iter().collect())
    }
}

impl Source for Memory {
    fn shape(&self, name: &str) -> Option<Shape> {
        self.0.get(name).map(|tensor| tensor.shape().clone())
    }

    fn tensor(&self, name: &str, device: &Device) -> Result<Tensor> {
        let tensor = self.0.get(name).ok_or_else(|| Error::Missing {
            name: name.to_owned(),
            origin: self.origin(),
        })?;
        Ok(tensor.to_device(device)?)
    }

    fn origin(&self) -> String {
        "memory".to_owned()
    }
}
