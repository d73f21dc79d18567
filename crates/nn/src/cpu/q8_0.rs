//! Products with matrices in `Q8_0` blocks (32 integers of 8 bits and their scale) for processors with AVX2 and
//! without instructions for products of bytes. There sixteen bits a factor are the fastest: two products
//! in one instruction, twice what floats have.
//!
//! Over [`CHUNK`] inputs at a time a row of the matrix has one scale and twelve bits beside the sign, of
//! which its blocks use what theirs leaves them, and the input one scale and eleven bits. That is finer
//! than the blocks themselves, and the sum of a chunk just fits into 32 bits.

use rayon::prelude::*;

use super::{elements::Shared, transpose::SIDE};

/// Integers of a block.
const BLOCK: usize = 32;
/// Bytes of a block: its scale in f16, and the integers.
const BYTES: usize = 2 + BLOCK;
/// Inputs whose sums are whole numbers.
const CHUNK: usize = 256;
/// The largest factor of a matrix, and what it is of a block's integers.
const LARGEST: i32 = 4095;
const STEP: f32 = LARGEST as f32 / 128.0;
/// The largest factor of an input.
const LARGEST_INPUT: i32 = 2047;
const _: () = assert!(CHUNK as i64 * (LARGEST * LARGEST_INPUT) as i64 <= i32::MAX as i64);

/// Rows of the matrix that are unpacked together.
const OUTPUTS: usize = 2 * SIDE;
/// Samples of a tile.
const SAMPLES: usize = 4;

/// Samples from which on unpacking the matrix costs less than it saves.
pub(crate) const FEWEST: usize = 4;

/// Whether this processor is one of those, and candle's own products are the slower ones.
pub(crate) fn is_fastest() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        let of_bytes =
            is_x86_feature_detected!("avx512vnni") || is_x86_feature_detected!("avxvnni");
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && !of_bytes
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// `x·Wᵀ + b`, `x` being samples × inputs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product<'a> {
    pub(crate) x: &'a [f32],
    /// Outputs × inputs, block by block.
    pub(crate) blocks: &'a [u8],
    pub(crate) inputs: usize,
    /// Of the outputs.
    pub(crate) bias: Option<&'a [f32]>,
}

impl Product<'_> {
    /// Samples × outputs, on a processor that [`is_fastest`] speaks of.
    ///
    /// # Panics
    /// On another one; where inputs are no whole blocks.
    pub(crate) fn run(self) -> Vec<f32> {
        assert!(is_fastest(), "the processor has the instructions");
        assert!(self.inputs.is_multiple_of(BLOCK), "rows are whole blocks");
        let row = (self.inputs / BLOCK * BYTES).max(1);
        let (samples, outputs) = (self.x.len() / self.inputs.max(1), self.blocks.len() / row);
        let mut out = vec![0.0; samples * outputs];
        if out.is_empty() {
            return out;
        }
        let input = Input::of(self.x, self.inputs);
        let shared = Shared::new(&mut out);
        (0..outputs.div_ceil(OUTPUTS))
            .into_par_iter()
            .for_each(|tile| {
                let first = tile * OUTPUTS;
                let height = OUTPUTS.min(outputs - first);
                let rows = Rows {
                    blocks: &self.blocks[first * row..][..height * row],
                    row,
                };
                let mut sums = vec![[0.0; OUTPUTS]; samples];
                #[cfg(target_arch = "x86_64")]
                #[allow(unsafe_code, reason = "see SAFETY")]
                // SAFETY: the processor has AVX2 and FMA, as asserted above.
                unsafe {
                    x86::sums(rows, &input, &mut sums);
                }
                #[cfg(not(target_arch = "x86_64"))]
                unreachable!("{rows:?} of {:?} are for x86 alone", input.inputs);
                for (sample, sums) in sums.iter().enumerate() {
                    #[allow(unsafe_code, reason = "see SAFETY")]
                    // SAFETY: these outputs are this task's, and only it writes there.
                    let out = unsafe { shared.part(sample * outputs + first, height) };
                    out.copy_from_slice(&sums[..height]);
                    if let Some(bias) = self.bias {
                        for (out, bias) in out.iter_mut().zip(&bias[first..]) {
                            *out += bias;
                        }
                    }
                }
            });
        out
    }
}

/// Some rows of the matrix.
#[derive(Clone, Copy, Debug)]
struct Rows<'a> {
    blocks: &'a [u8],
    /// Bytes of one.
    row: usize,
}

/// Samples as whole numbers.
struct Input {
    /// Samples × inputs, of at most [`LARGEST_INPUT`].
    numbers: Vec<i16>,
    /// Samples × chunks.
    scales: Vec<f32>,
    inputs: usize,
}

