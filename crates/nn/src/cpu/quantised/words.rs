//! Products with `Q8_0` blocks (32 integers of 8 bits and their scale) and several samples. Sixteen bits a factor are the
//! fastest: two products in one instruction, twice what floats have.
//!
//! Over [`CHUNK`] inputs at a time a row of the matrix has one scale and twelve bits beside the sign, of
//! which its blocks use what theirs leaves them, and the input one scale and eleven bits. That is finer
//! than the blocks themselves, and the sum of a chunk just fits into 32 bits.

use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_cvtepi8_epi16, _mm256_cvtepi32_ps, _mm256_cvtph_ps,
    _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_mul_ps, _mm256_mulhrs_epi16,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_si256, _mm256_slli_epi16,
    _mm256_storeu_ps, _mm256_storeu_si256,
};

use rayon::prelude::*;

use super::{
    super::transpose::{SIDE, square},
    CHUNK,
    input::{LANES, largest, words},
    split::{Input, OUTPUTS, Rows, SAMPLES},
    sums::{add_pairs, with_instructions},
};

/// Integers of a block.
pub(super) const BLOCK: usize = 32;
/// Bytes of a block: its scale in f16, and the integers.
pub(super) const BYTES: usize = 2 + BLOCK;
/// The largest factor of a matrix, and what it is of a block's integers.
const LARGEST: i32 = 4095;
const STEP: f32 = SHARE / (1 << (15 - RAISED)) as f32;
/// Bits by which a block's integers are raised before they are multiplied with a share of the largest scale, of which
/// product the upper half is kept, rounded.
const RAISED: i32 = 5;
/// That share of a block with the largest scale.
const SHARE: f32 = (8 * LARGEST) as f32;
const _: () = assert!(128 * 8 * LARGEST as i64 <= (LARGEST as i64) << (15 - RAISED));
/// The largest factor of an input.
const LARGEST_INPUT: i32 = 2047;
const _: () = assert!(CHUNK as i64 * (LARGEST * LARGEST_INPUT) as i64 <= i32::MAX as i64);
/// Pairs of a chunk.
const PAIRS: usize = CHUNK / 2;

/// Samples as whole numbers of at most [`LARGEST_INPUT`].
pub(super) struct Pairs {
    /// Chunk by chunk, tile by tile and pair by pair of inputs, those of a tile's samples side by side, which
    /// was measured to be a little faster than samples that lie a power of two apart.
    pairs: Vec<i32>,
    /// Chunks × samples.
    scales: Vec<f32>,
    inputs: usize,
    samples: usize,
}

impl Pairs {
    pub(super) fn of(x: &[f32], inputs: usize) -> Self {
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
                        #[allow(unsafe_code, reason = "see SAFETY")]
                        // SAFETY: `Product::run` has seen that the processor has AVX2, FMA and F16C.
                        unsafe {
                            *scale = words::<LARGEST_INPUT>(x, &mut line);
                        }
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

impl Input for Pairs {
    fn add(&self, rows: Rows<'_>, sums: &mut [[f32; OUTPUTS]]) {
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: `Product::run` has seen that the processor has AVX2, FMA and F16C.
        unsafe {
            with_instructions!(self, add_to, (), (rows, sums));
        }
    }
}

impl Pairs {
    /// Of each sample with each row, added to `sums`, which are panels of rows × samples.
    #[target_feature(enable = "avx2,fma,f16c")]
    fn add_to<const WITH: u8>(&self, rows: Rows<'_>, sums: &mut [[f32; OUTPUTS]]) {
        let mut unpacked = Unpacked {
            numbers: [0.0; OUTPUTS * PAIRS],
            scales: [0.0; OUTPUTS],
        };
        for chunk in 0..self.inputs.div_ceil(CHUNK) {
            let (pairs, count, scales) = self.chunk(chunk);
            let panels = rows.blocks.chunks(OUTPUTS * rows.row);
            for (blocks, sums) in panels.zip(sums.chunks_exact_mut(self.samples)) {
                let rows = Rows { blocks, ..rows };
                unpacked.unpack(rows, (chunk * CHUNK, 2 * count));
                rows.fetch(chunk + 1, CHUNK / BLOCK * BYTES);
                let parts = pairs
                    .chunks(SAMPLES * count)
                    .zip(scales.chunks(SAMPLES))
                    .zip(sums.chunks_mut(SAMPLES));
                for ((pairs, scales), sums) in parts {
                    let part = Part { pairs, scales };
                    match sums.len() {
                        1 => part.tile::<1, WITH>(&unpacked, sums),
                        2 => part.tile::<2, WITH>(&unpacked, sums),
                        3 => part.tile::<3, WITH>(&unpacked, sums),
                        4 => part.tile::<4, WITH>(&unpacked, sums),
                        5 => part.tile::<5, WITH>(&unpacked, sums),
                        _ => part.tile::<SAMPLES, WITH>(&unpacked, sums),
                    }
                }
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
    let share = if largest > 0.0 { SHARE / largest } else { 0.0 };
    for ((block, line), scale) in blocks
        .iter()
        .zip(line.as_chunks_mut::<BLOCK>().0)
        .zip(factors)
    {
        #[expect(clippy::cast_possible_truncation, reason = "at most SHARE")]
        let factor = _mm256_set1_epi16((scale * share).round_ties_even() as i16);
        let numbers = block[2..].as_chunks::<{ 2 * LANES }>().0;
        let line = line.as_chunks_mut::<{ 2 * LANES }>().0;
        for (numbers, line) in numbers.iter().zip(line) {
            #[allow(unsafe_code, reason = "see SAFETY")]
            // SAFETY: sixteen bytes lie there, and there is room for sixteen numbers of sixteen bits.
            unsafe {
                let numbers = _mm256_cvtepi8_epi16(_mm_loadu_si128(numbers.as_ptr().cast()));
                let scaled = _mm256_mulhrs_epi16(_mm256_slli_epi16::<RAISED>(numbers), factor);
                _mm256_storeu_si256(line.as_mut_ptr().cast(), scaled);
            }
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
    fn tile<const R: usize, const WITH: u8>(
        &self,
        unpacked: &Unpacked,
        sums: &mut [[f32; OUTPUTS]],
    ) {
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
                    *whole = add_pairs::<WITH>(*whole, w, pair);
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
