//! Matrices in blocks of small integers, which lie in memory once.

use std::{
    borrow::Cow,
    fmt,
    ptr::NonNull,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use candle_core::{
    CpuStorage, D, DType, Device, Tensor,
    quantized::{GgmlDType, QMatMul, QStorage, QTensor, QuantizedType},
};
use candle_nn::Module as _;
use half::f16;

#[cfg(test)]
mod tests;

use crate::{
    Result, cpu,
    cpu::{
        elements::{Elements, tensor},
        pages::copied,
        quantised::{self, Kind},
    },
};

/// A matrix of outputs × inputs in blocks.
///
/// Products are own loops where there are some for this processor; candle then knows nothing of the blocks. On others,
/// ARM's, candle may repack a matrix at its first product and keep the blocks beside what it made of them. Here the blocks
/// are let go when nothing will read them again, so that a model takes the memory that its file promises.
#[derive(Clone)]
pub struct Blocks {
    product: Product,
}

/// Whose loops a matrix meets.
#[derive(Clone)]
enum Product {
    Own(Arc<Own>),
    Candle {
        matrix: QMatMul,
        /// The blocks, where this processor may come to need them only once.
        once: Option<Arc<Once>>,
    },
}

/// Blocks for own loops, row by row.
struct Own {
    kind: Kind,
    dtype: GgmlDType,
    bytes: Vec<u8>,
    outputs: usize,
    inputs: usize,
}

impl Blocks {
    /// # Errors
    /// Where the blocks cannot be read.
    pub fn new(blocks: QTensor) -> Result<Self> {
        // Of the other types the packed form serves some numbers of rows only.
        let is_read_once = blocks.device().is_cpu() && blocks.dtype() == GgmlDType::Q8_0;
        Self::of(blocks, is_read_once)
    }

    /// A matrix whose rows are looked up too, as those of an embedding: its blocks stay.
    ///
    /// # Errors
    /// Where the blocks cannot be read.
    pub fn kept(blocks: QTensor) -> Result<Self> {
        Self::of(blocks, false)
    }

    fn of(blocks: QTensor, is_read_once: bool) -> Result<Self> {
        if let Some(kind) = Kind::of(blocks.dtype())
            && quantised::is_usable()
            && blocks.device().is_cpu()
        {
            let (outputs, inputs) = blocks.shape().dims2()?;
            let own = Own {
                kind,
                dtype: blocks.dtype(),
                bytes: copied(&blocks.data()?),
                outputs,
                inputs,
            };
            return Ok(Self {
                product: Product::Own(Arc::new(own)),
            });
        }
        let (blocks, once) = if is_read_once {
            let once = Arc::new(Once::new(blocks.dtype().from_data(blocks.data()?)));
            let storage = QStorage::Cpu(Box::new(Shared(Arc::clone(&once))));
            (QTensor::new(storage, blocks.shape().clone())?, Some(once))
        } else {
            (blocks, None)
        };
        let matrix = QMatMul::from_qtensor(blocks)?;
        Ok(Self {
            product: Product::Candle { matrix, once },
        })
    }

    /// Rows by their numbers, in f32: `(…)` → `(…, inputs)`.
    ///
    /// # Errors
    /// Where there is no row of a number, or the blocks were let go.
    pub fn rows(&self, ids: &Tensor) -> Result<Tensor> {
        match &self.product {
            Product::Own(own) => own.rows(ids),
            Product::Candle { matrix, .. } => Ok(matrix.embedding(ids)?),
        }
    }

    /// `x·Wᵀ + b`: `(…, inputs)` → `(…, outputs)`, in the type of `x`; taken, and summed, in f32.
    ///
    /// # Errors
    /// Where the last dimension is not `inputs`, or the bias is not one of outputs.
    pub fn forward(&self, x: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
        let wide = x.to_dtype(DType::F32)?;
        let bias = bias.map(|bias| bias.to_dtype(DType::F32)).transpose()?;
        if let Some([product]) = Self::own([(self, bias.as_ref())], &wide)? {
            return Ok(product.to_dtype(x.dtype())?);
        }
        let product = match &self.product {
            Product::Candle { matrix, once } => {
                let product = matrix.forward(&wide)?;
                if let Some(once) = once {
                    once.release();
                }
                product
            }
            Product::Own(own) => own.candles()?.forward(&wide)?,
        };
        let product = match bias {
            Some(bias) => product.broadcast_add(&bias)?,
            None => product,
        };
        Ok(product.to_dtype(x.dtype())?)
    }

    /// Products of the same input in f32 with several matrices, and with what is added to them: `None` where own
    /// loops do not take them.
    pub(crate) fn own<const N: usize>(
        matrices: [(&Self, Option<&Tensor>); N],
        x: &Tensor,
    ) -> Result<Option<[Tensor; N]>> {
        let inputs = x.dim(D::Minus1)?;
        let mut parts = Vec::with_capacity(N);
        for (matrix, bias) in matrices {
            let Product::Own(own) = &matrix.product else {
                return Ok(None);
            };
            let is_one = |bias: &Tensor| cpu::usable(&[bias]) && bias.dims() == [own.outputs];
            if own.inputs != inputs || !bias.is_none_or(is_one) || !cpu::usable(&[x]) {
                return Ok(None);
            }
            parts.push((own, bias.map(Tensor::contiguous).transpose()?));
        }
        let biases = parts
            .iter()
            .map(|(_, bias)| bias.as_ref().map(Elements::of).transpose())
            .collect::<Result<Vec<_>>>()?;
        let matrices: Vec<_> = parts
            .iter()
            .zip(&biases)
            .map(|((own, _), bias)| quantised::Matrix {
                kind: own.kind,
                blocks: &own.bytes,
                bias: bias.as_ref().map(Elements::all),
            })
            .collect();
        let x = x.contiguous()?;
        let numbers = Elements::of(&x)?;
        let product = quantised::Product {
            x: numbers.all(),
            inputs,
            matrices: &matrices,
        };
        let mut dims = x.dims().to_vec();
        let products = product.run().into_iter().zip(&parts);
        let products = products.map(|(product, (own, _))| {
            if let Some(last) = dims.last_mut() {
                *last = own.outputs;
            }
            tensor(product, dims.clone())
        });
        let products = products.collect::<Result<Vec<_>>>()?;
        // There are as many products as matrices.
        Ok(products.try_into().ok())
    }

    /// Bytes of blocks that lie in memory beside what candle made of them.
    #[cfg(test)]
    fn kept_bytes(&self) -> usize {
        match &self.product {
            Product::Candle {
                once: Some(once), ..
            } => once.bytes(),
            _ => 0,
        }
    }
}

impl Own {
    fn rows(&self, ids: &Tensor) -> Result<Tensor> {
        let row = self.bytes.len() / self.outputs.max(1);
        let mut bytes = Vec::with_capacity(ids.elem_count() * row);
        for id in ids.to_dtype(DType::U32)?.flatten_all()?.to_vec1::<u32>()? {
            let from = id as usize * row;
            let Some(blocks) = self.bytes.get(from..from + row) else {
                let what = format!("row {id} of a matrix of {}", self.outputs);
                return Err(candle_core::Error::Msg(what).bt().into());
            };
            bytes.extend_from_slice(blocks);
        }
        let mut dims = ids.dims().to_vec();
        dims.push(self.inputs);
        let rows = self.candles_of(&bytes, ids.elem_count())?;
        Ok(rows.dequantize(&Device::Cpu)?.reshape(dims)?)
    }

    /// For what own loops do not take.
    fn candles(&self) -> Result<QMatMul> {
        let blocks = self.candles_of(&self.bytes, self.outputs)?;
        Ok(QMatMul::from_qtensor(blocks)?)
    }

    fn candles_of(&self, bytes: &[u8], rows: usize) -> Result<QTensor> {
        let storage = QStorage::from_data(Cow::Borrowed(bytes), &Device::Cpu, self.dtype)?;
        Ok(QTensor::new(storage, (rows, self.inputs))?)
    }
}

impl fmt::Debug for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.product {
            Product::Candle { matrix, .. } => matrix.fmt(f),
            Product::Own(own) => {
                write!(f, "{:?} of {} × {}", own.dtype, own.outputs, own.inputs)
            }
        }
    }
}

