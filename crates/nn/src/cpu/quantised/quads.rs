//! Products with blocks of 256 numbers of few bits and several samples. Bytes that are as small as these can be multiplied
//! with bytes, and some of the products be summed, in sixteen bits: four products in one instruction.

use std::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_castsi256_si128, _mm256_cvtepi8_epi16, _mm256_cvtepi16_epi32,
    _mm256_cvtepi32_ps, _mm256_extracti128_si256, _mm256_fmadd_ps, _mm256_fnmadd_ps,
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_mul_ps, _mm256_or_si256, _mm256_set1_epi32,
    _mm256_set1_ps, _mm256_setzero_si256, _mm256_slli_epi32, _mm256_storeu_ps, _mm256_storeu_si256,
};

use rayon::prelude::*;

use super::{
    super::transpose::{SIDE, square},
    CHUNK,
    input::{ByteChunk, LANES, SUMMED},
    split::{Input, OUTPUTS, Rows, SAMPLES},
    sums::{PLAIN, add_bytes, add_pairs, add_scaled, with_instructions},
    supers::{bytes, head, numbers},
};

/// Fours of numbers of a chunk.
const QUADS: usize = CHUNK / 4;
/// Scales of a chunk.
const GROUPS: usize = CHUNK / SUMMED;
/// Fours of numbers with one scale.
const QUADS_OF_GROUP: usize = SUMMED / 4;

/// How many fours of numbers of so many bits, times bytes, have sums of sixteen bits; where sums have 32, those with one
/// scale.
const fn summed<const BITS: u32, const WITH: u8>() -> usize {
    match (BITS, WITH) {
        (4, PLAIN) => 8,
        (5, PLAIN) => 4,
        (_, PLAIN) => 2,
        (6, _) => QUADS_OF_GROUP,
        // Each scale stands twice.
        _ => 2 * QUADS_OF_GROUP,
    }
}
const _: () = assert!(8 * 2 * 15 * 127 <= i16::MAX as i32);
const _: () = assert!(4 * 2 * 31 * 127 <= i16::MAX as i32);
const _: () = assert!(2 * 2 * 63 * 127 <= i16::MAX as i32);

/// Samples as bytes, a tile's side by side.
pub(super) struct Quads {
    /// Chunk by chunk, tile by tile and four by four inputs.
    quads: Vec<i32>,
    /// Pairs of sums, in the same order.
    sums: Vec<i32>,
    /// Chunks × samples.
    scales: Vec<f32>,
    samples: usize,
}

impl Quads {
    pub(super) fn of(x: &[f32], inputs: usize) -> Self {
        let (samples, chunks) = (x.len() / inputs, inputs / CHUNK);
        let mut quads = vec![0; x.len() / 4];
        let mut sums = vec![0; samples * chunks * GROUPS / 2];
        let mut scales = vec![0.0; samples * chunks];
        quads
            .par_chunks_exact_mut(samples * QUADS)
            .zip(sums.par_chunks_exact_mut(samples * GROUPS / 2))
            .zip(scales.par_chunks_exact_mut(samples))
            .enumerate()
            .for_each(|(chunk, ((quads, sums), scales))| {
                let tiles = quads
                    .chunks_mut(SAMPLES * QUADS)
                    .zip(sums.chunks_mut(SAMPLES * GROUPS / 2))
                    .zip(scales.chunks_mut(SAMPLES))
                    .zip(x.chunks(SAMPLES * inputs));
                for (((quads, sums), scales), x) in tiles {
                    let tall = scales.len();
                    for (r, (scale, x)) in scales.iter_mut().zip(x.chunks(inputs)).enumerate() {
                        let one = ByteChunk::of(&x.as_chunks().0[chunk]);
                        *scale = one.scale;
                        let places = quads[r..].iter_mut().step_by(tall);
                        for (place, quad) in places.zip(one.numbers.as_chunks::<4>().0) {
                            *place = bytemuck::cast(*quad);
                        }
                        let places = sums[r..].iter_mut().step_by(tall);
                        for (place, pair) in places.zip(one.sums.as_chunks::<2>().0) {
                            *place = bytemuck::cast(*pair);
                        }
                    }
                }
            });
        Self {
            quads,
            sums,
            scales,
            samples,
        }
    }
}

