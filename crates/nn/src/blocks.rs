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
    CpuStorage, D, DType, Device, Tensor,
    quantized::{GgmlDType, QMatMul, QStorage, QTensor, QuantizedType},
};
use candle_nn::Module as _;
use half::f16;

use crate::{
    Result, cpu,
    cpu::{
        elements::{Elements, tensor},
        q8_0,
    },
};

/// A matrix of outputs × inputs in blocks.
///
/// Products with several rows are own loops where candle has no fast ones for this processor. On processors
/// with the instructions for it candle repacks a matrix at its first product and keeps the blocks beside
/// what it made of them. Here the blocks are let go when nothing will read them again, so that a model
/// takes the memory that its file promises.
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
        let is_read_once = matches!(blocks.device(), Device::Cpu)
            && blocks.dtype() == GgmlDType::Q8_0
            && !q8_0::is_fastest();
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

    /// A matrix whose rows are looked up too, as those of an embedding: its blocks stay.
    ///
    /// # Errors
    /// Where the blocks cannot be read.
    pub fn kept(blocks: QTensor) -> Result<Self> {
        Ok(Self {
            product: QMatMul::from_qtensor(blocks)?,
            once: None,
        })
    }

    /// Rows by their numbers, in f32: `(…)` → `(…, inputs)`.
    ///
    /// # Errors
    /// Where there is no row of a number, or the blocks were let go.
    pub fn rows(&self, ids: &Tensor) -> Result<Tensor> {
        Ok(self.product.embedding(ids)?)
    }

    /// `x·Wᵀ + b`: `(…, inputs)` → `(…, outputs)`, in the type of `x`; taken, and summed, in f32.
    ///
    /// # Errors
    /// Where the last dimension is not `inputs`, or the bias is not one of outputs.
    pub fn forward(&self, x: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
        let wide = x.to_dtype(DType::F32)?;
        let bias = bias.map(|bias| bias.to_dtype(DType::F32)).transpose()?;
        if let Some(product) = self.own(&wide, bias.as_ref())? {
            return Ok(product.to_dtype(x.dtype())?);
        }
        let product = self.product.forward(&wide)?;
        if let Some(once) = &self.once {
            once.release();
        }
        let product = match bias {
            Some(bias) => product.broadcast_add(&bias)?,
            None => product,
        };
        Ok(product.to_dtype(x.dtype())?)
    }

    /// `None` where the own loop does not take this.
    fn own(&self, x: &Tensor, bias: Option<&Tensor>) -> Result<Option<Tensor>> {
        let QMatMul::QTensor(blocks) = &self.product else {
            return Ok(None);
        };
        let (outputs, inputs) = blocks.shape().dims2()?;
        let rows = x.elem_count() / inputs.max(1);
        let fits = x.dim(D::Minus1)? == inputs
            && bias.is_none_or(|bias| cpu::usable(&[bias]) && bias.dims() == [outputs]);
        if blocks.dtype() != GgmlDType::Q8_0
            || !matches!(blocks.device(), Device::Cpu)
            || !(cpu::usable(&[x]) && q8_0::is_fastest())
            || rows < q8_0::FEWEST
            || !fits
        {
            return Ok(None);
        }
        let (x, bias) = (x.contiguous()?, bias.map(Tensor::contiguous).transpose()?);
        let bias = bias.as_ref().map(Elements::of).transpose()?;
        let (numbers, blocks) = (Elements::of(&x)?, blocks.data()?);
        let product = q8_0::Product {
            x: numbers.all(),
            blocks: &blocks,
            inputs,
            bias: bias.as_ref().map(Elements::all),
        };
        let mut dims = x.dims().to_vec();
        if let Some(last) = dims.last_mut() {
            *last = outputs;
        }
        tensor(product.run(), dims).map(Some)
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
    use candle_core::{
        Tensor,
        quantized::{GgmlDType, QMatMul, QTensor},
    };
    use candle_nn::Module as _;

    use super::Blocks;
    use crate::{
        cpu::q8_0,
        testing::{random, same},
    };

    fn cosine(found: &Tensor, wanted: &Tensor) -> f64 {
        let wide = |x: &Tensor| x.to_dtype(candle_core::DType::F64).unwrap();
        let (found, wanted) = (&wide(found), &wide(wanted));
        let dot = |a: &Tensor, b: &Tensor| (a * b).unwrap().sum_all().unwrap();
        let dot = |a, b| dot(a, b).to_scalar::<f64>().unwrap();
        dot(found, wanted) / (dot(found, found) * dot(wanted, wanted)).sqrt()
    }

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
                let wanted = candles.forward(&x).unwrap();
                let found = ours.forward(&x, None).unwrap();
                if dtype == GgmlDType::Q8_0 && q8_0::is_fastest() && rows > 1 {
                    assert!(cosine(&found, &wanted) > 0.9999);
                } else {
                    same(&found, &wanted);
                }
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
            assert!(ours.forward(&random(&[2, inputs + 1]), None).is_err());
        }
    }

    #[test]
    fn own_products_are_nearly_those_of_the_floats_that_blocks_stand_for() {
        if !q8_0::is_fastest() {
            return;
        }
        for (inputs, outputs) in [
            (32, 1),
            (96, 48),
            (512, 5),
            (2560, 50),
            (288, 16),
            (320, 150),
        ] {
            // Rows and columns of different sizes.
            let sizes = |n| random(&[n]).exp().unwrap();
            let weight = random(&[outputs, inputs]);
            let weight = weight.broadcast_mul(&sizes(inputs)).unwrap();
            let blocks = QTensor::quantize(&weight, GgmlDType::Q8_0).unwrap();
            let floats = blocks.dequantize(weight.device()).unwrap();
            let (ours, bias) = (Blocks::new(blocks).unwrap(), random(&[outputs]));
            for rows in [q8_0::FEWEST, 5, 6, 7, 8, 33] {
                let x = random(&[rows, inputs]);
                let x = x.broadcast_mul(&sizes(rows).unsqueeze(1).unwrap()).unwrap();
                let wanted = x.matmul(&floats.t().unwrap()).unwrap();
                let wanted = wanted.broadcast_add(&bias).unwrap();
                let found = ours.forward(&x, Some(&bias)).unwrap();
                for row in 0..rows {
                    let row = |x: &Tensor| x.narrow(0, row, 1).unwrap();
                    let cosine = cosine(&row(&found), &row(&wanted));
                    assert!(cosine > 0.9999, "{cosine} of {inputs} × {outputs}");
                }
            }
        }
    }

    #[test]
    fn own_sums_do_not_overflow_and_no_number_is_no_number() {
        if !q8_0::is_fastest() {
            return;
        }
        let (inputs, outputs) = (512, 20);
        let weight = Tensor::full(-3.0_f32, (outputs, inputs), &candle_core::Device::Cpu).unwrap();
        let blocks = QTensor::quantize(&weight, GgmlDType::Q8_0).unwrap();
        let ours = Blocks::new(blocks).unwrap();
        let x = Tensor::full(1e3_f32, (8, inputs), &candle_core::Device::Cpu).unwrap();
        let wanted = (x.sum_keepdim(1).unwrap() * -3.0).unwrap();
        let wanted = wanted.broadcast_as((8, outputs)).unwrap();
        let found = ours.forward(&x, None).unwrap();
        let apart = ((found / wanted).unwrap() - 1.0).unwrap().abs().unwrap();
        let apart = apart.max_all().unwrap().to_scalar::<f32>().unwrap();
        assert!(apart < 1e-3, "{apart}");
        let mut x = vec![1.0_f32; 4 * inputs];
        x[0] = f32::NAN;
        x[inputs] = f32::INFINITY;
        x[2 * inputs..3 * inputs].fill(0.0);
        let x = Tensor::from_vec(x, (4, inputs), &candle_core::Device::Cpu).unwrap();
        let found = ours.forward(&x, None).unwrap().to_vec2::<f32>().unwrap();
        assert!(found[0][0].is_nan() && found[1][0].is_nan());
        assert_eq!(found[2][0], 0.0);
        assert!((found[3][0] / -1536.0 - 1.0).abs() < 1e-2);
    }
}