/// Blocks that are let go after candle has packed them.
struct Once {
    blocks: RwLock<Option<Box<dyn QuantizedType>>>,
    dtype: GgmlDType,
    block_size: usize,
    was_packed: AtomicBool,
    was_multiplied: AtomicBool,
}

impl Once {
    fn new(blocks: Box<dyn QuantizedType>) -> Self {
        Self {
            dtype: blocks.dtype(),
            block_size: blocks.block_size(),
            blocks: RwLock::new(Some(blocks)),
            was_packed: AtomicBool::new(false),
            was_multiplied: AtomicBool::new(false),
        }
    }

    /// After a product: one that was taken with the blocks themselves will need them again.
    fn release(&self) {
        if self.was_packed.load(Relaxed) && !self.was_multiplied.load(Relaxed) {
            let mut blocks = self.blocks.write().unwrap_or_else(PoisonError::into_inner);
            *blocks = None;
        }
    }

    fn fill(&self, work: impl FnOnce(&mut dyn QuantizedType)) {
        let mut blocks = self.blocks.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(blocks) = blocks.as_mut() {
            work(blocks.as_mut());
        }
    }

    fn bytes(&self) -> usize {
        self.with(|blocks| Ok(blocks.storage_size_in_bytes()))
            .unwrap_or_default()
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&dyn QuantizedType) -> candle_core::Result<T>,
    ) -> candle_core::Result<T> {
        let blocks = self.blocks.read().unwrap_or_else(PoisonError::into_inner);
        match blocks.as_ref() {
            Some(blocks) => work(blocks.as_ref()),
            None => candle_core::bail!("the blocks of this matrix were packed and let go"),
        }
    }
}

