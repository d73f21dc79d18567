use candle_core::Tensor;

use super::{Conv2d, ConvShape, with_bias};
use crate::{Result, Weights, ops::pixel_shuffle, weights::Bias};

/// A 3×3 convolution of a picture whose every pixel was doubled in both directions: `(batch, inputs, height,
/// width)` → `(batch, outputs, 2·height, 2·width)`, zeros on either side.
#[derive(Clone, Debug)]
pub struct DoubledConv2d(Kernel);

#[derive(Clone, Debug)]
enum Kernel {
    /// On the CPU, whose loops double what they read.
    Own(Conv2d),
    Quarters(Quarters),
}

impl DoubledConv2d {
    /// `weight` (outputs, inputs, 3, 3) and `bias` of this place.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, inputs: usize, outputs: usize) -> Result<Self> {
        if weights.device().is_cpu() {
            let shape = ConvShape::same(inputs, outputs, 3);
            return Ok(Self(Kernel::Own(Conv2d::load(weights, shape, Bias::With)?)));
        }
        Ok(Self(Kernel::Quarters(Quarters::load(
            weights, inputs, outputs,
        )?)))
    }

    /// The result and `residual`, which has its shape.
    ///
    /// # Errors
    /// Where the input has other channels, or the residual another shape.
    pub fn forward_onto(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor> {
        match &self.0 {
            Kernel::Own(conv) => conv.forward_doubled(x, Some(residual)),
            Kernel::Quarters(quarters) => Ok((quarters.forward(x)? + residual)?),
        }
    }
}

/// Of the nine pixels that an output sees, those that are copies of one are multiplied once, with the sum of
/// their weights: four products instead of nine.
#[derive(Clone, Debug)]
struct Quarters {
    /// (outputs·2·2, inputs, 2, 2), the four pixels of a place one after the other.
    weight: Tensor,
    bias: Tensor,
}

impl Quarters {
    fn load(weights: &Weights, inputs: usize, outputs: usize) -> Result<Self> {
        let weight = weights.tensor("weight", (outputs, inputs, 3, 3))?;
        Ok(Self {
            weight: weights.made((4 * outputs, inputs, 2, 2), || quarters(&weight))?,
            bias: weights.tensor("bias", outputs)?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, _, height, width) = x.dims4()?;
        let outputs = self.bias.elem_count();
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

    use super::{DoubledConv2d, Quarters};
    use crate::{
        Weights,
        testing::{random, same},
        weights::Memory,
    };

    #[test]
    fn it_is_a_convolution_of_the_doubled_picture() {
        for (inputs, outputs, height, width) in
            [(5, 3, 4, 7), (40, 16, 9, 30), (16, 18, 5, 67), (2, 1, 1, 1)]
        {
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
            let quarters = Quarters::load(&weights, inputs, outputs).unwrap();
            same(&quarters.forward(&x).unwrap(), &wanted);
            let wanted = (wanted + &residual).unwrap();
            same(&layer.forward_onto(&x, &residual).unwrap(), &wanted);
        }
    }
}
