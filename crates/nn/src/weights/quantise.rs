//! Layers whose matrices may be stored, or made, in blocks of small integers.

use std::borrow::Cow;

use candle_core::{
    DType, Device, Shape, Tensor,
    quantized::{GgmlDType, QStorage, QTensor},
};

use rayon::prelude::*;

use super::{Bias, Weights};
use crate::{Blocks, Error, Linear, Matrix, Result, cpu::quantised::Kind};

/// Matrices of fewer values are made into no blocks: they cost little, and a few of them matter much.
pub const FEWEST_IN_BLOCKS: usize = 1 << 12;

impl Weights {
    /// The same place, the matrices of its layers made into blocks of `dtype` as they are read. Those
    /// whose rows are no multiple of a block, and small ones, stay in the float type; those that are
    /// stored in blocks stay in theirs, or have those of [`in_memory`].
    #[must_use]
    pub fn quantised(&self, dtype: Option<GgmlDType>) -> Self {
        Self {
            quantisation: dtype,
            ..self.clone()
        }
    }

    /// `weight` (and `bias`) of this place, from `inputs` to `outputs` features.
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn linear(&self, inputs: usize, outputs: usize, bias: Bias) -> Result<Linear> {
        self.pointwise(inputs, &[outputs, inputs], bias)
    }

    /// A convolution of this place whose kernel meets every input once, as the matrix that it is:
    /// `weight`, stored as `stored` (outputs, then what multiplies out to `inputs`), and `bias`.
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn pointwise(&self, inputs: usize, stored: &[usize], bias: Bias) -> Result<Linear> {
        let outputs = stored.first().copied().unwrap_or_default();
        let matrix = match self.blocks("weight", stored, (outputs, inputs))? {
            Some(blocks) => quantised(blocks)?,
            None => {
                let weight = self.tensor("weight", stored)?;
                let shape = (outputs, inputs);
                self.made_matrix(self.made(shape, || Ok(weight.reshape(shape)?))?)?
            }
        };
        Linear::new(matrix, self.bias(outputs, bias)?)
    }

    /// Several linear layers that read the same input, as one whose outputs lie one after the other.
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn linears(
        &self,
        names: &[&str],
        inputs: usize,
        outputs: usize,
        bias: Bias,
    ) -> Result<Linear> {
        let parts: Vec<Self> = names.iter().map(|name| self.pp(name)).collect();
        let all = outputs * names.len();
        let blocks = parts
            .iter()
            .map(|part| part.blocks("weight", &[outputs, inputs], (outputs, inputs)))
            .collect::<Result<Option<Vec<_>>>>()?;
        let matrix = match blocks.and_then(|blocks| stacked(&blocks, (all, inputs)).transpose()) {
            Some(blocks) => quantised(blocks?)?,
            None => {
                let weights = parts
                    .iter()
                    .map(|part| part.tensor("weight", (outputs, inputs)))
                    .collect::<Result<Vec<_>>>()?;
                let stack = || Ok(Tensor::cat(&weights, 0)?);
                self.made_matrix(self.made((all, inputs), stack)?)?
            }
        };
        let bias = match bias {
            Bias::With => {
                let biases = parts
                    .iter()
                    .map(|part| part.tensor("bias", outputs))
                    .collect::<Result<Vec<_>>>()?;
                Some(self.made(all, || Ok(Tensor::cat(&biases, 0)?))?)
            }
            Bias::Without => None,
        };
        Linear::new(matrix, bias)
    }

    /// The matrix `weight` of this place, of rows × columns: an embedding, which may be a head too.
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn matrix(&self, rows: usize, columns: usize) -> Result<Matrix> {
        let blocks = match self.blocks("weight", &[rows, columns], (rows, columns))? {
            Some(blocks) => blocks,
            None => match self.made_blocks(self.tensor("weight", (rows, columns))?)? {
                Made::Blocks(blocks) => blocks,
                Made::Dense(weight) => return Ok(Matrix::Dense(weight)),
            },
        };
        Ok(Matrix::Quantised(Blocks::kept(blocks)?))
    }

