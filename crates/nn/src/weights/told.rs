use std::sync::Arc;

use candle_core::{Device, Shape, Tensor, quantized::QTensor};

use super::{Source, Weights};
use crate::{Error, Result};

impl Weights {
    /// The same place. `told` is given the number of values of each tensor that was read; where it says no, the
    /// reading ends with [`Error::Stopped`].
    #[must_use]
    pub fn telling(&self, told: &Arc<dyn Fn(usize) -> bool + Send + Sync>) -> Self {
        Self {
            source: Arc::new(Telling {
                inner: Arc::clone(&self.source),
                told: Arc::clone(told),
            }),
            ..self.clone()
        }
    }
}

struct Telling {
    inner: Arc<dyn Source>,
    told: Arc<dyn Fn(usize) -> bool + Send + Sync>,
}

impl Telling {
    fn told<T>(&self, name: &str, read: T) -> Result<T> {
        let values = self.inner.shape(name).map_or(0, |shape| shape.elem_count());
        if (self.told)(values) {
            Ok(read)
        } else {
            Err(Error::Stopped)
        }
    }
}

impl Source for Telling {
    fn shape(&self, name: &str) -> Option<Shape> {
        self.inner.shape(name)
    }

    fn tensor(&self, name: &str, device: &Device) -> Result<Tensor> {
        self.told(name, self.inner.tensor(name, device)?)
    }

    fn quantised(&self, name: &str, device: &Device) -> Result<Option<QTensor>> {
        match self.inner.quantised(name, device)? {
            Some(blocks) => self.told(name, Some(blocks)),
            // It is read, and told, as a tensor next.
            None => Ok(None),
        }
    }

    fn origin(&self) -> String {
        self.inner.origin()
    }

    fn only_shapes(&self) -> bool {
        self.inner.only_shapes()
    }

    fn asked_for(&self, name: &str, shape: &Shape) {
        self.inner.asked_for(name, shape);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use candle_core::DType;

    use super::*;
    use crate::weights::Memory;

    #[test]
    fn what_is_read_is_told_until_it_is_enough() {
        let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
        let named = [("a", zeros(&[2, 3])), ("b.c", zeros(&[5]))];
        let named = named.map(|(name, tensor)| (name.to_owned(), tensor));
        let memory: Memory = named.into_iter().collect();
        let read = Arc::new(AtomicUsize::new(0));
        let told: Arc<dyn Fn(usize) -> bool + Send + Sync> = {
            let read = Arc::clone(&read);
            Arc::new(move |values| read.fetch_add(values, SeqCst) + values < 12)
        };
        let weights = Weights::new(memory, DType::F32, &Device::Cpu).telling(&told);
        weights.tensor("a", (2, 3)).unwrap();
        assert!(weights.tensor("a", (3, 2)).is_err());
        weights.pp("b").tensor("c", 5).unwrap();
        assert_eq!(read.load(SeqCst), 11);
        let stopped = weights.tensor("a", (2, 3));
        assert!(matches!(stopped, Err(Error::Stopped)));
    }
}
