//! A checkpoint, walked by name.

mod adapters;
pub mod file;
mod gguf;
mod memory;
mod pack;
mod quantise;
mod renamed;
mod safetensors;
mod shapes;
mod told;
mod weight_norm;

use std::{fmt, sync::Arc};

use candle_core::{
    DType, Device, Shape, Tensor,
    quantized::{GgmlDType, QTensor},
};

use crate::{Error, Result};

pub use adapters::Adapted;
pub use gguf::Gguf;
pub use memory::Memory;
pub use pack::{BlockType, Packing};
pub use quantise::{FEWEST_IN_BLOCKS, in_memory};
pub use renamed::Renamed;
pub use safetensors::SafeTensors;
pub use shapes::asked_by;

/// Where tensors come from.
pub trait Source: Send + Sync {
    /// The shape of a tensor; `None` where there is none of that name.
    fn shape(&self, name: &str) -> Option<Shape>;

    /// A tensor in the type it is stored in.
    ///
    /// # Errors
    /// Where it is not there, or cannot be read.
    fn tensor(&self, name: &str, device: &Device) -> Result<Tensor>;

    /// A tensor in the blocks it is stored in; `None` where it is stored in a float type.
    ///
    /// # Errors
    /// As [`Self::tensor`].
    fn quantised(&self, _name: &str, _device: &Device) -> Result<Option<QTensor>> {
        Ok(None)
    }

    /// The file or folder, for people.
    fn origin(&self) -> String;

    /// Whether this only takes note of what is asked for (see [`Shapes`]).
    fn only_shapes(&self) -> bool {
        false
    }

    /// Takes note of a tensor; only a source of shapes does.
    fn asked_for(&self, _name: &str, _shape: &Shape) {}
}

/// A place in a checkpoint: names are asked for relative to it, as candle's `VarBuilder` does.
#[derive(Clone)]
pub struct Weights {
    source: Arc<dyn Source>,
    path: String,
    dtype: DType,
    device: Device,
    quantisation: Option<GgmlDType>,
}

impl fmt::Debug for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source.origin(), self.path)
    }
}

/// Whether a layer adds a bias.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bias {
    /// `NAME.bias` is read and added.
    With,
    /// There is none.
    Without,
}

impl Weights {
    /// The root of a checkpoint. Tensors are handed out as `dtype` on `device`.
    pub fn new(source: impl Source + 'static, dtype: DType, device: &Device) -> Self {
        Self::of(Arc::new(source), dtype, device)
    }

    /// The same of a source that is shared.
    #[must_use]
    pub fn of(source: Arc<dyn Source>, dtype: DType, device: &Device) -> Self {
        Self {
            source,
            path: String::new(),
            dtype,
            device: device.clone(),
            quantisation: None,
        }
    }

    /// The place `name` below this one.
    #[must_use]
    pub fn pp(&self, name: impl fmt::Display) -> Self {
        Self {
            path: self.full(&name.to_string()),
            ..self.clone()
        }
    }

    /// The type that tensors are handed out in.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The device that tensors are handed out on.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The same place, with tensors handed out as `dtype`.
    #[must_use]
    pub fn as_dtype(&self, dtype: DType) -> Self {
        Self {
            dtype,
            ..self.clone()
        }
    }

    /// Whether a tensor of that name is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.source.shape(&self.full(name)).is_some()
    }

    /// The tensor `name`, of that shape.
    ///
    /// # Errors
    /// Where it is missing, has another shape, or cannot be read or moved.
    pub fn tensor(&self, name: &str, shape: impl Into<Shape>) -> Result<Tensor> {
        let (name, wanted) = (self.full(name), shape.into());
        let Some(found) = self.source.shape(&name) else {
            // Taking note of names begins with one that nobody knew.
            if self.source.only_shapes() {
                self.source.asked_for(&name, &wanted);
                return shapes::nothing(&wanted, self);
            }
            return Err(Error::Missing {
                name,
                origin: self.source.origin(),
            });
        };
        if found != wanted {
            return Err(Error::Shape {
                name,
                origin: self.source.origin(),
                wanted,
                found,
            });
        }
        Ok(self
            .source
            .tensor(&name, &self.device)?
            .to_dtype(self.dtype)?)
    }

    /// A tensor made from others when a network is built, such as a folded weight norm; where only
    /// shapes are asked for it costs nothing.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn made(
        &self,
        shape: impl Into<Shape>,
        make: impl FnOnce() -> Result<Tensor>,
    ) -> Result<Tensor> {
        if self.source.only_shapes() {
            shapes::nothing(&shape.into(), self)
        } else {
            make()
        }
    }

    fn full(&self, name: &str) -> String {
        match (self.path.as_str(), name) {
            ("", name) => name.to_owned(),
            (path, "") => path.to_owned(),
            (path, name) => format!("{path}.{name}"),
        }
    }
}
