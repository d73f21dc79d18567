use candle_core::Tensor;
use songwright_nn::{
    Result, Weights,
    conv::{Conv2d, ConvShape},
    weights::Bias,
};

use crate::sdxl::config::TinyVaeConfig;

/// From latents to previews: TAESDXL (diffusers' `AutoencoderTiny`).
#[derive(Clone, Debug)]
pub struct TinyDecoder {
    into: Conv2d,
    levels: Vec<(Vec<Block>, Conv2d)>,
}

/// From pictures to latents, as TAESDXL does.
#[derive(Clone, Debug)]
pub struct TinyEncoder {
    levels: Vec<(Conv2d, Vec<Block>)>,
    out: Conv2d,
}

/// Latents are squeezed to about three, so that none is too loud.
const LOUDEST: f64 = 3.0;

impl TinyDecoder {
    /// `decoder` of a checkpoint.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, config: &TinyVaeConfig) -> Result<Self> {
        let layers = weights.pp("decoder.layers");
        let widths = &config.decoder_block_out_channels;
        let first = widths.first().copied().unwrap_or_default();
        let into = ConvShape::same(config.latent_channels, first, 3);
        // The numbers of layers count functions too: one between the first convolution and the blocks, and
        // one where pixels are doubled.
        let mut at = 2;
        let mut levels = Vec::new();
        for (i, width) in widths.iter().enumerate() {
            let count = config
                .num_decoder_blocks
                .get(i)
                .copied()
                .unwrap_or_default();
            let blocks = blocks(&layers, at, count, *width)?;
            let is_last = i + 1 == widths.len();
            at += count + usize::from(!is_last);
            let outputs = if is_last { 3 } else { *width };
            let bias = if is_last { Bias::With } else { Bias::Without };
            let conv = ConvShape::same(*width, outputs, 3);
            levels.push((blocks, Conv2d::load(&layers.pp(at), conv, bias)?));
            at += 1;
        }
        Ok(Self {
            into: Conv2d::load(&layers.pp(0), into, Bias::With)?,
            levels,
        })
    }

    /// (batch, latent channels, height, width), as diffused → (batch, 3, 8·height, 8·width) for four
    /// levels, about −1 to 1.
    ///
    /// # Errors
    /// Where there are other channels.
    pub fn forward(&self, latents: &Tensor) -> Result<Tensor> {
        let squeezed = ((latents / LOUDEST)?.tanh()? * LOUDEST)?;
        let mut x = self.into.forward_relu(&squeezed, None)?;
        let Some(((blocks, conv), before)) = self.levels.split_last() else {
            return Ok(x);
        };
        let mut above: Option<&Conv2d> = None;
        for (blocks, conv) in before {
            if let Some(above) = above {
                x = above.forward_doubled(&x, None)?;
            }
            x = all_of(blocks, x)?;
            above = Some(conv);
        }
        let picture = match above {
            Some(above) => in_strips((above, blocks, conv), &x, STRIP)?,
            None => conv.forward(&all_of(blocks, x)?)?,
        };
        // From 0 to 1 to −1 to 1.
        Ok(((picture * 2.0)? - 1.0)?)
    }
}

/// Numbers of the widest level that are made at a time. More would be new memory every time, which has to be cleared
/// first: that took a quarter of all.
const STRIP: usize = 6 << 20;
/// Lines that a 3×3 convolution looks at on either side.
const REACH: usize = 1;

/// The last level in strips of lines, the same as in one piece: the pixels of `x` doubled by the first convolution, the
/// blocks, the second convolution.
fn in_strips(
    (above, blocks, conv): (&Conv2d, &[Block], &Conv2d),
    x: &Tensor,
    most: usize,
) -> Result<Tensor> {
    let (batch, channels, height, width) = x.dims4()?;
    // In lines of `x`, each of which becomes two: what all convolutions look at together, and what is kept.
    let halo = (REACH * (2 + 3 * blocks.len())).div_ceil(2);
    let all = most / (4 * batch * channels * width).max(1);
    let kept = all.saturating_sub(2 * halo).max(2 * halo);
    let mut strips = Vec::with_capacity(height.div_ceil(kept));
    for from in (0..height).step_by(kept) {
        let to = height.min(from + kept);
        let (start, end) = (from.saturating_sub(halo), height.min(to + halo));
        let seen = x.narrow(2, start, end - start)?.contiguous()?;
        let made = all_of(blocks, above.forward_doubled(&seen, None)?)?;
        let made = conv.forward(&made)?;
        strips.push(made.narrow(2, 2 * (from - start), 2 * (to - from))?);
    }
    Ok(Tensor::cat(&strips, 2)?)
}

