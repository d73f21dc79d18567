//! A product in tasks.

use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

use rayon::prelude::*;

use super::{
    super::{elements::Shared, transpose::SIDE},
    FEWEST, Kind, Matrix, Product,
    input::{Bytes, Words},
    quads::{Quads, Tiles},
    rows::Supers,
    words::Pairs,
};

/// Rows of the matrix that are unpacked together.
pub(super) const OUTPUTS: usize = 2 * SIDE;
/// Times so many rows meet a chunk of the input while it stays in the second-level cache.
const PANELS: usize = 4;
/// Samples of a tile.
pub(super) const SAMPLES: usize = 6;
/// Bytes in a line of the caches.
pub(super) const LINE: usize = 64;
/// Bytes of the matrix that a task meets with a few samples: some microseconds.
const TASK: usize = 1 << 16;

/// Some rows of a matrix.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    pub(super) blocks: &'a [u8],
    /// Bytes of one.
    pub(super) row: usize,
}

impl Rows<'_> {
    /// Asks for the piece of each row that will be unpacked next: one too short for the processor to look ahead.
    pub(super) fn fetch(self, piece: usize, bytes: usize) {
        for row in self.blocks.chunks_exact(self.row) {
            let next = row.get(piece * bytes..).unwrap_or_default();
            for line in next[..next.len().min(bytes)].chunks(LINE) {
                fetch(line.as_ptr());
            }
        }
    }
}

/// Asks for a line of memory that will be read soon; any address will do.
#[inline(always)]
pub(super) fn fetch(place: *const u8) {
    #[allow(unsafe_code, reason = "see SAFETY")]
    // SAFETY: a prefetch reads nothing that the program sees, and faults nowhere.
    unsafe {
        _mm_prefetch::<_MM_HINT_T0>(place.cast());
    }
}

/// An input as a kind of blocks is multiplied with, of which [`Product::run`] is sure that the processor has the
/// instructions for it.
pub(super) trait Input: Sync {
    /// Adds to `sums`, which are panels of [`OUTPUTS`] rows × samples, the products with rows.
    fn add(&self, rows: Rows<'_>, sums: &mut [[f32; OUTPUTS]]);
}

/// The same of fewer than [`FEWEST`] samples.
pub(super) trait Few: Sync {
    /// The products of rows with all samples.
    fn dots(&self, rows: Rows<'_>, sums: &mut [[f32; FEWEST - 1]]);
}

/// Some rows of one of the matrices, and where their products go.
struct Task<'a> {
    matrix: &'a Matrix<'a>,
    out: &'a Shared<'a>,
    rows: Rows<'a>,
    first: usize,
}

impl Task<'_> {
    /// How many rows.
    fn height(&self) -> usize {
        self.rows.blocks.len() / self.rows.row
    }

    /// Puts the products of a sample with some rows, of which `from` is the first, where they go.
    fn write(&self, sample: usize, from: usize, products: &[f32]) {
        let (first, outputs) = (self.first + from, self.matrix.blocks.len() / self.rows.row);
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: these outputs are this task's, and only it writes there.
        let out = unsafe { self.out.part(sample * outputs + first, products.len()) };
        out.copy_from_slice(products);
        if let Some(bias) = self.matrix.bias {
            for (out, bias) in out.iter_mut().zip(&bias[first..]) {
                *out += bias;
            }
        }
    }

    fn few(&self, input: &dyn Few, samples: usize) {
        let mut sums = vec![[0.0; FEWEST - 1]; self.height()];
        input.dots(self.rows, &mut sums);
        let mut products = vec![0.0; sums.len()];
        for sample in 0..samples {
            for (product, sums) in products.iter_mut().zip(&sums) {
                *product = sums[sample];
            }
            self.write(sample, 0, &products);
        }
    }

    fn many(&self, input: &dyn Input, samples: usize) {
        let height = self.height();
        let mut sums = vec![[0.0; OUTPUTS]; height.div_ceil(OUTPUTS) * samples];
        input.add(self.rows, &mut sums);
        // Sample by sample, so that what lies together is written together.
        for sample in 0..samples {
            for (panel, sums) in sums.chunks_exact(samples).enumerate() {
                let from = panel * OUTPUTS;
                let wide = OUTPUTS.min(height - from);
                self.write(sample, from, &sums[sample][..wide]);
            }
        }
    }
}

impl Product<'_> {
    /// All of it, into zeros.
    pub(super) fn split(self, outs: &mut [Vec<f32>]) {
        let samples = self.samples();
        let is_few = samples < FEWEST;
        let outs: Vec<Shared<'_>> = outs.iter_mut().map(|out| Shared::new(out)).collect();
        let mut tasks = Vec::new();
        for (matrix, out) in self.matrices.iter().zip(&outs) {
            let row = matrix.kind.row(self.inputs);
            let height = if is_few {
                (TASK / row).max(1)
            } else {
                PANELS * OUTPUTS
            };
            let parts = matrix.blocks.chunks(height * row).enumerate();
            tasks.extend(parts.map(|(part, blocks)| Task {
                matrix,
                out,
                rows: Rows { blocks, row },
                first: part * height,
            }));
        }
        let has =
            |is_wanted: fn(Kind) -> bool| self.matrices.iter().any(|matrix| is_wanted(matrix.kind));
        let (has_words, has_bytes) = (
            has(|kind| kind == Kind::Q8_0),
            has(|kind| kind != Kind::Q8_0),
        );
        let tasks = tasks.par_iter();
        if is_few {
            let words = has_words.then(|| Words::of(self.x, self.inputs));
            let bytes = has_bytes.then(|| Bytes::of(self.x));
            tasks.for_each(|task| match (task.matrix.kind, &words, &bytes) {
                (Kind::Q8_0, Some(words), _) => task.few(words, samples),
                (Kind::Q4K, _, Some(bytes)) => task.few(&Supers::<4>(bytes), samples),
                (Kind::Q5K, _, Some(bytes)) => task.few(&Supers::<5>(bytes), samples),
                (Kind::Q6K, _, Some(bytes)) => task.few(&Supers::<6>(bytes), samples),
                _ => {}
            });
        } else {
            let pairs = has_words.then(|| Pairs::of(self.x, self.inputs));
            let quads = has_bytes.then(|| Quads::of(self.x, self.inputs));
            tasks.for_each(|task| match (task.matrix.kind, &pairs, &quads) {
                (Kind::Q8_0, Some(pairs), _) => task.many(pairs, samples),
                (Kind::Q4K, _, Some(quads)) => task.many(&Tiles::<4>(quads), samples),
                (Kind::Q5K, _, Some(quads)) => task.many(&Tiles::<5>(quads), samples),
                (Kind::Q6K, _, Some(quads)) => task.many(&Tiles::<6>(quads), samples),
                _ => {}
            });
        }
    }
}