impl Input {
    fn of(x: &[f32], inputs: usize) -> Self {
        let chunks = inputs.div_ceil(CHUNK);
        let mut numbers = vec![0; x.len()];
        let mut scales = vec![0.0; x.len() / inputs * chunks];
        numbers
            .par_chunks_mut(inputs)
            .zip(scales.par_chunks_mut(chunks))
            .zip(x.par_chunks(inputs))
            .for_each(|((numbers, scales), x)| {
                let parts = numbers.chunks_mut(CHUNK).zip(x.chunks(CHUNK));
                for ((numbers, x), scale) in parts.zip(scales) {
                    #[cfg(target_arch = "x86_64")]
                    #[allow(unsafe_code, reason = "see SAFETY")]
                    // SAFETY: the processor has AVX2 and FMA, as `run` asserts.
                    unsafe {
                        *scale = x86::round(x, numbers);
                    }
                    #[cfg(not(target_arch = "x86_64"))]
                    unreachable!("{numbers:?} of {x:?} by {scale} are for x86 alone");
                }
            });
        Self {
            numbers,
            scales,
            inputs,
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m128i, __m256, __m256i, _mm_loadl_epi64, _mm256_add_epi32, _mm256_cvtepi8_epi32,
        _mm256_cvtepi32_ps, _mm256_cvtps_epi32, _mm256_fmadd_ps, _mm256_loadu_ps,
        _mm256_loadu_si256, _mm256_madd_epi16, _mm256_mul_ps, _mm256_packs_epi32,
        _mm256_permute4x64_epi64, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_si256,
        _mm256_storeu_ps, _mm256_storeu_si256,
    };

    use half::f16;

    use super::{
        super::transpose::{SIDE, square},
        BLOCK, BYTES, CHUNK, Input, LARGEST_INPUT, OUTPUTS, Rows, SAMPLES, STEP,
    };

    /// Numbers in a vector of floats.
    const LANES: usize = 8;
    /// Pairs of a chunk.
    const PAIRS: usize = CHUNK / 2;

    /// A chunk's whole numbers of at most [`LARGEST_INPUT`], and what they are to be multiplied with.
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn round(x: &[f32], numbers: &mut [i16]) -> f32 {
        // Bits of positive floats are in their order, and those of infinity and NaN above all.
        let largest = x.iter().map(|x| x.to_bits() & 0x7FFF_FFFF).max();
        let largest = f32::from_bits(largest.unwrap_or_default());
        if !largest.is_finite() {
            return f32::NAN;
        }
        let factor = LARGEST_INPUT as f32 / largest;
        if !factor.is_finite() {
            // What is this small is nothing.
            return 0.0;
        }
        let factor = _mm256_set1_ps(factor);
        for (x, numbers) in x
            .as_chunks::<{ 2 * LANES }>()
            .0
            .iter()
            .zip(numbers.as_chunks_mut().0)
        {
            #[allow(unsafe_code, reason = "see SAFETY")]
            // SAFETY: sixteen floats lie at `x`.
            let [low, high] = unsafe {
                let x = x.as_ptr();
                [_mm256_loadu_ps(x), _mm256_loadu_ps(x.add(LANES))]
            };
            *numbers = together(_mm256_mul_ps(low, factor), _mm256_mul_ps(high, factor));
        }
        largest / LARGEST_INPUT as f32
    }

    /// Sixteen floats, rounded.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn together(low: __m256, high: __m256) -> [i16; 2 * LANES] {
        let packed = _mm256_packs_epi32(_mm256_cvtps_epi32(low), _mm256_cvtps_epi32(high));
        // They were packed half by half.
        let packed = _mm256_permute4x64_epi64::<0b11_01_10_00>(packed);
        let mut numbers = [0; 2 * LANES];
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: sixteen numbers of sixteen bits are 32 bytes.
        unsafe {
            _mm256_storeu_si256(numbers.as_mut_ptr().cast(), packed);
        }
        numbers
    }

    /// Of each sample with each row, added to `sums`.
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn sums(rows: Rows<'_>, input: &Input, sums: &mut [[f32; OUTPUTS]]) {
        let chunks = input.inputs.div_ceil(CHUNK);
        let mut unpacked = Unpacked {
            numbers: [0.0; OUTPUTS * PAIRS],
            scales: [0.0; OUTPUTS],
        };
        for chunk in 0..chunks {
            let width = CHUNK.min(input.inputs - chunk * CHUNK);
            unpacked.unpack(rows, (chunk * CHUNK, width));
            for (first, sums) in (0..).step_by(SAMPLES).zip(sums.chunks_mut(SAMPLES)) {
                let part = Part {
                    numbers: &input.numbers[first * input.inputs + chunk * CHUNK..],
                    row: input.inputs,
                    scales: &input.scales[first * chunks + chunk..],
                    chunks,
                    pairs: width / 2,
                };
                match sums.len() {
                    1 => part.tile::<1>(&unpacked, sums),
                    2 => part.tile::<2>(&unpacked, sums),
                    3 => part.tile::<3>(&unpacked, sums),
                    _ => part.tile::<SAMPLES>(&unpacked, sums),
                }
            }
        }
    }

    /// A chunk of some rows, pair by pair of inputs: those of all rows side by side.
    struct Unpacked {
        /// Two numbers of sixteen bits each, which only the name calls a float: they are moved as floats are.
        numbers: [f32; OUTPUTS * PAIRS],
        scales: [f32; OUTPUTS],
    }