/// The same beside blocks of numbers of so many bits.
pub(super) struct Tiles<'a, const BITS: u32>(pub(super) &'a Quads);

impl<const BITS: u32> Tiles<'_, BITS> {
    /// Of each sample with each row, added to `sums`.
    #[target_feature(enable = "avx2,fma,f16c")]
    fn add_to<const WITH: u8>(&self, rows: Rows<'_>, sums: &mut [[f32; OUTPUTS]]) {
        let samples = self.0.samples;
        let mut unpacked = Unpacked::<BITS>::nothing();
        let chunks = self
            .0
            .quads
            .chunks_exact(samples * QUADS)
            .zip(self.0.sums.chunks_exact(samples * GROUPS / 2))
            .zip(self.0.scales.chunks_exact(samples));
        for (chunk, ((quads, of_quads), scales)) in chunks.enumerate() {
            let panels = rows.blocks.chunks(OUTPUTS * rows.row);
            for (blocks, sums) in panels.zip(sums.chunks_exact_mut(samples)) {
                let rows = Rows { blocks, ..rows };
                unpacked.unpack(rows, chunk);
                rows.fetch(chunk + 1, bytes::<BITS>());
                let parts = quads
                    .chunks(SAMPLES * QUADS)
                    .zip(of_quads.chunks(SAMPLES * GROUPS / 2))
                    .zip(scales.chunks(SAMPLES))
                    .zip(sums.chunks_mut(SAMPLES));
                for (((quads, of_quads), scales), sums) in parts {
                    let part = Part {
                        quads,
                        sums: of_quads,
                        scales,
                    };
                    match sums.len() {
                        1 => part.tile::<1, BITS, WITH>(&unpacked, sums),
                        2 => part.tile::<2, BITS, WITH>(&unpacked, sums),
                        3 => part.tile::<3, BITS, WITH>(&unpacked, sums),
                        4 => part.tile::<4, BITS, WITH>(&unpacked, sums),
                        5 => part.tile::<5, BITS, WITH>(&unpacked, sums),
                        _ => part.tile::<SAMPLES, BITS, WITH>(&unpacked, sums),
                    }
                }
            }
        }
    }
}

impl<const BITS: u32> Input for Tiles<'_, BITS> {
    fn add(&self, rows: Rows<'_>, sums: &mut [[f32; OUTPUTS]]) {
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: `Product::run` has seen that the processor has AVX2, FMA and F16C.
        unsafe {
            with_instructions!(self, add_to, (), (rows, sums));
        }
    }
}

/// A chunk of some rows, those of all rows side by side. What is called a float here, but for `d` and `d_min`, is four numbers
/// of eight bits or two of sixteen, and moved as floats are.
struct Unpacked<const BITS: u32> {
    numbers: [f32; OUTPUTS * QUADS],
    /// Each twice.
    scales: [f32; OUTPUTS * GROUPS],
    mins: [f32; OUTPUTS * GROUPS / 2],
    d: [f32; OUTPUTS],
    d_min: [f32; OUTPUTS],
}

