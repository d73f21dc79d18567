//! A few samples and blocks as they lie in memory.

use std::arch::x86_64::{
    __m256, __m256i, _mm_loadu_si128, _mm_setr_epi8, _mm_shuffle_epi8, _mm256_add_epi16,
    _mm256_castps256_ps128, _mm256_cvtepi8_epi16, _mm256_cvtepi32_ps, _mm256_cvtph_ps,
    _mm256_extractf128_ps, _mm256_fmadd_ps, _mm256_fnmadd_ps, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_set1_epi16, _mm256_set1_ps, _mm256_setzero_ps,
    _mm256_setzero_si256, _mm256_shuffle_epi8,
};
use std::arch::x86_64::{
    _mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_movehdup_ps, _mm_movehl_ps, _mm_set1_epi16,
};

use super::{
    CHUNK, FEWEST,
    input::{Bytes, Words},
    split::{Few, LINE, Rows, fetch},
    sums::{add_pairs, with_instructions},
    supers::{bytes, head, numbers},
    words::{BLOCK, BYTES},
};

/// How many bytes ahead blocks are asked for: the processor itself looks no further than the end of a page.
const AHEAD: usize = 1 << 11;

type Sums = [f32; FEWEST - 1];

impl Few for Words {
    fn dots(&self, rows: Rows<'_>, sums: &mut [Sums]) {
        let samples = self.numbers.len() / self.inputs;
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: `Product::run` has seen that the processor has AVX2, FMA and F16C.
        unsafe {
            match samples {
                1 => with_instructions!(self, of_rows, (1,), (rows, sums)),
                2 => with_instructions!(self, of_rows, (2,), (rows, sums)),
                _ => with_instructions!(self, of_rows, (3,), (rows, sums)),
            }
        }
    }
}

impl Words {
    #[target_feature(enable = "avx2,fma,f16c")]
    fn of_rows<const S: usize, const WITH: u8>(&self, rows: Rows<'_>, sums: &mut [Sums]) {
        let chunks = self.inputs.div_ceil(CHUNK);
        assert!(self.numbers.len() == S * self.inputs && self.scales.len() == S * chunks);
        for (row, sums) in rows.blocks.chunks_exact(rows.row).zip(sums) {
            let mut all = [_mm256_setzero_ps(); S];
            for (chunk, blocks) in row.chunks(CHUNK / BLOCK * BYTES).enumerate() {
                let mut of_chunk = [_mm256_setzero_ps(); S];
                for (i, block) in blocks.as_chunks::<BYTES>().0.iter().enumerate() {
                    if i % 2 == 0 {
                        fetch(block.as_ptr().wrapping_add(AHEAD));
                    }
                    let d = i16::from_le_bytes([block[0], block[1]]);
                    let d = _mm256_cvtph_ps(_mm_set1_epi16(d));
                    #[allow(unsafe_code, reason = "see SAFETY")]
                    // SAFETY: 32 bytes lie behind the block's scale.
                    let [low, high] = unsafe {
                        let numbers = block.as_ptr().add(2).cast();
                        [_mm_loadu_si128(numbers), _mm_loadu_si128(numbers.add(1))]
                    };
                    let (low, high) = (_mm256_cvtepi8_epi16(low), _mm256_cvtepi8_epi16(high));
                    for (s, sum) in of_chunk.iter_mut().enumerate() {
                        let from = s * self.inputs + chunk * CHUNK + i * BLOCK;
                        let x = self.numbers[from..from + BLOCK].as_ptr().cast::<__m256i>();
                        #[allow(unsafe_code, reason = "see SAFETY")]
                        // SAFETY: 32 numbers of sixteen bits lie there.
                        let (x_low, x_high) =
                            unsafe { (_mm256_loadu_si256(x), _mm256_loadu_si256(x.add(1))) };
                        let whole = _mm256_madd_epi16(low, x_low);
                        let whole = add_pairs::<WITH>(whole, high, x_high);
                        *sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole), d, *sum);
                    }
                }
                for (s, (all, of_chunk)) in all.iter_mut().zip(of_chunk).enumerate() {
                    let scale = _mm256_set1_ps(self.scales[s * chunks + chunk]);
                    *all = _mm256_fmadd_ps(of_chunk, scale, *all);
                }
            }
            for (sum, all) in sums.iter_mut().zip(all) {
                *sum = total(all);
            }
        }
    }
}

