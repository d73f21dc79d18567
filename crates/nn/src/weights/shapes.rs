use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use candle_core::{DType, Device, Shape, Tensor};

use super::{Source, Weights};
use crate::{Error, Result};

/// No checkpoint at all: it hands out nothing, in any shape, and takes note of what it was asked
/// for. A network built on it says which names and shapes it needs, and takes no memory.
#[derive(Clone, Debug, Default)]
struct Shapes(Arc<Mutex<BTreeMap<String, Shape>>>);

/// Names and shapes that a network asks for when it is built, in no memory.
///
/// # Errors
/// Those of the building.
pub fn asked_by(build: impl FnOnce(&Weights) -> Result<()>) -> Result<BTreeMap<String, Shape>> {
    let shapes = Shapes::default();
    build(&Weights::new(shapes.clone(), DType::F32, &Device::Cpu))?;
    let asked = shapes.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(asked.clone())
}

impl Source for Shapes {
    fn shape(&self, _name: &str) -> Option<Shape> {
        None
    }

    fn tensor(&self, name: &str, _device: &Device) -> Result<Tensor> {
        Err(Error::Missing {
            name: name.to_owned(),
            origin: self.origin(),
        })
    }

    fn origin(&self) -> String {
        "shapes".to_owned()
    }

    fn only_shapes(&self) -> bool {
        true
    }

    fn asked_for(&self, name: &str, shape: &Shape) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), shape.clone());
    }
}

/// One zero, seen as many.
pub(super) fn nothing(shape: &Shape, weights: &Weights) -> Result<Tensor> {
    let zero = Tensor::zeros((), weights.dtype(), weights.device())?;
    Ok(zero.broadcast_as(shape)?)
}
