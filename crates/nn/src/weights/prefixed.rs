use std::sync::Arc;

use candle_core::{Device, Shape, Tensor, quantized::QTensor};

use super::Source;
use crate::Result;

/// A part of a file that holds several networks: names are those of the part, with what the file puts
/// in front of them left out.
pub struct Prefixed {
    inner: Arc<dyn Source>,
    prefix: String,
}

impl Prefixed {
    /// The tensors of `inner` whose names start with `prefix`.
    #[must_use]
    pub fn new(inner: Arc<dyn Source>, prefix: impl Into<String>) -> Self {
        Self {
            inner,
            prefix: prefix.into(),
        }
    }

    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

impl Source for Prefixed {
    fn shape(&self, name: &str) -> Option<Shape> {
        self.inner.shape(&self.full(name))
    }

    fn tensor(&self, name: &str, device: &Device) -> Result<Tensor> {
        self.inner.tensor(&self.full(name), device)
    }

    fn quantised(&self, name: &str, device: &Device) -> Result<Option<QTensor>> {
        self.inner.quantised(&self.full(name), device)
    }

    fn origin(&self) -> String {
        self.inner.origin()
    }
}
