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
/// Times so many rows meet a chunk of the input while it stays in the second-level cache.
const PANELS: usize = 4;
/// Samples of a tile.
const SAMPLES: usize = 6;

/// Samples from which on unpacking the matrix costs less than it saves.
pub(crate) const FEWEST: usize = 4;

/// Whether this processor is one of those, and candle's own products are the slower ones.
pub(crate) fn is_fastest() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        let of_bytes =
            is_x86_feature_detected!("avx512vnni") || is_x86_feature_detected!("avxvnni");
        is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c")
            && !of_bytes
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
        let height = PANELS * OUTPUTS;
        (0..outputs.div_ceil(height))
            .into_par_iter()
            .for_each(|task| {
                let first = task * height;
                let height = height.min(outputs - first);
                let rows = Rows {
                    blocks: &self.blocks[first * row..][..height * row],
                    row,
                };
                let mut sums = vec![[0.0; OUTPUTS]; height.div_ceil(OUTPUTS) * samples];
                #[cfg(target_arch = "x86_64")]
                #[allow(unsafe_code, reason = "see SAFETY")]
                // SAFETY: the processor has AVX2, FMA and F16C, as asserted above.
                unsafe {
                    x86::sums(rows, &input, &mut sums);
                }
                #[cfg(not(target_arch = "x86_64"))]
                unreachable!("{rows:?} of {:?} are for x86 alone", input.inputs);
                for (panel, sums) in sums.chunks_exact(samples).enumerate() {
                    let from = first + panel * OUTPUTS;
                    let height = OUTPUTS.min(outputs - from);
                    for (sample, sums) in sums.iter().enumerate() {
                        #[allow(unsafe_code, reason = "see SAFETY")]
                        // SAFETY: these outputs are this task's, and only it writes there.
                        let out = unsafe { shared.part(sample * outputs + from, height) };
                        out.copy_from_slice(&sums[..height]);
                        if let Some(bias) = self.bias {
                            for (out, bias) in out.iter_mut().zip(&bias[from..]) {
                                *out += bias;
                            }
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

/// Samples as whole numbers of at most [`LARGEST_INPUT`].
struct Input {
    /// Chunk by chunk, tile by tile and pair by pair of inputs, those of a tile's samples side by side, which
    /// was measured to be a little faster than samples that lie a power of two apart.
    pairs: Vec<i32>,
    /// Chunks × samples.
    scales: Vec<f32>,
    inputs: usize,
    samples: usize,
}

impl Input {
    fn of(x: &[f32], inputs: usize) -> Self {
        let samples = x.len() / inputs;
        let mut pairs = vec![0; x.len() / 2];
        let mut scales = vec![0.0; samples * inputs.div_ceil(CHUNK)];
        pairs
            .par_chunks_mut(samples * CHUNK / 2)
            .zip(scales.par_chunks_exact_mut(samples))
            .enumerate()
            .for_each(|(chunk, (pairs, scales))| {
                let width = 2 * pairs.len() / samples;
                let tiles = pairs
                    .chunks_mut(SAMPLES * width / 2)
                    .zip(scales.chunks_mut(SAMPLES))
                    .zip(x.chunks(SAMPLES * inputs));
                for ((pairs, scales), x) in tiles {
                    let tall = scales.len();
                    for (r, (scale, x)) in scales.iter_mut().zip(x.chunks(inputs)).enumerate() {
                        let mut line = [0; CHUNK];
                        let x = &x[chunk * CHUNK..][..width];
                        #[cfg(target_arch = "x86_64")]
                        #[allow(unsafe_code, reason = "see SAFETY")]
                        // SAFETY: the processor has AVX2, FMA and F16C, as `run` asserts.
                        unsafe {
                            *scale = x86::round(x, &mut line);
                        }
                        #[cfg(not(target_arch = "x86_64"))]
                        unreachable!("{line:?} of {x:?} by {scale} are for x86 alone");
                        let line: &[[i16; 2]] = line.as_chunks().0;
                        let places = pairs[r..].iter_mut().step_by(tall);
                        for (place, pair) in places.zip(line) {
                            *place = bytemuck::cast(*pair);
                        }
                    }
                }
            });
        Self {
            pairs,
            scales,
            inputs,
            samples,
        }
    }

    /// A chunk's pairs and how many a sample has; the samples' scales.
    fn chunk(&self, chunk: usize) -> (&[i32], usize, &[f32]) {
        let from = chunk * CHUNK;
        let count = CHUNK.min(self.inputs - from) / 2;
        let pairs = &self.pairs[from / 2 * self.samples..][..count * self.samples];
        let scales = &self.scales[chunk * self.samples..][..self.samples];
        (pairs, count, scales)
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m128i, __m256, __m256i, _MM_HINT_T0, _mm_loadl_epi64, _mm_loadu_si128, _mm_prefetch,
        _mm256_add_epi32, _mm256_and_si256, _mm256_cvtepi8_epi32, _mm256_cvtepi32_ps,
        _mm256_cvtph_ps, _mm256_cvtps_epi32, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256,
        _mm256_madd_epi16, _mm256_max_epu32, _mm256_mul_ps, _mm256_packs_epi32,
        _mm256_permute4x64_epi64, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_si256,
        _mm256_storeu_ps, _mm256_storeu_si256,
    };

    use super::{
        super::transpose::{SIDE, square},
        BLOCK, BYTES, CHUNK, Input, LARGEST_INPUT, OUTPUTS, Rows, SAMPLES, STEP,
    };

    /// Numbers in a vector of floats.
    const LANES: usize = 8;
    /// Bytes in a line of the caches.
    const LINE: usize = 64;
    /// Pairs of a chunk.
    const PAIRS: usize = CHUNK / 2;

    /// A chunk's whole numbers of at most [`LARGEST_INPUT`], and what they are to be multiplied with.
    #[target_feature(enable = "avx2,fma,f16c")]
    pub(super) fn round(x: &[f32], numbers: &mut [i16]) -> f32 {
        let largest = largest(x);
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

    // No closures in here that others call: they would not be inlined into what has other instructions.

    /// The largest absolute value; infinity and NaN are above all.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn largest(x: &[f32]) -> f32 {
        // Bits of positive floats are in their order.
        let (sign, mut most) = (_mm256_set1_epi32(i32::MAX), _mm256_setzero_si256());
        for x in x.as_chunks::<LANES>().0 {
            #[allow(unsafe_code, reason = "see SAFETY")]
            // SAFETY: eight floats lie at `x`.
            let x = unsafe { _mm256_loadu_si256(x.as_ptr().cast()) };
            most = _mm256_max_epu32(most, _mm256_and_si256(x, sign));
        }
        let mut lanes = [0_u32; LANES];
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: eight numbers of 32 bits are 32 bytes.
        unsafe {
            _mm256_storeu_si256(lanes.as_mut_ptr().cast(), most);
        }
        f32::from_bits(lanes.into_iter().max().unwrap_or_default())
    }

    /// Eight integers.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn floats(numbers: &[u8; LANES]) -> __m256 {
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: eight bytes lie there.
        let numbers = unsafe { _mm_loadl_epi64(numbers.as_ptr().cast::<__m128i>()) };
        _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(numbers))
    }

    /// Sixteen floats, rounded.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
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

    /// Of each sample with each row, added to `sums`, which are panels of rows × samples.
    #[target_feature(enable = "avx2,fma,f16c")]
    pub(super) fn sums(rows: Rows<'_>, input: &Input, sums: &mut [[f32; OUTPUTS]]) {
        let mut unpacked = Unpacked {
            numbers: [0.0; OUTPUTS * PAIRS],
            scales: [0.0; OUTPUTS],
        };
        for chunk in 0..input.inputs.div_ceil(CHUNK) {
            let (pairs, count, scales) = input.chunk(chunk);
            let panels = rows.blocks.chunks(OUTPUTS * rows.row);
            for (blocks, sums) in panels.zip(sums.chunks_exact_mut(input.samples)) {
                let rows = Rows { blocks, ..rows };
                unpacked.unpack(rows, (chunk * CHUNK, 2 * count));
                rows.fetch((chunk + 1) * CHUNK);
                let parts = pairs
                    .chunks(SAMPLES * count)
                    .zip(scales.chunks(SAMPLES))
                    .zip(sums.chunks_mut(SAMPLES));
                for ((pairs, scales), sums) in parts {
                    let part = Part { pairs, scales };
                    match sums.len() {
                        1 => part.tile::<1>(&unpacked, sums),
                        2 => part.tile::<2>(&unpacked, sums),
                        3 => part.tile::<3>(&unpacked, sums),
                        4 => part.tile::<4>(&unpacked, sums),
                        5 => part.tile::<5>(&unpacked, sums),
                        _ => part.tile::<SAMPLES>(&unpacked, sums),
                    }
                }
            }
        }
    }

    impl Rows<'_> {
        /// Asks for what will be unpacked next: pieces that are too short for the processor to look ahead.
        #[inline]
        #[target_feature(enable = "avx2,fma,f16c")]
        fn fetch(self, from: usize) {
            for blocks in self.blocks.chunks_exact(self.row) {
                let next = blocks.get(from / BLOCK * BYTES..).unwrap_or_default();
                let next = &next[..next.len().min(CHUNK / BLOCK * BYTES)];
                for line in next.chunks(LINE) {
                    _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast());
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
        #[target_feature(enable = "avx2,fma,f16c")]
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
    #[target_feature(enable = "avx2,fma,f16c")]
    fn one_scale(blocks: &[u8], line: &mut [i16]) -> f32 {
        let mut scales = [0_u16; CHUNK / BLOCK];
        let blocks = blocks.as_chunks::<BYTES>().0;
        for (scale, block) in scales.iter_mut().zip(blocks) {
            *scale = u16::from_le_bytes([block[0], block[1]]);
        }
        let mut factors = [0.0_f32; CHUNK / BLOCK];
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: there are eight of both.
        unsafe {
            let scales = _mm256_cvtph_ps(_mm_loadu_si128(scales.as_ptr().cast()));
            _mm256_storeu_ps(factors.as_mut_ptr(), scales);
        }
        let largest = largest(&factors);
        if !largest.is_finite() {
            return f32::NAN;
        }
        let factor = if largest > 0.0 { STEP / largest } else { 0.0 };
        for ((block, line), scale) in blocks
            .iter()
            .zip(line.as_chunks_mut::<BLOCK>().0)
            .zip(factors)
        {
            let factor = _mm256_set1_ps(scale * factor);
            let numbers = block[2..].as_chunks::<LANES>().0;
            for (numbers, line) in numbers
                .as_chunks::<2>()
                .0
                .iter()
                .zip(line.as_chunks_mut().0)
            {
                let [low, high] = [floats(&numbers[0]), floats(&numbers[1])];
                *line = together(_mm256_mul_ps(low, factor), _mm256_mul_ps(high, factor));
            }
        }
        largest / STEP
    }

    /// A chunk of some samples.
    struct Part<'a> {
        pairs: &'a [i32],
        scales: &'a [f32],
    }

    impl Part<'_> {
        /// With all rows, `R` samples.
        #[inline]
        #[target_feature(enable = "avx2,fma,f16c")]
        fn tile<const R: usize>(&self, unpacked: &Unpacked, sums: &mut [[f32; OUTPUTS]]) {
            let pairs = self.pairs.as_chunks::<R>().0;
            assert!(pairs.len() <= PAIRS && sums.len() == R && self.scales.len() == R);
            let mut whole = [[_mm256_setzero_si256(); 2]; R];
            let mut rows = unpacked.numbers.as_ptr().cast::<__m256i>();
            for pair in pairs {
                #[allow(
                    unsafe_code,
                    reason = "bounds checks in the innermost loop would halve its speed"
                )]
                // SAFETY: as asserted, `unpacked` has as many pairs.
                let w = unsafe {
                    let both = [_mm256_loadu_si256(rows), _mm256_loadu_si256(rows.add(1))];
                    rows = rows.add(2);
                    both
                };
                // Zipped with the pair's numbers this would be no straight code.
                for (r, whole) in whole.iter_mut().enumerate() {
                    let pair = _mm256_set1_epi32(pair[r]);
                    for (whole, w) in whole.iter_mut().zip(w) {
                        *whole = _mm256_add_epi32(*whole, _mm256_madd_epi16(w, pair));
                    }
                }
            }
            for ((sums, whole), scale) in sums.iter_mut().zip(whole).zip(self.scales) {
                let scale = _mm256_set1_ps(*scale);
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