    fn bias(&self, outputs: usize, bias: Bias) -> Result<Option<Tensor>> {
        match bias {
            Bias::With => Ok(Some(self.tensor("bias", outputs)?)),
            Bias::Without => Ok(None),
        }
    }

    /// The blocks that a matrix is stored in, if it is.
    fn blocks(
        &self,
        name: &str,
        stored: &[usize],
        (rows, columns): (usize, usize),
    ) -> Result<Option<QTensor>> {
        let name = self.full(name);
        let Some(found) = self.source.shape(&name) else {
            return Ok(None);
        };
        let fits = found.dims() == stored || found.dims() == [rows, columns];
        if !fits {
            return Err(Error::Shape {
                name,
                origin: self.source.origin(),
                wanted: Shape::from(stored),
                found,
            });
        }
        let stored = self.source.quantised(&name, &self.device)?;
        stored
            .map(|stored| {
                let dtype = in_memory(&self.device, stored.dtype());
                if dtype == stored.dtype() || !columns.is_multiple_of(dtype.block_size()) {
                    return Ok(stored);
                }
                let floats = stored.dequantize(&self.device)?.reshape((rows, columns))?;
                in_blocks(&floats, dtype)
            })
            .transpose()
    }

    /// A matrix in the type that this place asks for.
    fn made_matrix(&self, weight: Tensor) -> Result<Matrix> {
        match self.made_blocks(weight)? {
            Made::Blocks(blocks) => quantised(blocks),
            Made::Dense(weight) => Ok(Matrix::Dense(weight)),
        }
    }

    fn made_blocks(&self, weight: Tensor) -> Result<Made> {
        let Some(dtype) = self.quantisation else {
            return Ok(Made::Dense(weight));
        };
        let columns = weight.dim(1)?;
        if self.source.only_shapes()
            || weight.elem_count() < FEWEST_IN_BLOCKS
            || !columns.is_multiple_of(dtype.block_size())
        {
            return Ok(Made::Dense(weight));
        }
        Ok(Made::Blocks(in_blocks(&weight, dtype)?))
    }
}

/// The blocks that matrices lie in on a device, which are `stored` in those. Products with types that no loop is made for
/// are many times slower on a processor than with eight bits, which hold the same numbers.
#[must_use]
pub fn in_memory(device: &Device, stored: GgmlDType) -> GgmlDType {
    let is_float = stored.block_size() == 1;
    if Kind::of(stored).is_some() || is_float || !device.is_cpu() {
        stored
    } else {
        GgmlDType::Q8_0
    }
}

/// Rows that one thread makes into blocks at a time.
const ROWS_TOGETHER: usize = 64;

/// A matrix in blocks, made on all threads: rows are whole numbers of blocks.
pub(super) fn in_blocks(weight: &Tensor, dtype: GgmlDType) -> Result<QTensor> {
    let (rows, columns) = weight.dims2()?;
    if !weight.device().is_cpu() {
        return Ok(QTensor::quantize(&weight.to_dtype(DType::F32)?, dtype)?);
    }
    let parts = (0..rows.div_ceil(ROWS_TOGETHER)).into_par_iter().map(|i| {
        let first = i * ROWS_TOGETHER;
        let part = weight.narrow(0, first, ROWS_TOGETHER.min(rows - first))?;
        // candle makes blocks of all that a tensor's memory holds, also of what it shares it with.
        let part = part.to_dtype(DType::F32)?.force_contiguous()?;
        Ok(QTensor::quantize(&part, dtype)?)
    });
    let parts = parts.collect::<Result<Vec<_>>>()?;
    match stacked(&parts, (rows, columns))? {
        Some(blocks) => Ok(blocks),
        None => Ok(QTensor::quantize(&weight.to_dtype(DType::F32)?, dtype)?),
    }
}

