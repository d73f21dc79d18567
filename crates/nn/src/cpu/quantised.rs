//! Products with matrices in blocks of small integers for processors with AVX2; where they have instructions for
//! products in sums of 32 bits too, the same loops with those: [`sums`].
//!
//! A few samples, as of a token that is written, meet the blocks as they lie in memory, each of which is read
//! once: [`rows`]. For more, blocks are unpacked some rows at a time: [`words`], where the numbers have the
//! eight bits of `Q8_0`, and [`quads`], where they have fewer. All of it is split into tasks small enough
//! that a thread that another program keeps waiting holds up little, and nobody waits in a loop that
//! holds the processor.

#[cfg(target_arch = "x86_64")]
mod input;
#[cfg(target_arch = "x86_64")]
mod quads;
#[cfg(target_arch = "x86_64")]
mod rows;
#[cfg(target_arch = "x86_64")]
mod split;
#[cfg(target_arch = "x86_64")]
mod sums;
#[cfg(target_arch = "x86_64")]
mod supers;
#[cfg(target_arch = "x86_64")]
mod words;

use candle_core::quantized::GgmlDType;

/// Inputs whose sums are whole numbers.
const CHUNK: usize = 256;
/// Samples from which on unpacking the matrix costs less than it saves.
pub(crate) const FEWEST: usize = 4;

/// Blocks that there are loops for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// 32 integers of eight bits and their scale.
    Q8_0,
    /// 256 integers of four bits, and what 32 of them are multiplied with and lessened by.
    Q4K,
    /// The same with five bits.
    Q5K,
    /// 256 integers of six bits, and what 16 of them are multiplied with.
    Q6K,
}

impl Kind {
    /// What candle calls it; `None` where there are no loops for it.
    pub(crate) fn of(dtype: GgmlDType) -> Option<Self> {
        match dtype {
            GgmlDType::Q8_0 => Some(Self::Q8_0),
            GgmlDType::Q4K => Some(Self::Q4K),
            GgmlDType::Q5K => Some(Self::Q5K),
            GgmlDType::Q6K => Some(Self::Q6K),
            _ => None,
        }
    }

    /// Numbers of a block, and its bytes.
    fn block(self) -> (usize, usize) {
        match self {
            Self::Q8_0 => (32, 34),
            Self::Q4K => (CHUNK, 144),
            Self::Q5K => (CHUNK, 176),
            Self::Q6K => (CHUNK, 210),
        }
    }

    /// Bytes of a row.
    fn row(self, inputs: usize) -> usize {
        let (block, bytes) = self.block();
        (inputs / block * bytes).max(1)
    }
}

/// Whether this processor is one of those. candle's own products are slower on those with AVX2 alone, and on the
/// others keep a matrix twice: the blocks, and what they are packed into.
pub(crate) fn is_usable() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c")
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// A matrix, and what is added to products with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a> {
    pub(crate) kind: Kind,
    /// Outputs × inputs, block by block.
    pub(crate) blocks: &'a [u8],
    /// Of the outputs.
    pub(crate) bias: Option<&'a [f32]>,
}

/// `x·Wᵀ + b` of several matrices of the same inputs, `x` being samples × inputs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) inputs: usize,
    pub(crate) matrices: &'a [Matrix<'a>],
}

impl Product<'_> {
    /// Samples × outputs of each matrix, on a processor that [`is_usable`] speaks of.
    ///
    /// # Panics
    /// On another one; where inputs are no whole blocks.
    pub(crate) fn run(self) -> Vec<Vec<f32>> {
        assert!(is_usable(), "the processor has the instructions");
        let samples = self.samples();
        let outs = self.matrices.iter().map(|matrix| {
            let (block, _) = matrix.kind.block();
            assert!(self.inputs.is_multiple_of(block), "rows are whole blocks");
            vec![0.0; samples * matrix.blocks.len() / matrix.kind.row(self.inputs)]
        });
        let mut outs: Vec<_> = outs.collect();
        if samples > 0 {
            #[cfg(target_arch = "x86_64")]
            self.split(&mut outs);
            #[cfg(not(target_arch = "x86_64"))]
            unreachable!("{self:?} is for x86 alone");
        }
        outs
    }

    fn samples(&self) -> usize {
        self.x.len() / self.inputs.max(1)
    }
}
