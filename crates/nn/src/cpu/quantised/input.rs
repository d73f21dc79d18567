//! Samples as whole numbers.

use std::arch::x86_64::{
    __m256, _mm256_and_si256, _mm256_cvtps_epi32, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_max_epu32, _mm256_mul_ps, _mm256_packs_epi16, _mm256_packs_epi32,
    _mm256_permute4x64_epi64, _mm256_permutevar8x32_epi32, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setr_epi32, _mm256_setzero_si256, _mm256_storeu_si256,
};

use super::CHUNK;

/// Numbers in a vector of floats.
pub(super) const LANES: usize = 8;
/// Numbers whose sum is kept beside them as bytes.
pub(super) const SUMMED: usize = 16;

/// Samples as numbers of sixteen bits, of which a product with four of eight bits fits into 32.
pub(super) struct Words {
    /// Samples × inputs.
    pub(super) numbers: Vec<i16>,
    /// Samples × chunks.
    pub(super) scales: Vec<f32>,
    pub(super) inputs: usize,
}

impl Words {
    pub(super) fn of(x: &[f32], inputs: usize) -> Self {
        let mut numbers = vec![0; x.len()];
        let scales = x.chunks_exact(inputs).zip(numbers.chunks_exact_mut(inputs));
        let scales = scales.flat_map(|(x, numbers)| {
            let chunks = x.chunks(CHUNK).zip(numbers.chunks_mut(CHUNK));
            chunks.map(|(x, numbers)| {
                #[allow(unsafe_code, reason = "see SAFETY")]
                // SAFETY: `Product::run` has seen that the processor has AVX2, FMA and F16C.
                unsafe {
                    words::<{ i16::MAX as i32 }>(x, numbers)
                }
            })
        });
        Self {
            scales: scales.collect(),
            numbers,
            inputs,
        }
    }
}

/// Samples as bytes, a chunk with one scale each.
pub(super) struct Bytes {
    /// Samples × chunks.
    pub(super) chunks: Vec<ByteChunk>,
}

/// A chunk of a sample.
#[derive(Clone)]
pub(super) struct ByteChunk {
    pub(super) numbers: [i8; CHUNK],
    /// Of [`SUMMED`] numbers each.
    pub(super) sums: [i16; CHUNK / SUMMED],
    pub(super) scale: f32,
}

impl Bytes {
    /// Of whole chunks.
    pub(super) fn of(x: &[f32]) -> Self {
        let chunks = x.as_chunks().0.iter().map(ByteChunk::of);
        Self {
            chunks: chunks.collect(),
        }
    }
}

impl ByteChunk {
    pub(super) fn of(x: &[f32; CHUNK]) -> Self {
        let mut numbers = [0; CHUNK];
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: `Product::run` has seen that the processor has AVX2, FMA and F16C.
        let scale = unsafe { bytes(x, &mut numbers) };
        let mut sums = [0; CHUNK / SUMMED];
        for (sum, numbers) in sums.iter_mut().zip(numbers.as_chunks::<SUMMED>().0) {
            *sum = numbers.iter().map(|number| i16::from(*number)).sum();
        }
        Self {
            numbers,
            sums,
            scale,
        }
    }
}

/// What numbers are to be multiplied with to be at most `largest`, and what to be themselves again.
fn scales(x: f32, largest: f32) -> (f32, f32) {
    if !x.is_finite() {
        // Products with a scale that is no number are none.
        return (0.0, f32::NAN);
    }
    let factor = largest / x;
    if factor.is_finite() {
        (factor, x / largest)
    } else {
        // What is this small is nothing.
        (0.0, 0.0)
    }
}

/// A chunk's whole numbers of at most `LARGEST`, of whole sixteens, and what they are to be multiplied with.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn words<const LARGEST: i32>(x: &[f32], numbers: &mut [i16]) -> f32 {
    let (factor, scale) = scales(largest(x), LARGEST as f32);
    if factor == 0.0 {
        return scale;
    }
    let factor = _mm256_set1_ps(factor);
    for (x, numbers) in x.as_chunks().0.iter().zip(numbers.as_chunks_mut().0) {
        let [low, high] = floats(x);
        *numbers = together(_mm256_mul_ps(low, factor), _mm256_mul_ps(high, factor));
    }
    scale
}

/// The same as bytes, of whole 32.
#[target_feature(enable = "avx2,fma,f16c")]
fn bytes(x: &[f32; CHUNK], numbers: &mut [i8; CHUNK]) -> f32 {
    let (factor, scale) = scales(largest(x), f32::from(i8::MAX));
    if factor == 0.0 {
        return scale;
    }
    let factor = _mm256_set1_ps(factor);
    // Packing goes half by half.
    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    let pairs = x.as_chunks().0.as_chunks::<2>().0;
    for (x, numbers) in pairs.iter().zip(numbers.as_chunks_mut::<{ 4 * LANES }>().0) {
        let mut halves = [_mm256_setzero_si256(); 2];
        for (half, x) in halves.iter_mut().zip(x) {
            let [low, high] = floats(x);
            *half = _mm256_packs_epi32(
                _mm256_cvtps_epi32(_mm256_mul_ps(low, factor)),
                _mm256_cvtps_epi32(_mm256_mul_ps(high, factor)),
            );
        }
        let packed = _mm256_packs_epi16(halves[0], halves[1]);
        let packed = _mm256_permutevar8x32_epi32(packed, order);
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: there is room for 32 bytes.
        unsafe {
            _mm256_storeu_si256(numbers.as_mut_ptr().cast(), packed);
        }
    }
    scale
}

// No closures in here that others call: they would not be inlined into what has other instructions.

/// Sixteen of them.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn floats(x: &[f32; 2 * LANES]) -> [__m256; 2] {
    #[allow(unsafe_code, reason = "see SAFETY")]
    // SAFETY: sixteen floats lie at `x`.
    unsafe {
        let x = x.as_ptr();
        [_mm256_loadu_ps(x), _mm256_loadu_ps(x.add(LANES))]
    }
}

/// The largest absolute value; infinity and NaN are above all.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn largest(x: &[f32]) -> f32 {
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

/// Sixteen floats, rounded.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn together(low: __m256, high: __m256) -> [i16; 2 * LANES] {
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
