//! Rows to columns.

/// Numbers to a side of a square that is turned at once.
pub(crate) const SIDE: usize = 8;

/// Turns a square: row r of `from`, `from_row` apart, is column r of `to`, whose rows are `to_row` apart.
///
/// # Panics
/// Where a square does not lie within.
#[inline(always)]
pub(crate) fn square((from, from_row): (&[f32], usize), (to, to_row): (&mut [f32], usize)) {
    assert!(7 * from_row + SIDE <= from.len(), "the rows are there");
    assert!(7 * to_row + SIDE <= to.len(), "the columns are there");
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx") {
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: the processor has AVX, and both squares lie within their slices.
        unsafe {
            avx((from.as_ptr(), from_row), (to.as_mut_ptr(), to_row));
        }
        return;
    }
    for (r, row) in from.chunks(from_row).take(SIDE).enumerate() {
        for (c, value) in row.iter().take(SIDE).enumerate() {
            to[c * to_row + r] = *value;
        }
    }
}

/// # Safety
/// The processor has AVX; eight rows of eight numbers lie at `from`, and there is room for them at `to`.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx")]
#[inline]
#[allow(unsafe_code, reason = "shuffles have no portable name")]
unsafe fn avx((from, from_row): (*const f32, usize), (to, to_row): (*mut f32, usize)) {
    use std::arch::x86_64::{
        __m256, _mm256_loadu_ps, _mm256_permute2f128_ps, _mm256_setzero_ps, _mm256_shuffle_ps,
        _mm256_storeu_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
    };
    let mut rows = [_mm256_setzero_ps(); SIDE];
    for (r, row) in rows.iter_mut().enumerate() {
        // SAFETY: by this function's contract.
        *row = unsafe { _mm256_loadu_ps(from.add(r * from_row)) };
    }
    // Pairs of rows, then fours, then the halves of all.
    let fours = |a: __m256, b: __m256, c: __m256, d: __m256| {
        let (ab, ab_high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        let (cd, cd_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
        [
            _mm256_shuffle_ps::<0x44>(ab, cd),
            _mm256_shuffle_ps::<0xEE>(ab, cd),
            _mm256_shuffle_ps::<0x44>(ab_high, cd_high),
            _mm256_shuffle_ps::<0xEE>(ab_high, cd_high),
        ]
    };
    let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
    let (low, high) = (fours(r0, r1, r2, r3), fours(r4, r5, r6, r7));
    // By index: an iterator over vectors would be called, not folded in.
    for c in 0..SIDE / 2 {
        // SAFETY: by this function's contract.
        unsafe {
            _mm256_storeu_ps(
                to.add(c * to_row),
                _mm256_permute2f128_ps::<0x20>(low[c], high[c]),
            );
            _mm256_storeu_ps(
                to.add((c + SIDE / 2) * to_row),
                _mm256_permute2f128_ps::<0x31>(low[c], high[c]),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SIDE, square};

    #[test]
    fn columns_are_rows() {
        let from: Vec<f32> = (0..SIDE * 11).map(|i| i as f32).collect();
        let mut to = vec![0.0; SIDE * 13];
        square((&from, 11), (&mut to, 13));
        for r in 0..SIDE {
            for c in 0..SIDE {
                assert_eq!(to[c * 13 + r], from[r * 11 + c]);
            }
        }
    }
}
