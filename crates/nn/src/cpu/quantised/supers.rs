//! Blocks of 256 numbers with scales of their own for sixteen or 32 of them (llama.cpp's `block_q4_K`, `block_q5_K` and
//! `block_q6_K`), called by their bits here.
//!
//! A number is `d·scale·n − d_min·min`, n being a whole number of so many bits without a sign.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_cvtph_ps, _mm_cvtsi32_si128, _mm_cvtss_f32, _mm_loadu_si128,
    _mm_set_epi64x, _mm_unpackhi_epi8, _mm_unpacklo_epi8, _mm256_and_si256, _mm256_cvtepi8_epi16,
    _mm256_loadu_si256, _mm256_or_si256, _mm256_set1_epi8, _mm256_slli_epi16, _mm256_srli_epi16,
};

/// Bytes of a block.
pub(super) const fn bytes<const BITS: u32>() -> usize {
    match BITS {
        4 => 4 + 12 + 128,
        5 => 4 + 12 + 32 + 128,
        6 => 128 + 64 + 16 + 2,
        _ => panic!("there are none of other bits"),
    }
}

/// Where the lowest four bits of each number lie.
const fn low<const BITS: u32>() -> usize {
    match BITS {
        4 => 16,
        5 => 48,
        _ => 0,
    }
}

/// What a block's numbers are multiplied with and lessened by.
#[derive(Clone, Copy)]
pub(super) struct Head {
    /// Of sixteen numbers each, as bytes with a sign.
    pub(super) scales: __m128i,
    /// The same, as sixteen bits.
    pub(super) mins: __m256i,
    pub(super) d: f32,
    pub(super) d_min: f32,
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn half(block: &[u8], at: usize) -> f32 {
    let bits = u16::from_le_bytes([block[at], block[at + 1]]);
    _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(i32::from(bits))))
}

/// That of a block.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn head<const BITS: u32>(block: &[u8]) -> Head {
    if BITS == 6 {
        let scales: &[u8] = &block[192..208];
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: sixteen bytes lie there.
        let scales = unsafe { _mm_loadu_si128(scales.as_ptr().cast()) };
        let d = half(block, 208);
        return Head {
            scales,
            // The numbers are −32 to 31.
            mins: _mm256_slli_epi16::<5>(_mm256_cvtepi8_epi16(scales)),
            d,
            d_min: d,
        };
    }
    let word = |at: usize| {
        let word = block[at..at + 4].try_into().unwrap_or_default();
        u64::from(u32::from_le_bytes(word))
    };
    // Six bits each: those of the first four of both, and below and above them the parts of the last four.
    let (a, b, c) = (word(4), word(8), word(12));
    let (six, four, two) = (0x3F3F_3F3F, 0x0F0F_0F0F, 0x0303_0303);
    let scales = (a & six) | (((c & four) | ((a >> 6) & two) << 4) << 32);
    let mins = (b & six) | ((((c >> 4) & four) | ((b >> 6) & two) << 4) << 32);
    let both = _mm_set_epi64x(mins.cast_signed(), scales.cast_signed());
    let mins = _mm_unpackhi_epi8(both, both);
    Head {
        // Each is that of 32 numbers.
        scales: _mm_unpacklo_epi8(both, both),
        mins: _mm256_cvtepi8_epi16(mins),
        d: half(block, 0),
        d_min: half(block, 2),
    }
}

/// The numbers of the first or the second half of a block, as bytes, 32 and 32.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn numbers<const BITS: u32>(block: &[u8], second: bool) -> [__m256i; 4] {
    let place = usize::from(second);
    let four = _mm256_set1_epi8(0x0F);
    let lows: &[u8] = &block[low::<BITS>() + 64 * place..][..64];
    let highs: &[u8] = match BITS {
        5 => &block[16..48],
        6 => &block[128 + 32 * place..][..32],
        _ => &lows[..32],
    };
    #[allow(unsafe_code, reason = "see SAFETY")]
    // SAFETY: 64 and 32 bytes lie there.
    let ([a, b], high) = unsafe {
        let lows = lows.as_ptr().cast::<__m256i>();
        (
            [_mm256_loadu_si256(lows), _mm256_loadu_si256(lows.add(1))],
            _mm256_loadu_si256(highs.as_ptr().cast()),
        )
    };
    let low = |x| _mm256_and_si256(x, four);
    let (a_low, a_high) = (low(a), low(_mm256_srli_epi16::<4>(a)));
    let (b_low, b_high) = (low(b), low(_mm256_srli_epi16::<4>(b)));
    match BITS {
        5 => {
            // A bit of each 32 numbers.
            let high = if second {
                _mm256_srli_epi16::<4>(high)
            } else {
                high
            };
            let bit = _mm256_set1_epi8(0x10);
            let with = |low, high| _mm256_or_si256(low, _mm256_and_si256(high, bit));
            [
                with(a_low, _mm256_slli_epi16::<4>(high)),
                with(a_high, _mm256_slli_epi16::<3>(high)),
                with(b_low, _mm256_slli_epi16::<2>(high)),
                with(b_high, _mm256_slli_epi16::<1>(high)),
            ]
        }
        6 => {
            let bits = _mm256_set1_epi8(0x30);
            let with = |low, high| _mm256_or_si256(low, _mm256_and_si256(high, bits));
            [
                with(a_low, _mm256_slli_epi16::<4>(high)),
                with(b_low, _mm256_slli_epi16::<2>(high)),
                with(a_high, high),
                with(b_high, _mm256_srli_epi16::<2>(high)),
            ]
        }
        _ => [a_low, a_high, b_low, b_high],
    }
}
