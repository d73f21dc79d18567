use candle_core::{Device, Tensor};
use songwright_nn::{
    Error, Result, Weights,
    conv::{Conv2d, ConvShape},
    norm::GroupNorm,
    ops::silu,
    weights::Bias,
};

use super::{
    embedding::{Embedding, sinusoid},
    levels::{Layer, Level, LevelShape},
    resnet::{Resnet, ResnetShape},
    spatial_transformer::{SpatialTransformer, TransformerShape},
    transformer_block::KeyValues,
};
use crate::sdxl::config::{BlockType, UnetConfig};

/// SDXL's UNet (Podell et al. 2023; diffusers' `UNet2DConditionModel` with `text_time` conditioning).
#[derive(Clone, Debug)]
pub struct Unet {
    time: Embedding,
    added: Embedding,
    into: Conv2d,
    down: Vec<Level>,
    middle: (Resnet, SpatialTransformer, Resnet),
    up: Vec<Level>,
    norm: GroupNorm,
    out: Conv2d,
    config: UnetConfig,
    device: Device,
}

/// A text as every transformer block sees it, the same for all steps.
#[derive(Clone, Debug)]
pub struct Context(Vec<KeyValues>);

impl Context {
    pub(super) fn of(&self, block: usize) -> Result<&KeyValues> {
        let missing = || {
            let what = format!("a text without block {block}");
            Error::Candle(candle_core::Error::Msg(what))
        };
        self.0.get(block).ok_or_else(missing)
    }
}

/// Numbers transformer blocks, in the order in which they are loaded.
#[derive(Debug, Default)]
pub(super) struct Places(usize);

impl Places {
    pub(super) fn take(&mut self, count: usize) -> usize {
        let first = self.0;
        self.0 += count;
        first
    }
}

impl Unet {
    /// The UNet of a checkpoint.
    ///
    /// # Errors
    /// Where a tensor is missing or of another shape, or the configuration's levels do not agree.
    pub fn load(weights: &Weights, config: &UnetConfig) -> Result<Self> {
        let levels = config.block_out_channels.len();
        let agree = [
            config.down_block_types.len(),
            config.up_block_types.len(),
            config.transformer_layers_per_block.len(),
            config.attention_head_dim.len(),
        ];
        if levels == 0 || agree.iter().any(|count| *count != levels) {
            let what = format!("a UNet of {levels} levels, and {agree:?} of what they are made of");
            return Err(Error::Candle(candle_core::Error::Msg(what)));
        }
        let channels = &config.block_out_channels;
        let (first, last) = (channels[0], channels[levels - 1]);
        let size = 4 * first;
        let float = weights.quantised(None);
        let mut places = Places::default();
        let shape = |level: usize, kind: Option<BlockType>| {
            LevelShape::of(config, level, kind.is_none_or(BlockType::attends))
        };
        let mut down = Vec::with_capacity(levels);
        // Channels of what the way up is given, beginning with the first convolution's.
        let mut skipped = vec![first];
        for level in 0..levels {
            let place = weights.pp("down_blocks").pp(level);
            let outputs = channels[level];
            let mut inputs = vec![outputs; config.layers_per_block];
            if let Some(inputs) = inputs.first_mut() {
                *inputs = channels[level.saturating_sub(1)];
            }
            skipped.extend(vec![outputs; config.layers_per_block]);
            let shape = shape(level, Some(config.down_block_types[level]));
            let mut loaded = Level::load(&place, &inputs, shape, &mut places)?;
            if level + 1 < levels {
                loaded = loaded.then_down(&place, outputs)?;
                skipped.push(outputs);
            }
            down.push(loaded);
        }
        let place = weights.pp("mid_block");
        let middle = shape(levels - 1, None);
        let resnet = |i: usize| Resnet::load(&place.pp("resnets").pp(i), last, last, middle.resnet);
        let middle = (
            resnet(0)?,
            SpatialTransformer::load(
                &place.pp("attentions.0"),
                LevelShape::transformer(config, levels - 1),
                &mut places,
            )?,
            resnet(1)?,
        );
        let mut up = Vec::with_capacity(levels);
        let mut before = last;
        for i in 0..levels {
            let (place, level) = (weights.pp("up_blocks").pp(i), levels - 1 - i);
            let outputs = channels[level];
            let inputs: Vec<usize> = (0..=config.layers_per_block)
                .map(|layer| {
                    let below = if layer == 0 { before } else { outputs };
                    below + skipped.pop().unwrap_or_default()
                })
                .collect();
            let shape = shape(level, Some(config.up_block_types[i]));
            let mut loaded = Level::load(&place, &inputs, shape, &mut places)?;
            if level > 0 {
                loaded = loaded.then_up(&place, outputs)?;
            }
            up.push(loaded);
            before = outputs;
        }
        let conv = |name: &str, inputs, outputs| {
            let shape = ConvShape::same(inputs, outputs, 3);
            Conv2d::load(&weights.pp(name), shape, Bias::With)
        };
        let added = config.projection_class_embeddings_input_dim;
        let norm = weights.pp("conv_norm_out");
        Ok(Self {
            time: Embedding::load(&float.pp("time_embedding"), first, size)?,
            added: Embedding::load(&float.pp("add_embedding"), added, size)?,
            into: conv("conv_in", config.in_channels, first)?,
            down,
            middle,
            up,
            norm: GroupNorm::load(&norm, config.norm_num_groups, first, config.norm_eps)?,
            out: conv("conv_out", first, config.out_channels)?,
            config: config.clone(),
            device: weights.device().clone(),
        })
    }

