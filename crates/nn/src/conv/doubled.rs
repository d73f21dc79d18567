use candle_core::Tensor;

use super::{
    ConvShape,
    own::{self, Around, Operands},
    with_bias,
};
use crate::{
    Result, Weights,
    cpu::{
        self,
        elements::{Elements, tensor},
        pictures::Quarters,
    },
    ops::pixel_shuffle,
};

/// A 3×3 convolution of a picture whose every pixel was doubled in both directions: `(batch, inputs, height,
/// width)` → `(batch, outputs, 2·height, 2·width)`, zeros on either side.
///
/// Of the nine pixels that an output sees, those that are copies of one are multiplied once, with the sum of
/// their weights: four products instead of nine.
#[derive(Clone, Debug)]
pub struct DoubledConv2d {
    /// (outputs·2·2, inputs, 2, 2), the four pixels of a place one after the other.
    weight: Tensor,
    bias: Tensor,
    shape: ConvShape,
}

impl DoubledConv2d {
    /// `weight` (outputs, inputs, 3, 3) and `bias` of this place.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, inputs: usize, outputs: usize) -> Result<Self> {
        let weight = weights.tensor("weight", (outputs, inputs, 3, 3))?;
        let shape = ConvShape {
            padding: 1,
            ..ConvShape::same(inputs, 4 * outputs, 2)
        };
        Ok(Self {
            weight: weights.made((4 * outputs, inputs, 2, 2), || quarters(&weight))?,
            bias: weights.tensor("bias", outputs)?,
            shape,
        })
    }

    /// The result and `residual`, which has its shape.
    ///
    /// # Errors
    /// Where the input has other channels, or the residual another shape.
    pub fn forward_onto(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor> {
        let (batch, _, height, width) = x.dims4()?;
        let outputs = self.shape.outputs / 4;
        let dims = [batch, outputs, 2 * height, 2 * width];
        if !cpu::usable(&[x, &self.weight, residual]) || residual.dims() != dims {
            return Ok((self.composed(x)? + residual)?);
        }
        let operands = Operands {
            weight: &self.weight,
            bias: None,
            shape: self.shape,
        };
        let apart = own::conv2d(&operands, x, Around::default())?;
        let residual = residual.contiguous()?;
        let (numbers, bias) = (Elements::of(&apart)?, Elements::of(&self.bias)?);
        let residual = Elements::of(&residual)?;
        let quarters = Quarters {
            x: numbers.all(),
            bias: bias.all(),
            residual: residual.all(),
            size: (height, width),
        };
        tensor(quarters.joined(), dims.as_slice())
    }

    fn composed(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, _, height, width) = x.dims4()?;
        let outputs = self.shape.outputs / 4;
        let apart = x.conv2d(&self.weight, 1, 1, 1, 1)?.reshape((
            batch,
            outputs,
            4,
            height + 1,
            width + 1,
        ))?;
        let quarter = |k: usize| -> Result<Tensor> {
            Ok(apart
                .narrow(2, k, 1)?
                .narrow(3, k / 2, height)?
                .narrow(4, k % 2, width)?)
        };
        let quarters = (0..4).map(quarter).collect::<Result<Vec<_>>>()?;
        let joined = Tensor::cat(&quarters, 2)?.reshape((batch, 4 * outputs, height, width))?;
        with_bias(pixel_shuffle(&joined, 2)?, Some(&self.bias))
    }
}

/// (outputs, inputs, 3, 3) → (outputs·2·2, inputs, 2, 2).
fn quarters(weight: &Tensor) -> Result<Tensor> {
    let (outputs, inputs, _, _) = weight.dims4()?;
    // The first of a doubled pair sees its neighbour before, and itself twice; the second the other way.
    let halves = |x: &Tensor, dim: usize| -> Result<[Tensor; 2]> {
        let tap = |i| x.narrow(dim, i, 1);
        Ok([
            Tensor::cat(&[tap(0)?, (tap(1)? + tap(2)?)?], dim)?,
            Tensor::cat(&[(tap(0)? + tap(1)?)?, tap(2)?], dim)?,
        ])
    };
    let mut all = Vec::with_capacity(4);
    for lines in halves(weight, 2)? {
        all.extend(halves(&lines, 3)?);
    }
    Ok(Tensor::stack(&all, 1)?.reshape((4 * outputs, inputs, 2, 2))?)
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::DoubledConv2d;
    use crate::{
        Weights,
        testing::{random, same},
        weights::Memory,
    };

    #[test]
    fn it_is_a_convolution_of_the_doubled_picture() {
        for (inputs, outputs, height, width) in [(5, 3, 4, 7), (40, 16, 9, 30), (2, 1, 1, 1)] {
            let (weight, bias) = (random(&[outputs, inputs, 3, 3]), random(&[outputs]));
            let memory: Memory = [
                ("weight".to_owned(), weight.clone()),
                ("bias".to_owned(), bias.clone()),
            ]
            .into_iter()
            .collect();
            let weights = Weights::new(memory, DType::F32, &Device::Cpu);
            let layer = DoubledConv2d::load(&weights, inputs, outputs).unwrap();
            let x = random(&[2, inputs, height, width]);
            let residual = random(&[2, outputs, 2 * height, 2 * width]);
            let large = x.upsample_nearest2d(2 * height, 2 * width).unwrap();
            let wanted = large
                .conv2d(&weight, 1, 1, 1, 1)
                .unwrap()
                .broadcast_add(&bias.reshape((1, outputs, 1, 1)).unwrap())
                .unwrap();
            same(&layer.composed(&x).unwrap(), &wanted);
            let wanted = (wanted + &residual).unwrap();
            same(&layer.forward_onto(&x, &residual).unwrap(), &wanted);
        }
    }
}
