//! Matrices in blocks of small integers, which lie in memory once.

use std::{
    fmt,
    ptr::NonNull,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use candle_core::{
    CpuStorage, DType, Device, Tensor,
    quantized::{GgmlDType, QMatMul, QStorage, QTensor, QuantizedType},
};
use candle_nn::Module as _;
use half::f16;

use crate::Result;

/// A matrix of outputs × inputs in blocks.
///
/// On processors with the instructions for it candle repacks a matrix at its first product and keeps
/// the blocks beside what it made of them. Here the blocks are let go when nothing will read them
/// again, so that a model takes the memory that its file promises.
#[derive(Clone)]
pub struct Blocks {
    product: QMatMul,
    /// The blocks, where this processor may come to need them only once.
    once: Option<Arc<Once>>,
}

impl Blocks {
    /// # Errors
    /// Where the blocks cannot be read.
    pub fn new(blocks: QTensor) -> Result<Self> {
        // Of the other types the packed form serves some numbers of rows only.
        let is_read_once =
            matches!(blocks.device(), Device::Cpu) && blocks.dtype() == GgmlDType::Q8_0;
        let (blocks, once) = if is_read_once {
            let once = Arc::new(Once::new(blocks.dtype().from_data(blocks.data()?)));
            let storage = QStorage::Cpu(Box::new(Shared(Arc::clone(&once))));
            (QTensor::new(storage, blocks.shape().clone())?, Some(once))
        } else {
            (blocks, None)
        };
        Ok(Self {
            product: QMatMul::from_qtensor(blocks)?,
            once,
        })
    }

    /// `(…, inputs)` → `(…, outputs)`, in the type of `x`; taken, and summed, in f32.
    ///
    /// # Errors
    /// Where the last dimension is not `inputs`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let product = self.product.forward(&x.to_dtype(DType::F32)?)?;
        if let Some(once) = &self.once {
            once.release();
        }
        Ok(product.to_dtype(x.dtype())?)
    }

    /// Bytes of blocks that lie in memory beside what candle made of them.
    #[cfg(test)]
    fn kept_bytes(&self) -> usize {
        self.once.as_ref().map_or(0, |once| once.bytes())
    }
}

impl fmt::Debug for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.product.fmt(f)
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

#[cfg(test)]
mod tests {
    use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
    use candle_nn::Module as _;

    use super::Blocks;
    use crate::testing::random;

    #[test]
    fn products_are_candles_and_blocks_are_let_go_once_packed() {
        for (dtype, inputs, outputs) in [
            (GgmlDType::Q8_0, 512, 48),
            // Too narrow to be packed, and too few outputs.
            (GgmlDType::Q8_0, 96, 48),
            (GgmlDType::Q8_0, 512, 5),
            (GgmlDType::Q4K, 512, 48),
        ] {
            let weight = random(&[outputs, inputs]);
            let blocks = || QTensor::quantize(&weight, dtype).unwrap();
            let candles = QMatMul::from_qtensor(blocks()).unwrap();
            let ours = Blocks::new(blocks()).unwrap();
            let stored = blocks().storage_size_in_bytes();
            for rows in [1, 7, 64, 1] {
                let x = random(&[2, rows, inputs]);
                let wanted = candles.forward(&x).unwrap().flatten_all().unwrap();
                let found = ours.forward(&x).unwrap().flatten_all().unwrap();
                assert_eq!(
                    found.to_vec1::<f32>().unwrap(),
                    wanted.to_vec1::<f32>().unwrap()
                );
                // Which of the two depends on the processor.
                assert!(
                    ours.kept_bytes() == stored || ours.kept_bytes() == 0,
                    "{} of {stored}",
                    ours.kept_bytes()
                );
            }
            #[cfg(target_arch = "x86_64")]
            if dtype == GgmlDType::Q8_0 && std::is_x86_feature_detected!("avx512vnni") {
                let is_packed = inputs % 256 == 0 && outputs % 16 == 0;
                assert_eq!(ours.kept_bytes() == 0, is_packed);
            }
            assert!(ours.forward(&random(&[2, inputs + 1])).is_err());
        }
    }
}
