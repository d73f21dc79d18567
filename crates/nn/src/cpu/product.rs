//! The one inner loop of all matrix products and convolutions: a few rows of numbers, each spread over a
//! vector, times a few vectors, with the sums in registers.

use pulp::Simd;

/// Rows of the largest tile.
pub(crate) const ROWS: usize = 8;
/// Vectors of the widest tile.
pub(crate) const VECTORS: usize = 3;
/// Numbers in the longest vector there is.
pub(crate) const LANES: usize = 16;

/// Numbers in a line of the caches.
const LINE: usize = 16;

/// How many inputs ahead vectors are asked for, where those of an input follow the last one's.
const AHEAD: usize = 8;

/// How many numbers ahead a woven side is asked for.
const FAR: usize = 1 << 10;

/// A tile's sums, row by row, [`SUMS`] apart.
pub(crate) type Sums = [f32; ROWS * SUMS];
/// Numbers between two rows of [`Sums`].
pub(crate) const SUMS: usize = VECTORS * LANES;

/// Where the factors of a tile lie: `sum[r][c] = Σᵢ Σₜ a(r, i·taps + t) · b[i·b_row + offset[t] + c]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk<'a> {
    /// How the spread side lies.
    pub(crate) a: Spread,
    /// Numbers between two inputs of the vector side.
    pub(crate) b_row: usize,
    /// Inputs.
    pub(crate) inputs: usize,
    /// Where each tap begins within an input.
    pub(crate) offsets: &'a [usize],
}

/// How the spread side lies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spread {
    /// Row by row, so many numbers apart.
    Rows(usize),
    /// All rows of a tile side by side, [`rows`] of them even where a tile has fewer.
    Woven,
}

/// Numbers in a vector.
#[inline(always)]
pub(crate) const fn lanes<S: Simd>() -> usize {
    size_of::<S::f32s>() / size_of::<f32>()
}

/// Rows of a tile whose sums fit into the registers.
#[inline(always)]
pub(crate) const fn rows<S: Simd>() -> usize {
    if lanes::<S>() == LANES { ROWS } else { 6 }
}

/// Vectors of a tile whose sums fit into the registers, and one to spare: three beside four rows of half the
/// length would fit too, but only just, and the compiler then keeps a sum in memory.
#[inline(always)]
pub(crate) const fn vectors<S: Simd>() -> usize {
    if lanes::<S>() == LANES { VECTORS } else { 2 }
}

/// The sums of `rows` (at most [`rows`]) and `vectors` (at most [`vectors`]).
///
/// # Panics
/// Where a factor would lie outside of its slice.
#[inline(always)]
pub(crate) fn tile<S: Simd>(
    simd: S,
    walk: Walk<'_>,
    (a, b): (&[f32], &[f32]),
    (rows, vectors): (usize, usize),
    sums: &mut Sums,
) {
    let steps = walk.inputs * walk.offsets.len();
    let reach = walk.offsets.iter().copied().max().unwrap_or_default();
    if steps == 0 {
        sums.fill(0.0);
        return;
    }
    let reached = match walk.a {
        Spread::Rows(step) => (rows - 1) * step + steps,
        Spread::Woven => steps * self::rows::<S>(),
    };
    assert!(reached <= a.len(), "rows are there");
    assert!(
        (walk.inputs - 1) * walk.b_row + reach + vectors * lanes::<S>() <= b.len(),
        "vectors are there"
    );
    macro_rules! case {
        ($(($rows:literal, $vectors:literal))*) => {
            match (rows, vectors) {
                $(($rows, $vectors) => sized::<S, $rows, $vectors>(simd, walk, a, b, sums),)*
                _ => unreachable!("tiles are no larger"),
            }
        };
    }
    if lanes::<S>() == LANES {
        case!(
            (1, 1)(2, 1)(3, 1)(4, 1)(5, 1)(6, 1)(7, 1)(8, 1)(1, 2)(2, 2)(3, 2)(4, 2)(5, 2)(6, 2)(
                7, 2
            )(8, 2)(1, 3)(2, 3)(3, 3)(4, 3)(5, 3)(6, 3)(7, 3)(8, 3)
        );
    } else {
        case!((1, 1)(2, 1)(3, 1)(4, 1)(5, 1)(6, 1)(1, 2)(2, 2)(3, 2)(4, 2)(5, 2)(6, 2));
    }
}

