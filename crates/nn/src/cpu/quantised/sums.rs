//! How products of whole numbers are added to sums of 32 bits: with AVX2 in two or three instructions; in one where the
//! processor has it, as those with VNNI do. All of it is exact, so that every processor has the same results.

use std::{
    arch::{
        asm,
        x86_64::{
            __m256i, _mm256_add_epi16, _mm256_add_epi32, _mm256_madd_epi16, _mm256_maddubs_epi16,
            _mm256_mullo_epi32, _mm256_srai_epi32,
        },
    },
    sync::LazyLock,
};

/// Instructions of AVX2 alone.
pub(super) const PLAIN: u8 = 0;
/// Those of AVX-VNNI.
pub(super) const VEX: u8 = 1;
/// Those of AVX-512 VNNI with AVX-512 VL.
pub(super) const EVEX: u8 = 2;
/// Sums as those with VNNI make them, of AVX2's instructions: for tests on processors without.
#[cfg(test)]
pub(super) const AS_VNNI: u8 = 3;

/// Which of them this processor has.
pub(super) fn instructions() -> u8 {
    static FOUND: LazyLock<u8> = LazyLock::new(|| {
        if is_x86_feature_detected!("avxvnni") {
            VEX
        } else if is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512vl") {
            EVEX
        } else {
            PLAIN
        }
    });
    *FOUND
}

/// An instruction on three vectors, of which the first is changed. The compiler would not let it into functions of
/// AVX2, of which there would have to be copies for each kind of processor.
macro_rules! into_first {
    ($instruction:literal, $sum:ident, $a:ident, $b:ident) => {{
        let mut sum = $sum;
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: it reads and writes these registers alone, and whoever chose this kind of instructions has
        // them from `instructions`.
        unsafe {
            asm!(
                concat!($instruction, " {sum}, {a}, {b}"),
                sum = inout(ymm_reg) sum,
                a = in(ymm_reg) $a,
                b = in(ymm_reg) $b,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        sum
    }};
}

/// Adds products of sixteen bits by sixteen, two to each sum.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn add_pairs<const WITH: u8>(sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
    match WITH {
        VEX => into_first!("{{vex}} vpdpwssd", sum, a, b),
        EVEX => into_first!("{{evex}} vpdpwssd", sum, a, b),
        _ => _mm256_add_epi32(sum, _mm256_madd_epi16(a, b)),
    }
}

/// Adds products of bytes without a sign by bytes with one: four to each sum of 32 bits, or with AVX2 two to each of
/// sixteen.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn add_bytes<const WITH: u8>(sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
    match WITH {
        VEX => into_first!("{{vex}} vpdpbusd", sum, a, b),
        EVEX => into_first!("{{evex}} vpdpbusd", sum, a, b),
        #[cfg(test)]
        AS_VNNI => {
            let ones = std::arch::x86_64::_mm256_set1_epi16(1);
            add_pairs::<PLAIN>(sum, _mm256_maddubs_epi16(a, b), ones)
        }
        _ => _mm256_add_epi16(sum, _mm256_maddubs_epi16(a, b)),
    }
}

/// Adds what [`add_bytes`] made, times a scale, which stands twice in 32 bits.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn add_scaled<const WITH: u8>(sum: __m256i, part: __m256i, scale: __m256i) -> __m256i {
    match WITH {
        PLAIN => _mm256_add_epi32(sum, _mm256_madd_epi16(part, scale)),
        _ => _mm256_add_epi32(
            sum,
            _mm256_mullo_epi32(part, _mm256_srai_epi32::<16>(scale)),
        ),
    }
}

/// Calls a method with the instructions of this processor.
macro_rules! with_instructions {
    ($input:expr, $method:ident, ($($types:tt)*), $arguments:tt) => {{
        use $crate::cpu::quantised::sums::{EVEX, PLAIN, VEX, instructions};
        match instructions() {
            VEX => $input.$method::<$($types)* VEX>$arguments,
            EVEX => $input.$method::<$($types)* EVEX>$arguments,
            _ => $input.$method::<$($types)* PLAIN>$arguments,
        }
    }};
}
pub(super) use with_instructions;

#[cfg(test)]
mod tests {
    use std::arch::x86_64::{_mm256_loadu_si256, _mm256_setzero_si256, _mm256_storeu_si256};

    use super::{AS_VNNI, EVEX, PLAIN, VEX, add_bytes, add_pairs, add_scaled};

    type Vector = [u8; 32];

    /// The sums of pairs, and of bytes by the scale of their 32 bits.
    #[target_feature(enable = "avx2,fma,f16c")]
    fn sums<const WITH: u8>(a: &Vector, b: &Vector, scale: i16) -> [[i32; 8]; 2] {
        let mut sums = [[0; 8]; 2];
        let scales = [scale; 16];
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: 32 bytes lie in each.
        unsafe {
            let load = |x: *const Vector| _mm256_loadu_si256(x.cast());
            let (a, b, scale) = (load(a), load(b), load(scales.as_ptr().cast()));
            let zero = _mm256_setzero_si256();
            let pairs = add_pairs::<WITH>(add_pairs::<WITH>(zero, a, b), b, b);
            let bytes = add_scaled::<WITH>(pairs, add_bytes::<WITH>(zero, a, b), scale);
            _mm256_storeu_si256(sums[0].as_mut_ptr().cast(), pairs);
            _mm256_storeu_si256(sums[1].as_mut_ptr().cast(), bytes);
        }
        sums
    }

    #[test]
    fn all_instructions_make_the_same_sums() {
        if !super::super::is_usable() {
            return;
        }
        for (round, scale) in (0_u32..).zip([1_i16, -1, 63, -128, 127]) {
            let byte = |i: u32, salt: u32| (i * 7919 + round * 104_729 + salt) as u8;
            // As numbers of four bits, whose pairs of products have room in sixteen.
            let a: Vector = std::array::from_fn(|i| byte(i as u32, 1) % 16);
            let b: Vector = std::array::from_fn(|i| byte(i as u32, 2));
            let mut wanted = [[0_i32; 8]; 2];
            for (i, lane) in (0..32).step_by(4).enumerate() {
                let word =
                    |x: &Vector, at: usize| i32::from(i16::from_le_bytes([x[at], x[at + 1]]));
                wanted[0][i] = [lane, lane + 2]
                    .map(|at| word(&a, at) * word(&b, at) + word(&b, at) * word(&b, at))
                    .iter()
                    .sum();
                let bytes: i32 = (lane..lane + 4)
                    .map(|at| i32::from(a[at]) * i32::from(b[at].cast_signed()))
                    .sum();
                wanted[1][i] = wanted[0][i] + bytes * i32::from(scale);
            }
            #[allow(unsafe_code, reason = "see SAFETY")]
            // SAFETY: the processor has AVX2, FMA and F16C, and what is asked for else.
            unsafe {
                assert_eq!(sums::<PLAIN>(&a, &b, scale), wanted);
                assert_eq!(sums::<AS_VNNI>(&a, &b, scale), wanted);
                if is_x86_feature_detected!("avxvnni") {
                    assert_eq!(sums::<VEX>(&a, &b, scale), wanted);
                }
                if is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512vl") {
                    assert_eq!(sums::<EVEX>(&a, &b, scale), wanted);
                }
            }
        }
    }
}
