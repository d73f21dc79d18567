use candle_core::{D, DType, Tensor};

use crate::{
    Result,
    cpu::{
        self,
        elements::{Elements, tensor},
        rotary::{Angles, Turn},
        rows::each,
    },
};

/// Angles by which neighbouring features turn, position by position. The two of a pair may turn by
/// different ones.
#[derive(Clone, Copy, Debug)]
pub struct Pairs<'a> {
    /// Cosines, positions × size, in f32.
    pub cos: &'a Tensor,
    /// Sines, positions × size, in f32.
    pub sin: &'a Tensor,
}

impl Pairs<'_> {
    /// `(batch, positions, heads, size)`, multiplied in f32, in the type it came in: x₀·cos₀ − x₁·sin₀ and
    /// x₁·cos₁ + x₀·sin₁ for each pair.
    ///
    /// # Errors
    /// Where there are more positions than the table holds.
    pub fn turn(self, x: &Tensor) -> Result<Tensor> {
        let (_, positions, heads, size) = x.dims4()?;
        if !cpu::usable(&[x, self.cos, self.sin]) || !self.reach(positions, size) {
            return self.composed(x);
        }
        let x = x.contiguous()?;
        let (cos, sin) = (self.cos.contiguous()?, self.sin.contiguous()?);
        let (numbers, cos, sin) = (Elements::of(&x)?, Elements::of(&cos)?, Elements::of(&sin)?);
        let turn = Turn {
            angles: Angles {
                cos: cos.all(),
                sin: sin.all(),
                size,
            },
            positions,
            heads,
        };
        tensor(each(turn, numbers.all(), size), x.shape())
    }

    /// Whether an own loop finds all it needs.
    pub(crate) fn reach(self, positions: usize, size: usize) -> bool {
        let fits = |table: &Tensor| matches!(*table.dims(), [rows, columns] if rows >= positions && columns == size);
        size.is_multiple_of(2) && fits(self.cos) && fits(self.sin)
    }

    pub(super) fn composed(self, x: &Tensor) -> Result<Tensor> {
        let (batch, positions, heads, size) = x.dims4()?;
        let pairs = x
            .to_dtype(DType::F32)?
            .reshape((batch, positions, heads, size / 2, 2))?;
        let halves = |table: &Tensor| -> Result<(Tensor, Tensor)> {
            let table = table
                .narrow(0, 0, positions)?
                .reshape((1, positions, 1, size / 2, 2))?;
            Ok((
                table.narrow(D::Minus1, 0, 1)?,
                table.narrow(D::Minus1, 1, 1)?,
            ))
        };
        let (cos_even, cos_odd) = halves(self.cos)?;
        let (sin_even, sin_odd) = halves(self.sin)?;
        let (even, odd) = (
            pairs.narrow(D::Minus1, 0, 1)?,
            pairs.narrow(D::Minus1, 1, 1)?,
        );
        let turned_even = (even.broadcast_mul(&cos_even)? - odd.broadcast_mul(&sin_even)?)?;
        let turned_odd = (odd.broadcast_mul(&cos_odd)? + even.broadcast_mul(&sin_odd)?)?;
        Ok(Tensor::cat(&[turned_even, turned_odd], D::Minus1)?
            .reshape((batch, positions, heads, size))?
            .to_dtype(x.dtype())?)
    }
}
