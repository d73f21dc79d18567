use std::sync::Arc;

use candle_core::{D, DType, Error, Shape, Tensor};

use crate::{
    Blocks, Result, conv, cpu,
    cpu::{
        elements::{Elements, tensor},
        linear::Samples,
        woven::Woven,
    },
    ops::is_half_on_cpu,
    stop,
};

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
    kernel: Kernel,
    bias: Option<Tensor>,
}

/// A matrix as it is multiplied with.
#[derive(Clone, Debug)]
enum Kernel {
    Candle(Tensor),
    Own(Arc<Woven>),
    Quantised(Blocks),
}

impl Linear {
    /// From a matrix of outputs × inputs and a bias of outputs. Where this machine has a faster layout
    /// for it, the matrix is laid out anew.
    ///
    /// # Errors
    /// Where the matrix has not two dimensions.
    pub fn new(matrix: Matrix, bias: Option<Tensor>) -> Result<Self> {
        let kernel = match matrix {
            // What is broadcast is no matrix, but the shape of one.
            Matrix::Dense(weight) if cpu::usable(&[&weight]) && weight.is_contiguous() => {
                let measures = weight.dims2()?;
                Kernel::Own(Arc::new(Woven::of(Elements::of(&weight)?.all(), measures)))
            }
            Matrix::Dense(weight) => Kernel::Candle(weight),
            Matrix::Quantised(blocks) => Kernel::Quantised(blocks),
        };
        Ok(Self { kernel, bias })
    }

    /// Whether its matrix is in blocks of small integers.
    pub(crate) fn is_quantised(&self) -> bool {
        matches!(self.kernel, Kernel::Quantised(_))
    }

    /// `(…, inputs)` → `(…, outputs)`.
    ///
    /// # Errors
    /// Where the last dimension is not `inputs`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        stop::ask()?;
        let product = match &self.kernel {
            Kernel::Own(weight) if cpu::usable(&[x]) => {
                let mut dims = x.dims().to_vec();
                match dims.last_mut() {
                    Some(last) if *last == weight.inputs => *last = weight.outputs,
                    _ => return Err(mismatch(x.shape(), weight)),
                }
                return self.own(x, (weight, Samples::Rows), dims);
            }
            Kernel::Own(weight) => return Err(elsewhere(x, weight)),
            Kernel::Candle(weight) if is_half_on_cpu(x) => {
                let wide = |x: &Tensor| x.to_dtype(DType::F32);
                let bias = self.bias.as_ref().map(wide).transpose()?;
                let layer = Self::new(Matrix::Dense(wide(weight)?), bias)?;
                return Ok(layer.forward(&wide(x)?)?.to_dtype(x.dtype())?);
            }
            Kernel::Candle(weight) => {
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
            Kernel::Quantised(blocks) => return blocks.forward(x, self.bias.as_ref()),
        };
        match &self.bias {
            Some(bias) => Ok(product.broadcast_add(bias)?),
            None => Ok(product),
        }
    }

    /// Several layers of one input, which is made ready once: `(…, inputs)` → `(…, outputs)` of each.
    ///
    /// # Errors
    /// Where the last dimension is not `inputs`.
    pub fn forward_each<const N: usize>(layers: [&Self; N], x: &Tensor) -> Result<[Tensor; N]> {
        stop::ask()?;
        let mut parts = Vec::with_capacity(N);
        for layer in layers {
            if let Kernel::Quantised(blocks) = &layer.kernel {
                parts.push((blocks, layer.bias.as_ref()));
            }
        }
        if let Ok(parts) = <[_; N]>::try_from(parts)
            && let Some(products) = Blocks::own(parts, x)?
        {
            return Ok(products);
        }
        let products = layers.iter().map(|layer| layer.forward(x));
        let products = products.collect::<Result<Vec<_>>>()?;
        products.try_into().map_err(|_| {
            let one_each = "there is a product of each layer".to_owned();
            Error::Msg(one_each).bt().into()
        })
    }