impl<const BITS: u32> Unpacked<BITS> {
    fn nothing() -> Self {
        Self {
            numbers: [0.0; OUTPUTS * QUADS],
            scales: [0.0; OUTPUTS * GROUPS],
            mins: [0.0; OUTPUTS * GROUPS / 2],
            d: [0.0; OUTPUTS],
            d_min: [0.0; OUTPUTS],
        }
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    fn unpack(&mut self, rows: Rows<'_>, chunk: usize) {
        let mut lines = [[0.0_f32; QUADS]; OUTPUTS];
        let mut scales = [[0.0_f32; GROUPS]; OUTPUTS];
        let mut mins = [[0.0_f32; GROUPS / 2]; OUTPUTS];
        let low = _mm256_set1_epi32(0xFFFF);
        for (r, row) in rows.blocks.chunks_exact(rows.row).enumerate() {
            let block: &[u8] = &row[chunk * bytes::<BITS>()..][..bytes::<BITS>()];
            let head = head::<BITS>(block);
            (self.d[r], self.d_min[r]) = (head.d, head.d_min);
            let words = _mm256_cvtepi8_epi16(head.scales);
            let halves = [
                _mm256_castsi256_si128(words),
                _mm256_extracti128_si256::<1>(words),
            ];
            #[allow(unsafe_code, reason = "see SAFETY")]
            // SAFETY: there is room for sixteen scales in 32 bits, sixteen minima in sixteen bits, and 256 bytes.
            unsafe {
                for (i, half) in halves.into_iter().enumerate() {
                    let wide = _mm256_cvtepi16_epi32(half);
                    let twice =
                        _mm256_or_si256(_mm256_and_si256(wide, low), _mm256_slli_epi32::<16>(wide));
                    let place = scales[r].as_mut_ptr().add(i * LANES);
                    _mm256_storeu_si256(place.cast(), twice);
                }
                _mm256_storeu_si256(mins[r].as_mut_ptr().cast(), head.mins);
                for half in 0..2 {
                    let place = lines[r].as_mut_ptr().add(half * QUADS / 2);
                    for (i, numbers) in numbers::<BITS>(block, half == 1).into_iter().enumerate() {
                        _mm256_storeu_si256(place.add(i * LANES).cast(), numbers);
                    }
                }
            }
        }
        for output in (0..OUTPUTS).step_by(SIDE) {
            turn(lines.as_flattened(), QUADS, output, &mut self.numbers);
            turn(scales.as_flattened(), GROUPS, output, &mut self.scales);
            turn(mins.as_flattened(), GROUPS / 2, output, &mut self.mins);
        }
    }
}

/// Eight rows to eight columns.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn turn(rows: &[f32], width: usize, output: usize, to: &mut [f32]) {
    for at in (0..width).step_by(SIDE) {
        square(
            (&rows[output * width + at..], width),
            (&mut to[at * OUTPUTS + output..], OUTPUTS),
        );
    }
}

/// A chunk of some samples.
struct Part<'a> {
    quads: &'a [i32],
    sums: &'a [i32],
    scales: &'a [f32],
}

/// Two vectors, of `OUTPUTS` numbers each.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn both(numbers: &[f32; OUTPUTS]) -> [__m256i; 2] {
    let numbers = numbers.as_ptr().cast::<__m256i>();
    #[allow(unsafe_code, reason = "see SAFETY")]
    // SAFETY: as many lie there.
    unsafe {
        [
            _mm256_loadu_si256(numbers),
            _mm256_loadu_si256(numbers.add(1)),
        ]
    }
}

