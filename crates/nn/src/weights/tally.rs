use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

use candle_core::{Device, Shape, Tensor, quantized::QTensor};

use super::{Source, Weights};
use crate::{Error, Result};

/// How much of checkpoints was read, and whether to go on: for whoever waits for networks to be loaded.
#[derive(Debug, Default)]
pub struct Tally {
    values: AtomicUsize,
    is_stopped: AtomicBool,
}

impl Tally {
    /// Values that were read: parameters.
    #[must_use]
    pub fn values(&self) -> usize {
        self.values.load(Relaxed)
    }

    /// Makes the next reading fail with [`Error::Stopped`].
    pub fn stop(&self) {
        self.is_stopped.store(true, Relaxed);
    }
}

impl Weights {
    /// The same place, what is read of it counted.
    #[must_use]
    pub fn tallied(&self, tally: &Arc<Tally>) -> Self {
        Self {
            source: Arc::new(Tallied {
                inner: Arc::clone(&self.source),
                tally: Arc::clone(tally),
            }),
            ..self.clone()
        }
    }
}

struct Tallied {
    inner: Arc<dyn Source>,
    tally: Arc<Tally>,
}

impl Tallied {
    /// Counted once it is there, so that the last tensor is the end.
    fn counted<T>(&self, name: &str, read: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.tally.is_stopped.load(Relaxed) {
            return Err(Error::Stopped);
        }
        let read = read()?;
        let values = self.inner.shape(name).map_or(0, |shape| shape.elem_count());
        self.tally.values.fetch_add(values, Relaxed);
        Ok(read)
    }
}

impl Source for Tallied {
    fn shape(&self, name: &str) -> Option<Shape> {
        self.inner.shape(name)
    }

    fn tensor(&self, name: &str, device: &Device) -> Result<Tensor> {
        self.counted(name, || self.inner.tensor(name, device))
    }

    fn quantised(&self, name: &str, device: &Device) -> Result<Option<QTensor>> {
        let stored = self.inner.quantised(name, device)?;
        match stored {
            Some(blocks) => self.counted(name, || Ok(Some(blocks))),
            // It is read, and counted, as a tensor next.
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
    use candle_core::DType;

    use super::*;
    use crate::weights::Memory;

    #[test]
    fn what_is_read_counts_until_it_is_stopped() {
        let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
        let named = [("a", zeros(&[2, 3])), ("b.c", zeros(&[5]))];
        let named = named.map(|(name, tensor)| (name.to_owned(), tensor));
        let memory: Memory = named.into_iter().collect();
        let tally = Arc::new(Tally::default());
        let weights = Weights::new(memory, DType::F32, &Device::Cpu).tallied(&tally);
        weights.tensor("a", (2, 3)).unwrap();
        assert_eq!(tally.values(), 6);
        assert!(weights.tensor("a", (3, 2)).is_err());
        weights.pp("b").tensor("c", 5).unwrap();
        assert_eq!(tally.values(), 11);
        tally.stop();
        let stopped = weights.tensor("a", (2, 3));
        assert!(matches!(stopped, Err(Error::Stopped)));
        assert_eq!(tally.values(), 11);
    }
}