    /// The same over channels: `(batch, inputs, places)` → `(batch, outputs, places)`.
    ///
    /// # Errors
    /// Where the second dimension is not `inputs`.
    pub fn forward_channels(&self, x: &Tensor) -> Result<Tensor> {
        stop::ask()?;
        if let Kernel::Own(weight) = &self.kernel
            && cpu::usable(&[x])
        {
            return conv::own::pointwise(x, weight, self.bias.as_ref());
        }
        let by_place = x.transpose(1, 2)?.contiguous()?;
        Ok(self.forward(&by_place)?.transpose(1, 2)?.contiguous()?)
    }

    /// The same from channels to features: `(batch, inputs, places)` → `(batch, places, outputs)`.
    ///
    /// # Errors
    /// Where the second dimension is not `inputs`.
    pub fn forward_turned(&self, x: &Tensor) -> Result<Tensor> {
        stop::ask()?;
        let (batch, inputs, places) = x.dims3()?;
        match &self.kernel {
            Kernel::Own(weight) if cpu::usable(&[x]) => {
                if inputs != weight.inputs {
                    return Err(mismatch(x.shape(), weight));
                }
                let samples = Samples::Columns(places);
                self.own(x, (weight, samples), vec![batch, places, weight.outputs])
            }
            _ => self.forward(&x.transpose(1, 2)?.contiguous()?),
        }
    }

    fn own(
        &self,
        x: &Tensor,
        (weight, samples): (&Woven, Samples),
        dims: Vec<usize>,
    ) -> Result<Tensor> {
        let x = x.contiguous()?;
        let bias = self.bias.as_ref().map(Elements::of).transpose()?;
        let x = Elements::of(&x)?;
        let product = cpu::linear::Linear {
            x: x.all(),
            samples,
            weight,
            bias: bias.as_ref().map(Elements::all),
        };
        tensor(product.run(), dims)
    }
}

fn mismatch(x: &Shape, weight: &Woven) -> crate::Error {
    Error::ShapeMismatchBinaryOp {
        lhs: x.clone(),
        rhs: (weight.outputs, weight.inputs).into(),
        op: "linear",
    }
    .bt()
    .into()
}

fn elsewhere(x: &Tensor, weight: &Woven) -> crate::Error {
    let found = format!("{:?} on {:?}", x.dtype(), x.device().location());
    let wanted = format!("{} × {}", weight.outputs, weight.inputs);
    Error::Msg(format!(
        "a matrix of {wanted} in f32 on the CPU met {found}"
    ))
    .bt()
    .into()
}

#[cfg(test)]
mod tests {
    use super::{Linear, Matrix};
    use crate::testing::{random, same};

    #[test]
    fn own_product_is_candles() {
        for (samples, inputs, outputs) in [
            (1, 16, 8),
            (3, 40, 17),
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
                    .unwrap()
                    .forward(&x)
                    .unwrap();
                same(&found, &wanted);
            }
        }
    }

    #[test]
    fn channels_first_is_turned() {
        let layer = Linear::new(Matrix::Dense(random(&[11, 20])), Some(random(&[11]))).unwrap();
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
    fn channels_become_features() {
        for (inputs, outputs) in [(20, 11), (2600, 17)] {
            let weight = Matrix::Dense(random(&[outputs, inputs]));
            let layer = Linear::new(weight, Some(random(&[outputs]))).unwrap();
            for places in [1, 7, 50, 333] {
                let x = random(&[2, inputs, places]);
                let turned = x.transpose(1, 2).unwrap().contiguous().unwrap();
                let wanted = layer.forward(&turned).unwrap();
                same(&layer.forward_turned(&x).unwrap(), &wanted);
            }
            assert!(layer.forward_turned(&random(&[2, inputs + 1, 5])).is_err());
        }
    }

    #[test]
    fn shapes_are_kept_and_checked() {
        let layer = Linear::new(Matrix::Dense(random(&[6, 5])), None).unwrap();
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