impl Part<'_> {
    /// With all rows, `R` samples.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn tile<const R: usize, const BITS: u32, const WITH: u8>(
        &self,
        unpacked: &Unpacked<BITS>,
        sums: &mut [[f32; OUTPUTS]],
    ) {
        let (quads, of_quads) = (self.quads.as_chunks::<R>().0, self.sums.as_chunks::<R>().0);
        assert!(quads.len() == QUADS && of_quads.len() == GROUPS / 2);
        assert!(sums.len() == R && self.scales.len() == R);
        let mut whole = [[_mm256_setzero_si256(); 2]; R];
        let steps = summed::<BITS, WITH>();
        let numbers = unpacked.numbers.as_chunks::<OUTPUTS>().0;
        let scales = unpacked.scales.as_chunks::<OUTPUTS>().0;
        for (step, (numbers, quads)) in numbers
            .chunks_exact(steps)
            .zip(quads.chunks_exact(steps))
            .enumerate()
        {
            let mut part = [[_mm256_setzero_si256(); 2]; R];
            for (numbers, quad) in numbers.iter().zip(quads) {
                let w = both(numbers);
                for (r, part) in part.iter_mut().enumerate() {
                    let quad = _mm256_set1_epi32(quad[r]);
                    for (part, w) in part.iter_mut().zip(w) {
                        *part = add_bytes::<WITH>(*part, w, quad);
                    }
                }
            }
            let scales = both(&scales[step * steps / QUADS_OF_GROUP]);
            for (whole, part) in whole.iter_mut().zip(part) {
                for ((whole, part), scale) in whole.iter_mut().zip(part).zip(scales) {
                    *whole = add_scaled::<WITH>(*whole, part, scale);
                }
            }
        }
        let mut less = [[_mm256_setzero_si256(); 2]; R];
        let mins = unpacked.mins.as_chunks::<OUTPUTS>().0;
        for (mins, pair) in mins.iter().zip(of_quads) {
            let mins = both(mins);
            for (r, less) in less.iter_mut().enumerate() {
                let pair = _mm256_set1_epi32(pair[r]);
                for (less, mins) in less.iter_mut().zip(mins) {
                    *less = add_pairs::<WITH>(*less, mins, pair);
                }
            }
        }
        for (r, sums) in sums.iter_mut().enumerate() {
            let x = _mm256_set1_ps(self.scales[r]);
            for (v, sums) in sums.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                let d: &[f32; LANES] = &unpacked.d.as_chunks().0[v];
                let d_min: &[f32; LANES] = &unpacked.d_min.as_chunks().0[v];
                #[allow(unsafe_code, reason = "see SAFETY")]
                // SAFETY: eight floats lie in each.
                unsafe {
                    let d = _mm256_mul_ps(_mm256_loadu_ps(d.as_ptr()), x);
                    let d_min = _mm256_mul_ps(_mm256_loadu_ps(d_min.as_ptr()), x);
                    let sum = _mm256_loadu_ps(sums.as_ptr());
                    let sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole[r][v]), d, sum);
                    let sum = _mm256_fnmadd_ps(_mm256_cvtepi32_ps(less[r][v]), d_min, sum);
                    _mm256_storeu_ps(sums.as_mut_ptr(), sum);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::{GgmlDType, QTensor};

    use super::{
        super::{
            is_usable,
            split::{OUTPUTS, Rows},
            sums::{AS_VNNI, PLAIN},
            supers::bytes,
        },
        CHUNK, Quads, Tiles,
    };
    use crate::testing::random;

    /// Whatever instructions the processor has, the loops' steps come to the same.
    fn sums_are_the_same<const BITS: u32>(dtype: GgmlDType) {
        let (inputs, outputs, samples) = (2 * CHUNK, 2 * OUTPUTS, 7);
        let blocks = QTensor::quantize(&random(&[outputs, inputs]), dtype).unwrap();
        let blocks = blocks.data().unwrap();
        let x = random(&[samples * inputs]).to_vec1::<f32>().unwrap();
        let rows = Rows {
            blocks: &blocks,
            row: 2 * bytes::<BITS>(),
        };
        let quads = Quads::of(&x, inputs);
        let tiles = Tiles::<BITS>(&quads);
        let [mut plain, mut other] = [(); 2].map(|()| vec![[0.0; OUTPUTS]; 2 * samples]);
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: the test has seen that the processor has AVX2, FMA and F16C.
        unsafe {
            tiles.add_to::<PLAIN>(rows, &mut plain);
            tiles.add_to::<AS_VNNI>(rows, &mut other);
        }
        assert!(plain.iter().flatten().any(|sum| *sum != 0.0));
        assert_eq!(plain, other, "{dtype:?}");
    }

    #[test]
    fn sums_of_32_bits_are_those_of_sixteen() {
        if is_usable() {
            sums_are_the_same::<4>(GgmlDType::Q4K);
            sums_are_the_same::<5>(GgmlDType::Q5K);
            sums_are_the_same::<6>(GgmlDType::Q6K);
        }
    }
}