/// The blocks as candle's storage.
struct Shared(Arc<Once>);

impl QuantizedType for Shared {
    fn dtype(&self) -> GgmlDType {
        self.0.dtype
    }

    fn matmul_t(
        &self,
        mkn: (usize, usize, usize),
        lhs: &[f32],
        dst: &mut [f32],
    ) -> candle_core::Result<()> {
        self.0.was_multiplied.store(true, Relaxed);
        self.0.with(|blocks| blocks.matmul_t(mkn, lhs, dst))
    }

    fn matmul_t_f16(
        &self,
        mkn: (usize, usize, usize),
        lhs: &[f16],
        dst: &mut [f16],
    ) -> candle_core::Result<()> {
        self.0.was_multiplied.store(true, Relaxed);
        self.0.with(|blocks| blocks.matmul_t_f16(mkn, lhs, dst))
    }

    fn embedding(
        &self,
        ids: &[u32],
        rows: usize,
        hidden: usize,
    ) -> candle_core::Result<CpuStorage> {
        self.0.with(|blocks| blocks.embedding(ids, rows, hidden))
    }

    fn dequantize(&self, elem_count: usize) -> candle_core::Result<CpuStorage> {
        self.0.with(|blocks| blocks.dequantize(elem_count))
    }

    fn storage_size_in_bytes(&self) -> usize {
        self.0.bytes()
    }

    fn as_ptr(&self) -> *const u8 {
        self.0.was_packed.store(true, Relaxed);
        self.0
            .with(|blocks| Ok(blocks.as_ptr()))
            .unwrap_or(NonNull::dangling().as_ptr())
    }

    fn block_size(&self) -> usize {
        self.0.block_size
    }

    fn from_float(&mut self, xs: &[f32]) {
        self.0.fill(|blocks| blocks.from_float(xs));
    }

    fn from_float_imatrix(&mut self, xs: &[f32], weights: &[f32], n_per_row: usize) {
        self.0
            .fill(|blocks| blocks.from_float_imatrix(xs, weights, n_per_row));
    }

    fn size(&self) -> usize {
        self.0.bytes()
    }
}