impl TinyEncoder {
    /// `encoder` of a checkpoint.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape.
    pub fn load(weights: &Weights, config: &TinyVaeConfig) -> Result<Self> {
        let layers = weights.pp("encoder.layers");
        let widths = &config.encoder_block_out_channels;
        let (mut at, mut before) = (0, 3);
        let mut levels = Vec::new();
        for (i, width) in widths.iter().enumerate() {
            let shape = ConvShape {
                stride: if i == 0 { 1 } else { 2 },
                ..ConvShape::same(before, *width, 3)
            };
            let bias = if i == 0 { Bias::With } else { Bias::Without };
            let conv = Conv2d::load(&layers.pp(at), shape, bias)?;
            let count = config
                .num_encoder_blocks
                .get(i)
                .copied()
                .unwrap_or_default();
            levels.push((conv, blocks(&layers, at + 1, count, *width)?));
            at += 1 + count;
            before = *width;
        }
        let out = ConvShape::same(before, config.latent_channels, 3);
        Ok(Self {
            levels,
            out: Conv2d::load(&layers.pp(at), out, Bias::With)?,
        })
    }

    /// (batch, 3, height, width) of −1 to 1 → latents as they are diffused.
    ///
    /// # Errors
    /// Where there are other channels.
    pub fn forward(&self, picture: &Tensor) -> Result<Tensor> {
        let mut x = ((picture + 1.0)? / 2.0)?;
        for (conv, blocks) in &self.levels {
            x = all_of(blocks, conv.forward(&x)?)?;
        }
        self.out.forward(&x)
    }
}

/// Block after block: each is written over what the last ones needed.
fn all_of(blocks: &[Block], mut x: Tensor) -> Result<Tensor> {
    let mut spare = Vec::new();
    for block in blocks {
        x = block.forward(x, &mut spare)?;
    }
    Ok(x)
}

fn blocks(layers: &Weights, first: usize, count: usize, width: usize) -> Result<Vec<Block>> {
    let block = |i| Block::load(&layers.pp(first + i), width);
    (0..count).map(block).collect()
}

/// Three convolutions on top of what came in.
#[derive(Clone, Debug)]
struct Block([Conv2d; 3]);

impl Block {
    fn load(weights: &Weights, width: usize) -> Result<Self> {
        let conv = |i: usize| {
            let shape = ConvShape::same(width, width, 3);
            Conv2d::load(&weights.pp("conv").pp(i), shape, Bias::With)
        };
        Ok(Self([conv(0)?, conv(2)?, conv(4)?]))
    }

    /// `spare` are tensors that nobody needs any more; `x` becomes one.
    fn forward(&self, x: Tensor, spare: &mut Vec<Tensor>) -> Result<Tensor> {
        let [first, second, third] = &self.0;
        let hidden = first.forward_relu_over(&x, None, spare.pop())?;
        let deep = second.forward_relu_over(&hidden, None, spare.pop())?;
        let sum = third.forward_relu_over(&deep, Some(&x), Some(hidden))?;
        spare.extend([x, deep]);
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};
    use songwright_nn::weights::{Memory, asked_by};

    use super::*;

    #[test]
    fn strips_are_the_whole() {
        let config = TinyVaeConfig {
            decoder_block_out_channels: vec![16; 4],
            ..TinyVaeConfig::default()
        };
        let asked = asked_by(|weights| TinyDecoder::load(weights, &config).map(drop)).unwrap();
        let random = |shape: &candle_core::Shape| {
            Tensor::randn(0_f32, 0.1, shape.clone(), &Device::Cpu).unwrap()
        };
        let memory: Memory = asked
            .into_iter()
            .map(|(name, shape)| (name, random(&shape)))
            .collect();
        let weights = Weights::new(memory, DType::F32, &Device::Cpu);
        let decoder = TinyDecoder::load(&weights, &config).unwrap();
        let [.., (_, above), (blocks, conv)] = decoder.levels.as_slice() else {
            panic!("there are four levels");
        };
        for height in [1, 7, 45, 64] {
            let x = random(&(2, 16, height, 24).into());
            let strips = |most| in_strips((above, blocks, conv), &x, most).unwrap();
            let whole = strips(usize::MAX);
            assert_eq!(whole.dims(), [2, 3, 2 * height, 48]);
            let largest = |x: Tensor| {
                let largest = x.abs().unwrap().max_all().unwrap();
                largest.to_scalar::<f32>().unwrap()
            };
            for most in [1, 4 * 2 * 16 * 24 * 20] {
                let apart = largest((strips(most) - &whole).unwrap());
                assert!(apart <= 1e-5 * largest(whole.clone()), "{height}: {apart}");
            }
        }
    }
}