#[inline(always)]
#[allow(
    unsafe_code,
    reason = "bounds checks in the innermost loop would halve its speed"
)]
fn sized<S: Simd, const R: usize, const V: usize>(
    simd: S,
    walk: Walk<'_>,
    a: &[f32],
    b: &[f32],
    sums: &mut Sums,
) {
    let lanes = lanes::<S>();
    let mut acc = [[simd.splat_f32s(0.0); V]; R];
    let taps = walk.offsets.len();
    // SAFETY: `tile` has checked that all rows, inputs and taps lie within `a` and `b`, and the sums of
    // R rows of V vectors within `sums`, since R ≤ ROWS and V·lanes ≤ SUMS.
    unsafe {
        let (a, b) = (a.as_ptr(), b.as_ptr());
        let near = AHEAD * V * lanes;
        match walk.a {
            Spread::Rows(a_row) if taps == 1 => {
                let b = b.add(walk.offsets[0]);
                // The rows of the next tile, which lie behind these, come from far away.
                let ahead = R * a_row;
                for from in (0..walk.inputs).step_by(LINE) {
                    for r in 0..R {
                        fetch::<false>(a.wrapping_add(ahead + r * a_row + from));
                    }
                    for i in from..walk.inputs.min(from + LINE) {
                        let (a, b) = (a.add(i), b.add(i * walk.b_row));
                        for v in 0..V {
                            fetch::<true>(b.wrapping_add(near + v * lanes));
                        }
                        step(simd, (a, a_row), b, &mut acc);
                    }
                }
            }
            Spread::Rows(a_row) => {
                for i in 0..walk.inputs {
                    let (a, b) = (a.add(i * taps), b.add(i * walk.b_row));
                    for (t, offset) in walk.offsets.iter().enumerate() {
                        step(simd, (a.add(t), a_row), b.add(*offset), &mut acc);
                    }
                }
            }
            Spread::Woven if taps == 1 => {
                let mut b = b.add(walk.offsets[0]);
                for i in 0..walk.inputs {
                    let a = a.add(i * rows::<S>());
                    // A stream that comes from far away, past the ends of pages, where the processor
                    // itself does not look ahead.
                    fetch::<false>(a.wrapping_add(FAR));
                    for v in 0..V {
                        fetch::<true>(b.wrapping_add(near + v * lanes));
                    }
                    step(simd, (a, 1), b, &mut acc);
                    b = b.wrapping_add(walk.b_row);
                }
            }
            Spread::Woven => {
                let mut a = a;
                for i in 0..walk.inputs {
                    let b = b.add(i * walk.b_row);
                    for offset in walk.offsets {
                        step(simd, (a, 1), b.add(*offset), &mut acc);
                        a = a.add(rows::<S>());
                    }
                }
            }
        }
        let out = sums.as_mut_ptr();
        for (r, acc) in acc.into_iter().enumerate() {
            for (v, acc) in acc.into_iter().enumerate() {
                out.add(r * SUMS + v * lanes)
                    .cast::<S::f32s>()
                    .write_unaligned(acc);
            }
        }
    }
}

/// Asks for a line of memory that will be read soon, or very soon; any address will do.
#[inline(always)]
#[allow(unsafe_code, reason = "see SAFETY")]
fn fetch<const NEAR: bool>(place: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing that the program sees, and faults nowhere.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _MM_HINT_T1, _mm_prefetch};
        if NEAR {
            _mm_prefetch::<_MM_HINT_T0>(place.cast());
        } else {
            _mm_prefetch::<_MM_HINT_T1>(place.cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}

/// One more input: `acc[r][v] += a[r]·b[v]`.
///
/// # Safety
/// R rows lie at `a`, so far apart, and V vectors at `b`.
#[inline(always)]
#[allow(unsafe_code, reason = "see `sized`")]
unsafe fn step<S: Simd, const R: usize, const V: usize>(
    simd: S,
    (a, a_row): (*const f32, usize),
    b: *const f32,
    acc: &mut [[S::f32s; V]; R],
) {
    // SAFETY: by this function's contract.
    unsafe {
        let mut x = [simd.splat_f32s(0.0); V];
        for (v, x) in x.iter_mut().enumerate() {
            *x = b.add(v * lanes::<S>()).cast::<S::f32s>().read_unaligned();
        }
        for (r, acc) in acc.iter_mut().enumerate() {
            let w = simd.splat_f32s(*a.add(r * a_row));
            for (acc, x) in acc.iter_mut().zip(x) {
                *acc = simd.mul_add_e_f32s(w, x, *acc);
            }
        }
    }
}
