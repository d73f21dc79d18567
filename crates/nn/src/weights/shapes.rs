use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use candle_core::{Device, Shape, Tensor};

use super::{Source, Weights};
use crate::{Error, Result};

/// No checkpoint at all: it hands out nothing, in any shape, and takes note of what it was asked
/// for. A network built on it says which names and shapes it needs, and takes no memory.
#[derive(Clone, Debug, Default)]
pub struct Shapes(Asked);

/// Names and shapes that were asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked(Arc<Mutex<BTreeMap<String, Shape>>>);

impl Shapes {
    /// What was asked for, now and later.
    #[must_use]
    pub fn asked(&self) -> Asked {
        self.0.clone()
    }
}

impl Asked {
    /// Names and shapes so far.
    #[must_use]
    pub fn so_far(&self) -> BTreeMap<String, Shape> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
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
            .0
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