    /// What a text, (batch, tokens, features), is to every block.
    ///
    /// # Errors
    /// Where it has other features.
    pub fn context(&self, text: &Tensor) -> Result<Context> {
        let layers = |levels: &[Level]| -> Result<Vec<KeyValues>> {
            let layers = levels.iter().flat_map(|level| &level.layers);
            let transformers = layers.filter_map(|layer| layer.transformer.as_ref());
            let blocks = transformers.flat_map(SpatialTransformer::blocks);
            blocks.map(|block| block.key_values(text)).collect()
        };
        let mut all = layers(&self.down)?;
        for block in self.middle.1.blocks() {
            all.push(block.key_values(text)?);
        }
        all.extend(layers(&self.up)?);
        Ok(Context(all))
    }

    /// The embedding of one timestep, (1, size).
    ///
    /// # Errors
    /// Those of the device.
    pub fn timestep(&self, timestep: f32) -> Result<Tensor> {
        let size = self.config.block_out_channels[0];
        self.time
            .forward(&sinusoid(&[timestep], size, &self.device)?)
    }

    /// The embedding of the pooled text, (batch, features), and of the six numbers that say how large a
    /// picture is and where it was cut, (batch, 6): (batch, size).
    ///
    /// # Errors
    /// Where there are other features.
    pub fn added(&self, pooled: &Tensor, time_ids: &Tensor) -> Result<Tensor> {
        let (batch, numbers) = time_ids.dims2()?;
        let ids = time_ids.flatten_all()?.to_vec1::<f32>()?;
        let size = self.config.addition_time_embed_dim;
        let ids = sinusoid(&ids, size, &self.device)?.reshape((batch, numbers * size))?;
        let pooled = pooled.to_dtype(ids.dtype())?;
        self.added.forward(&Tensor::cat(&[&pooled, &ids], 1)?)
    }

    /// The noise that a latent (batch, channels, height, width) holds; `conditioning` is the sum of
    /// [`Self::timestep`] and [`Self::added`], (batch, size).
    ///
    /// # Errors
    /// Where the shapes do not fit together.
    pub fn forward(&self, x: &Tensor, conditioning: &Tensor, text: &Context) -> Result<Tensor> {
        let time = silu(conditioning)?;
        let mut x = self.into.forward(x)?;
        let mut skipped = vec![x.clone()];
        for level in &self.down {
            for layer in &level.layers {
                x = layer.forward(&x, &time, text)?;
                skipped.push(x.clone());
            }
            if let Some(resample) = &level.resample {
                x = resample.forward(&x)?;
                skipped.push(x.clone());
            }
        }
        x = self.middle.0.forward(&x, Some(&time))?;
        x = self.middle.1.forward(&x, text)?;
        x = self.middle.2.forward(&x, Some(&time))?;
        for level in &self.up {
            for layer in &level.layers {
                x = with_skipped(layer, &x, &mut skipped, (&time, text))?;
            }
            if let (Some(resample), Some(next)) = (&level.resample, skipped.last()) {
                // Halving rounds up, so that twice as many may be one too many.
                let (_, _, height, width) = next.dims4()?;
                let (_, _, lines, columns) = x.dims4()?;
                x = if (height, width) == (2 * lines, 2 * columns) {
                    resample.forward_doubled(&x, None)?
                } else {
                    resample.forward(&x.upsample_nearest2d(height, width)?)?
                };
            }
        }
        self.out.forward_normed((&self.norm, None), &x, None)
    }
}

fn with_skipped(
    layer: &Layer,
    x: &Tensor,
    skipped: &mut Vec<Tensor>,
    (time, text): (&Tensor, &Context),
) -> Result<Tensor> {
    let Some(skipped) = skipped.pop() else {
        let what = "more layers on the way up than down".to_owned();
        return Err(Error::Candle(candle_core::Error::Msg(what)));
    };
    layer.forward(&Tensor::cat(&[x, &skipped], 1)?, time, text)
}

impl LevelShape {
    fn of(config: &UnetConfig, level: usize, attends: bool) -> Self {
        Self {
            resnet: ResnetShape {
                groups: config.norm_num_groups,
                eps: config.norm_eps,
                time: Some(4 * config.block_out_channels[0]),
            },
            transformer: attends.then(|| Self::transformer(config, level)),
            outputs: config.block_out_channels[level],
        }
    }

    fn transformer(config: &UnetConfig, level: usize) -> TransformerShape {
        TransformerShape {
            channels: config.block_out_channels[level],
            layers: config.transformer_layers_per_block[level],
            heads: config.attention_head_dim[level],
            text: config.cross_attention_dim,
            groups: config.norm_num_groups,
        }
    }
}
