use std::sync::Arc;

use candle_core::{Device, Shape, Tensor, quantized::QTensor};

use super::Source;
use crate::Result;

/// A file that calls a network's tensors otherwise than the network does.
pub struct Renamed<F> {
    inner: Arc<dyn Source>,
    theirs: F,
}

impl<F: Fn(&str) -> String + Send + Sync> Renamed<F> {
    /// The tensors of `inner`; `theirs` gives the file's name of what the network asks for.
    #[must_use]
    pub fn new(inner: Arc<dyn Source>, theirs: F) -> Self {
        Self { inner, theirs }
    }
}

impl<F: Fn(&str) -> String + Send + Sync> Source for Renamed<F> {
    fn shape(&self, name: &str) -> Option<Shape> {
        self.inner.shape(&(self.theirs)(name))
    }

    fn tensor(&self, name: &str, device: &Device) -> Result<Tensor> {
        self.inner.tensor(&(self.theirs)(name), device)
    }

    fn quantised(&self, name: &str, device: &Device) -> Result<Option<QTensor>> {
        self.inner.quantised(&(self.theirs)(name), device)
    }

    fn origin(&self) -> String {
        self.inner.origin()
    }
}
