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
        for (i, (blocks, conv)) in self.levels.iter().enumerate() {
            x = all_of(blocks, x)?;
            x = if i + 1 < self.levels.len() {
                conv.forward_doubled(&x, None)?
            } else {
                conv.forward(&x)?
            };
        }
        Ok(((x * 2.0)? - 1.0)?)
    }
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
