//! Matrices that are laid out for the tiles of [`product`](super::product).

use std::fmt;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    elements::Aligned,
    product::rows,
    transpose::{SIDE, square},
};

/// A matrix of outputs × inputs, the rows of each tile side by side, zeros where the last is not whole.
pub(crate) struct Woven {
    numbers: Aligned,
    pub(crate) outputs: usize,
    pub(crate) inputs: usize,
}

impl fmt::Debug for Woven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Woven({} × {})", self.outputs, self.inputs)
    }
}

impl Woven {
    /// From one whose rows follow one another.
    pub(crate) fn of(matrix: &[f32], (outputs, inputs): (usize, usize)) -> Self {
        Self {
            numbers: weave(matrix, 1, (outputs, inputs)),
            outputs,
            inputs,
        }
    }

    pub(crate) fn all(&self) -> &[f32] {
        &self.numbers
    }
}

/// `groups` matrices of (outputs, steps), one after the other, each as [`Woven`] is.
pub(crate) fn weave(matrix: &[f32], groups: usize, measures: (usize, usize)) -> Aligned {
    Arch::new().dispatch(Weave {
        matrix,
        groups,
        measures,
    })
}

struct Weave<'a> {
    matrix: &'a [f32],
    groups: usize,
    measures: (usize, usize),
}

impl WithSimd for Weave<'_> {
    type Output = Aligned;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Aligned {
        let (outputs, steps) = self.measures;
        let (tall, row) = (rows::<S>(), steps.max(1));
        let tiles = outputs.div_ceil(tall);
        let mut woven = Aligned::zeros(self.groups * tiles * tall * row);
        woven
            .par_chunks_exact_mut(tall * row)
            .enumerate()
            .for_each(|(tile, woven)| {
                let (group, tile) = (tile / tiles, tile % tiles);
                let height = tall.min(outputs - tile * tall);
                let matrix = &self.matrix[(group * outputs + tile * tall) * row..][..height * row];
                let whole = if (height, tall) == (SIDE, SIDE) {
                    row / SIDE * SIDE
                } else {
                    0
                };
                for step in (0..whole).step_by(SIDE) {
                    square((&matrix[step..], row), (&mut woven[step * tall..], tall));
                }
                for (r, matrix) in matrix.chunks_exact(row).enumerate() {
                    let places = woven[whole * tall..].iter_mut().skip(r).step_by(tall);
                    for (place, value) in places.zip(&matrix[whole..]) {
                        *place = *value;
                    }
                }
            });
        woven
    }
}
