use candle_core::{D, DType, Tensor};

use crate::{
    Blocks, Result, conv, cpu,
    cpu::elements::{Elements, tensor},
    ops::is_half_on_cpu,
};

/// Samples from which on the own product is the faster one.
const FEWEST: usize = 4;

/// A matrix that inputs are multiplied with, outputs × inputs.
#[derive(Clone, Debug)]
pub enum Matrix {
    /// In a float type.
    Dense(Tensor),
    /// In blocks of small integers.
    Quantised(Blocks),
}

impl Matrix {
    /// Rows by their numbers, in `dtype`: `(…)` → `(…, columns)`.
    ///
    /// # Errors
    /// Where there is no row of a number.
    pub fn rows(&self, ids: &Tensor, dtype: DType) -> Result<Tensor> {
        let rows = match self {
            Self::Dense(weight) => {
                let mut dims = ids.dims().to_vec();
                dims.push(weight.dim(1)?);
                weight.index_select(&ids.flatten_all()?, 0)?.reshape(dims)?
            }
            Self::Quantised(blocks) => blocks.rows(ids)?,
        };
        Ok(rows.to_dtype(dtype)?)
    }
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
            Matrix::Dense(weight)
                if cpu::usable(&[x, weight])
                    && x.elem_count() / weight.dim(1)?.max(1) >= FEWEST =>
            {
                return self.own(x, weight);
            }
            Matrix::Dense(weight) if is_half_on_cpu(x) => {
                let wide = |x: &Tensor| x.to_dtype(DType::F32);
                let bias = self.bias.as_ref().map(wide).transpose()?;
                let layer = Self::new(Matrix::Dense(wide(weight)?), bias);
                return Ok(layer.forward(&wide(x)?)?.to_dtype(x.dtype())?);
            }
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
            Matrix::Quantised(blocks) => blocks.forward(x)?,
        };
        match &self.bias {
            Some(bias) => Ok(product.broadcast_add(bias)?),
            None => Ok(product),
        }
    }

    /// The same over channels: `(batch, inputs, places)` → `(batch, outputs, places)`.
    ///
    /// # Errors
    /// Where the second dimension is not `inputs`.
    pub fn forward_channels(&self, x: &Tensor) -> Result<Tensor> {
        if let Matrix::Dense(weight) = &self.matrix
            && cpu::usable(&[x, weight])
        {
            return conv::own::pointwise(x, weight, self.bias.as_ref());
        }
        let by_place = x.transpose(1, 2)?.contiguous()?;
        Ok(self.forward(&by_place)?.transpose(1, 2)?.contiguous()?)
    }

    fn own(&self, x: &Tensor, weight: &Tensor) -> Result<Tensor> {
        let (outputs, inputs) = weight.dims2()?;
        let x = x.contiguous()?;
        let mut dims = x.dims().to_vec();
        if dims.last() != Some(&inputs) {
            return Err(candle_core::Error::ShapeMismatchBinaryOp {
                lhs: x.shape().clone(),
                rhs: weight.shape().clone(),
                op: "linear",
            }
            .bt()
            .into());
        }
        if let Some(last) = dims.last_mut() {
            *last = outputs;
        }
        let bias = self.bias.as_ref().map(Elements::of).transpose()?;
        let (x, weight) = (Elements::of(&x)?, Elements::of(weight)?);
        let product = cpu::linear::Linear {
            x: x.all(),
            weight: weight.all(),
            bias: bias.as_ref().map(Elements::all),
            inputs,
            outputs,
        };
        tensor(product.run(), dims)
    }
}

#[cfg(test)]
mod tests {
    use super::{Linear, Matrix};
    use crate::testing::{random, same};

    #[test]
    fn own_product_is_candles() {
        for (samples, inputs, outputs) in [
            (4, 16, 8),
            (5, 1, 3),
            (97, 130, 65),
            (50, 3000, 9),
            (33, 7, 300),
            (700, 2560, 24),
        ] {
            let (x, weight) = (random(&[samples, inputs]), random(&[outputs, inputs]));
            let product = x.matmul(&weight.t().unwrap()).unwrap();
            let bias = random(&[outputs]);
            for bias in [None, Some(bias)] {
                let wanted = match &bias {
                    Some(bias) => product.broadcast_add(bias).unwrap(),
                    None => product.clone(),
                };
                let found = Linear::new(Matrix::Dense(weight.clone()), bias)
                    .forward(&x)
                    .unwrap();
                same(&found, &wanted);
            }
        }
    }

    #[test]
    fn channels_first_is_turned() {
        let layer = Linear::new(Matrix::Dense(random(&[11, 20])), Some(random(&[11])));
        for places in [1, 50, 333] {
            let x = random(&[2, 20, places]);
            let turned = x.transpose(1, 2).unwrap().contiguous().unwrap();
            let wanted = layer.forward(&turned).unwrap().transpose(1, 2).unwrap();
            same(
                &layer.forward_channels(&x).unwrap(),
                &wanted.contiguous().unwrap(),
            );
        }
        assert!(layer.forward_channels(&random(&[2, 21, 5])).is_err());
    }

    #[test]
    fn shapes_are_kept_and_checked() {
        let layer = Linear::new(Matrix::Dense(random(&[6, 5])), None);
        assert_eq!(
            layer.forward(&random(&[2, 9, 5])).unwrap().dims(),
            [2, 9, 6]
        );
        assert_eq!(
            layer.forward(&random(&[1, 1, 5])).unwrap().dims(),
            [1, 1, 6]
        );
        assert!(layer.forward(&random(&[2, 5, 9])).is_err());
    }
}