/// Samples beside blocks of 256 numbers of so many bits.
pub(super) struct Supers<'a, const BITS: u32>(pub(super) &'a Bytes);

impl<const BITS: u32> Few for Supers<'_, BITS> {
    fn dots(&self, rows: Rows<'_>, sums: &mut [Sums]) {
        let samples = self.0.chunks.len() / (rows.row / bytes::<BITS>());
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: `Product::run` has seen that the processor has AVX2, FMA and F16C.
        unsafe {
            match samples {
                1 => with_instructions!(self, of_rows, (1,), (rows, sums)),
                2 => with_instructions!(self, of_rows, (2,), (rows, sums)),
                _ => with_instructions!(self, of_rows, (3,), (rows, sums)),
            }
        }
    }
}

impl<const BITS: u32> Supers<'_, BITS> {
    #[target_feature(enable = "avx2,fma,f16c")]
    fn of_rows<const S: usize, const WITH: u8>(&self, rows: Rows<'_>, sums: &mut [Sums]) {
        let chunks = rows.row / bytes::<BITS>();
        assert!(self.0.chunks.len() == S * chunks);
        // Even places of a block's scales, then odd ones.
        let order = _mm_setr_epi8(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
        for (row, sums) in rows.blocks.chunks_exact(rows.row).zip(sums) {
            let mut all = [_mm256_setzero_ps(); S];
            for (chunk, block) in row.chunks_exact(bytes::<BITS>()).enumerate() {
                for line in 0..block.len().div_ceil(LINE) {
                    fetch(block.as_ptr().wrapping_add(AHEAD + line * LINE));
                }
                let head = head::<BITS>(block);
                let scales = _mm256_cvtepi8_epi16(_mm_shuffle_epi8(head.scales, order));
                let mut whole = [_mm256_setzero_si256(); S];
                // A scale for each half of 32 numbers.
                let mut place = _mm256_set1_epi16(0x0100);
                for half in 0..2 {
                    let numbers = numbers::<BITS>(block, half == 1);
                    for (i, numbers) in numbers.into_iter().enumerate() {
                        let scale = _mm256_shuffle_epi8(scales, place);
                        place = _mm256_add_epi16(place, _mm256_set1_epi16(0x0202));
                        for (s, whole) in whole.iter_mut().enumerate() {
                            let x = &self.0.chunks[s * chunks + chunk].numbers;
                            let x: &[i8] = &x[half * CHUNK / 2 + i * 32..][..32];
                            #[allow(unsafe_code, reason = "see SAFETY")]
                            // SAFETY: 32 bytes lie there.
                            let x = unsafe { _mm256_loadu_si256(x.as_ptr().cast()) };
                            let pairs = _mm256_maddubs_epi16(numbers, x);
                            *whole = add_pairs::<WITH>(*whole, pairs, scale);
                        }
                    }
                }
                for (s, (all, whole)) in all.iter_mut().zip(whole).enumerate() {
                    let x = &self.0.chunks[s * chunks + chunk];
                    #[allow(unsafe_code, reason = "see SAFETY")]
                    // SAFETY: sixteen numbers of sixteen bits lie there.
                    let sums = unsafe { _mm256_loadu_si256(x.sums.as_ptr().cast()) };
                    let less = _mm256_cvtepi32_ps(_mm256_madd_epi16(head.mins, sums));
                    let (d, d_min) = (head.d * x.scale, head.d_min * x.scale);
                    *all = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole), _mm256_set1_ps(d), *all);
                    *all = _mm256_fnmadd_ps(less, _mm256_set1_ps(d_min), *all);
                }
            }
            for (sum, all) in sums.iter_mut().zip(all) {
                *sum = total(all);
            }
        }
    }
}

/// The sum of eight.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn total(x: __m256) -> f32 {
    let four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
}
