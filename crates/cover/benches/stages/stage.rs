//! The stages by their names.

use anyhow::{Context as _, Result, bail};
use candle_core::{Device, Tensor};
use songwright_cover::sdxl::{
    config::{Activation, BlockType, ClipConfig, TinyVaeConfig, UnetConfig, VaeConfig},
    model::{ClipTextEncoder, TinyDecoder, Unet, vae::VaeDecoder},
};
use songwright_stages::{Stage, network, tensor};

/// All there are. A number is the side of the picture in pixels. Of the ten transformer blocks in a row that the
/// published UNet has, `unet` has two, so that both sides' weights fit into memory together.
pub(crate) const NAMES: [&str; 8] = [
    "clip-l",
    "clip-g",
    "unet-512",
    "unet-1024",
    "vae-512",
    "vae-1024",
    "tiny-512",
    "tiny-1024",
];

/// A stage, by its name.
pub(crate) fn ready(name: &str) -> Result<Stage> {
    let (kind, size) = name.rsplit_once('-').context("no size")?;
    Ok(match (kind, size) {
        ("clip", size) => clip(size == "g")?,
        ("unet", size) => unet(size.parse::<usize>()? / 8)?,
        ("vae", size) => vae(size.parse::<usize>()? / 8)?,
        ("tiny", size) => tiny(size.parse::<usize>()? / 8)?,
        _ => bail!("there is no stage {name}"),
    })
}

fn clip(second: bool) -> Result<Stage> {
    let (size, layers, heads) = if second {
        (1280, 32, 20)
    } else {
        (768, 12, 12)
    };
    let config = ClipConfig {
        // The real one has 49,408 rows; a look-up costs the same in fewer.
        vocab_size: 1000,
        hidden_size: size,
        intermediate_size: 4 * size,
        projection_dim: size,
        num_hidden_layers: layers,
        num_attention_heads: heads,
        max_position_embeddings: 77,
        hidden_act: if second {
            Activation::Gelu
        } else {
            Activation::QuickGelu
        },
        layer_norm_eps: 1e-5,
    };
    let model = network(|weights| ClipTextEncoder::load(weights, &config, second))?;
    let ids = Tensor::from_vec((0..77_u32).collect(), (1, 77), &Device::Cpu)?;
    Ok(Box::new(move || {
        let states = model.penultimate(&ids)?;
        if second {
            model.pooled(&model.normed(&states)?, &ids)?;
        }
        Ok(())
    }))
}

fn unet(side: usize) -> Result<Stage> {
    let config = UnetConfig {
        in_channels: 4,
        out_channels: 4,
        down_block_types: vec![
            BlockType::DownBlock2D,
            BlockType::CrossAttnDownBlock2D,
            BlockType::CrossAttnDownBlock2D,
        ],
        up_block_types: vec![
            BlockType::CrossAttnUpBlock2D,
            BlockType::CrossAttnUpBlock2D,
            BlockType::UpBlock2D,
        ],
        block_out_channels: vec![320, 640, 1280],
        layers_per_block: 2,
        norm_num_groups: 32,
        norm_eps: 1e-5,
        cross_attention_dim: 2048,
        transformer_layers_per_block: vec![1, 2, 2],
        attention_head_dim: vec![5, 10, 20],
        addition_time_embed_dim: 256,
        projection_class_embeddings_input_dim: 2816,
    };
    let model = network(|weights| Unet::load(weights, &config))?;
    let latents = tensor((1, 4, side, side), 1.0)?;
    let (text, pooled) = (tensor((1, 77, 2048), 1.0)?, tensor((1, 1280), 1.0)?);
    let ids = tensor((1, 6), 512.0)?;
    Ok(Box::new(move || {
        // As the reference does, everything of a step, the text's keys and values too.
        let context = model.context(&text)?;
        let conditioning = (model.added(&pooled, &ids)? + model.timestep(999.0)?)?;
        model.forward(&latents, &conditioning, &context)?;
        Ok(())
    }))
}

fn vae(side: usize) -> Result<Stage> {
    let config = VaeConfig {
        in_channels: 3,
        out_channels: 3,
        block_out_channels: vec![128, 256, 512, 512],
        layers_per_block: 2,
        latent_channels: 4,
        norm_num_groups: 32,
        scaling_factor: 0.13025,
    };
    let model = network(|weights| VaeDecoder::load(weights, &config))?;
    let latents = tensor((1, 4, side, side), 1.0)?;
    Ok(Box::new(move || {
        model.forward(&latents)?;
        Ok(())
    }))
}

fn tiny(side: usize) -> Result<Stage> {
    let config = TinyVaeConfig::default();
    let model = network(|weights| TinyDecoder::load(weights, &config))?;
    let latents = tensor((1, 4, side, side), 1.0)?;
    Ok(Box::new(move || {
        model.forward(&latents)?;
        Ok(())
    }))
}