/// Rows and columns of a matrix, also of a kernel of one tap.
pub(super) fn matrix(shape: &Shape) -> Option<(usize, usize)> {
    match shape.dims() {
        [rows, columns, rest @ ..] if rest.iter().all(|side| *side == 1) => Some((*rows, *columns)),
        _ => None,
    }
}

/// What a stored float matrix became.
enum Made {
    Blocks(QTensor),
    Dense(Tensor),
}

fn quantised(blocks: QTensor) -> Result<Matrix> {
    Ok(Matrix::Quantised(Blocks::new(blocks)?))
}

/// Matrices on top of one another; `None` where their blocks are of different types.
fn stacked(parts: &[QTensor], shape: (usize, usize)) -> Result<Option<QTensor>> {
    let Some(first) = parts.first() else {
        return Ok(None);
    };
    let dtype: GgmlDType = first.dtype();
    if parts.iter().any(|part| part.dtype() != dtype) {
        return Ok(None);
    }
    // Rows are whole numbers of blocks, so their bytes follow one another.
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&part.data()?);
    }
    let storage = QStorage::from_data(Cow::Owned(bytes), &first.device(), dtype)?;
    Ok(Some(QTensor::new(storage, shape)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{testing::random, weights::Source};

    /// One matrix, `weight`, in blocks.
    struct Stored(Tensor, GgmlDType);

    impl Source for Stored {
        fn shape(&self, name: &str) -> Option<Shape> {
            (name == "weight").then(|| self.0.shape().clone())
        }

        fn tensor(&self, name: &str, device: &Device) -> Result<Tensor> {
            let blocks = self.quantised(name, device)?.unwrap();
            Ok(blocks.dequantize(device)?)
        }

        fn quantised(&self, _: &str, _: &Device) -> Result<Option<QTensor>> {
            Ok(Some(QTensor::quantize(&self.0, self.1)?))
        }

        fn origin(&self) -> String {
            "a test".to_owned()
        }
    }

    #[test]
    fn blocks_without_loops_have_eight_bits_in_memory() {
        let (rows, columns) = (48, 512);
        let weight = random(&[rows, columns]);
        for (stored, in_memory) in [
            (GgmlDType::Q4_0, GgmlDType::Q8_0),
            (GgmlDType::Q4_1, GgmlDType::Q8_0),
            (GgmlDType::Q5_0, GgmlDType::Q8_0),
            (GgmlDType::Q5_1, GgmlDType::Q8_0),
            (GgmlDType::Q2K, GgmlDType::Q8_0),
            (GgmlDType::Q3K, GgmlDType::Q8_0),
            (GgmlDType::Q8_0, GgmlDType::Q8_0),
            (GgmlDType::Q4K, GgmlDType::Q4K),
            (GgmlDType::Q5K, GgmlDType::Q5K),
            (GgmlDType::Q6K, GgmlDType::Q6K),
        ] {
            assert_eq!(super::in_memory(&Device::Cpu, stored), in_memory);
            let source = Stored(weight.clone(), stored);
            let wanted = source.tensor("weight", &Device::Cpu).unwrap();
            let weights = Weights::new(source, DType::F32, &Device::Cpu);
            let shape = (rows, columns);
            let found = weights.blocks("weight", &[rows, columns], shape).unwrap();
            let found = found.unwrap();
            assert_eq!(found.dtype(), in_memory, "{stored:?}");
            // The same numbers, to half a step of eight bits and what the scale loses in 16.
            let found = found.dequantize(&Device::Cpu).unwrap();
            let apart = (found - &wanted).unwrap().abs().unwrap().max_all().unwrap();
            let most = wanted.abs().unwrap().max_all().unwrap();
            let (apart, most) = (apart.to_scalar::<f32>(), most.to_scalar::<f32>());
            assert!(apart.unwrap() <= most.unwrap() / 220.0, "{stored:?}");
        }
    }
}