    impl Unpacked {
        #[target_feature(enable = "avx2,fma")]
        fn unpack(&mut self, rows: Rows<'_>, (from, width): (usize, usize)) {
            let mut lines = [0.0_f32; OUTPUTS * PAIRS];
            let blocks = rows.blocks.chunks_exact(rows.row);
            for ((blocks, line), scale) in blocks
                .zip(lines.chunks_exact_mut(PAIRS))
                .zip(&mut self.scales)
            {
                let blocks = &blocks[from / BLOCK * BYTES..][..width / BLOCK * BYTES];
                let line: &mut [i16] = bytemuck::cast_slice_mut(line);
                *scale = one_scale(blocks, line);
            }
            for output in (0..OUTPUTS).step_by(SIDE) {
                for pair in (0..width / 2).step_by(SIDE) {
                    square(
                        (&lines[output * PAIRS + pair..], PAIRS),
                        (&mut self.numbers[pair * OUTPUTS + output..], OUTPUTS),
                    );
                }
            }
        }
    }

    /// A row's blocks by one scale, which is returned.
    #[target_feature(enable = "avx2,fma")]
    fn one_scale(blocks: &[u8], line: &mut [i16]) -> f32 {
        let mut scales = [0.0_f32; CHUNK / BLOCK];
        let blocks = blocks.as_chunks::<BYTES>().0;
        for (scale, block) in scales.iter_mut().zip(blocks) {
            *scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
        }
        if !scales.iter().all(|scale| scale.is_finite()) {
            return f32::NAN;
        }
        let largest = scales.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
        let factor = if largest > 0.0 { STEP / largest } else { 0.0 };
        for ((block, line), scale) in blocks
            .iter()
            .zip(line.as_chunks_mut::<BLOCK>().0)
            .zip(scales)
        {
            let factor = _mm256_set1_ps(scale * factor);
            let numbers = block[2..].as_chunks::<LANES>().0;
            for (numbers, line) in numbers
                .as_chunks::<2>()
                .0
                .iter()
                .zip(line.as_chunks_mut().0)
            {
                let [low, high] = numbers.each_ref().map(|numbers| {
                    #[allow(unsafe_code, reason = "see SAFETY")]
                    // SAFETY: eight bytes lie there.
                    let numbers = unsafe { _mm_loadl_epi64(numbers.as_ptr().cast::<__m128i>()) };
                    _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(numbers))
                });
                *line = together(_mm256_mul_ps(low, factor), _mm256_mul_ps(high, factor));
            }
        }
        largest / STEP
    }

    /// A chunk of some samples.
    struct Part<'a> {
        numbers: &'a [i16],
        /// Numbers from a sample to the next.
        row: usize,
        scales: &'a [f32],
        /// Scales from a sample to the next.
        chunks: usize,
        pairs: usize,
    }

    impl Part<'_> {
        /// With all rows, `R` samples.
        #[inline]
        #[target_feature(enable = "avx2,fma")]
        fn tile<const R: usize>(&self, unpacked: &Unpacked, sums: &mut [[f32; OUTPUTS]]) {
            assert!((R - 1) * self.row + 2 * self.pairs <= self.numbers.len());
            assert!(self.pairs <= PAIRS && sums.len() == R);
            let mut whole = [[_mm256_setzero_si256(); 2]; R];
            #[allow(
                unsafe_code,
                reason = "bounds checks in the innermost loop would halve its speed"
            )]
            // SAFETY: as asserted, R rows of so many pairs lie in `numbers`; `unpacked` has as many.
            unsafe {
                let mut rows = unpacked.numbers.as_ptr().cast::<__m256i>();
                let mut x = self.numbers.as_ptr().cast::<i32>();
                for _ in 0..self.pairs {
                    let w = [_mm256_loadu_si256(rows), _mm256_loadu_si256(rows.add(1))];
                    for (r, whole) in whole.iter_mut().enumerate() {
                        let pair = x.byte_add(2 * r * self.row).read_unaligned();
                        let pair = _mm256_set1_epi32(pair);
                        for (whole, w) in whole.iter_mut().zip(w) {
                            *whole = _mm256_add_epi32(*whole, _mm256_madd_epi16(w, pair));
                        }
                    }
                    rows = rows.add(2);
                    x = x.add(1);
                }
            }
            for (r, (sums, whole)) in sums.iter_mut().zip(whole).enumerate() {
                let scale = _mm256_set1_ps(self.scales[r * self.chunks]);
                for ((sums, whole), scales) in sums
                    .as_chunks_mut::<LANES>()
                    .0
                    .iter_mut()
                    .zip(whole)
                    .zip(unpacked.scales.as_chunks::<LANES>().0)
                {
                    #[allow(unsafe_code, reason = "see SAFETY")]
                    // SAFETY: eight floats lie in each.
                    unsafe {
                        let both = _mm256_mul_ps(_mm256_loadu_ps(scales.as_ptr()), scale);
                        let sum = _mm256_loadu_ps(sums.as_ptr());
                        let sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole), both, sum);
                        _mm256_storeu_ps(sums.as_mut_ptr(), sum);
                    }
                }
            }
        }
    }
}
