use candle_core::{D, DType, Tensor, quantized::QMatMul};
use candle_nn::Module as _;

use crate::Result;

/// A matrix that inputs are multiplied with, outputs × inputs.
#[derive(Clone, Debug)]
pub enum Matrix {
    /// In a float type.
    Dense(Tensor),
    /// In blocks of small integers.
    Quantised(QMatMul),
}

/// `x·Wᵀ + b` over the last dimension.
#[derive(Clone, Debug)]
pub struct Linear {
    matrix: Matrix,
    bias: Option<Tensor>,
}

impl Linear {
    /// From a matrix of outputs × inputs and a bias of outputs.
    #[must_use]
    pub fn new(matrix: Matrix, bias: Option<Tensor>) -> Self {
        Self { matrix, bias }
    }

    /// `(…, inputs)` → `(…, outputs)`.
    ///
    /// # Errors
    /// Where the last dimension is not `inputs`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let product = match &self.matrix {
            Matrix::Dense(weight) => {
                // One big product instead of one for each row of the batch.
                let (outputs, inputs) = weight.dims2()?;
                let mut dims = x.dims().to_vec();
                let rows = x.elem_count() / inputs.max(1);
                let flat = x.reshape((rows, x.dim(D::Minus1)?))?;
                if let Some(last) = dims.last_mut() {
                    *last = outputs;
                }
                flat.matmul(&weight.t()?)?.reshape(dims)?
            }
            // Products with blocks are taken, and summed, in f32.
            Matrix::Quantised(matrix) => matrix
                .forward(&x.to_dtype(DType::F32)?)?
                .to_dtype(x.dtype())?,
        };
        match &self.bias {
            Some(bias) => Ok(product.broadcast_add(bias)?),
            None => Ok(product),
        }
    }
}
