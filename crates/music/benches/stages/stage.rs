//! The stages by their names.

use anyhow::{Context as _, Result, bail};
use candle_core::{DType, Device, Tensor, quantized::GgmlDType};
use songwright_music::ace_step::{
    config::{LyricEncoderConfig, TransformerConfig},
    model::{
        Branch, Conditioning, LyricEncoder, TextEncoder, TextEncoderConfig, Timestep, Transformer,
        dcae::{BlockType, DcaeConfig, DcaeDecoder},
        vocoder::{Vocoder, VocoderConfig},
    },
};
use songwright_stages::{Stage, network, tensor};

/// All there are. A number is the length in frames of the latents (10.8 a second), for the vocoder in
/// frames of the mel spectrogram (86 a second), else in tokens. `block` is one of the diffusion
/// transformer's 24, `block-q8` the same with its matrices in `Q8_0`.
pub(crate) const NAMES: [&str; 12] = [
    "block-107",
    "block-322",
    "block-645",
    "block-q8-107",
    "block-q8-322",
    "block-q8-645",
    "dit-ends-322",
    "dcae-107",
    "vocoder-172",
    "vocoder-861",
    "text-24",
    "lyrics-300",
];

/// Tokens of the prompt that the blocks meet.
const PROMPT: usize = 325;
/// Blocks that take turns, so that none finds its weights in a cache.
const BLOCKS: usize = 2;

/// A stage, by its name.
pub(crate) fn ready(name: &str) -> Result<Stage> {
    let (kind, length) = name.rsplit_once('-').context("no length")?;
    let length: usize = length.parse()?;
    Ok(match kind {
        "block" => block(length, None)?,
        "block-q8" => block(length, Some(GgmlDType::Q8_0))?,
        "dit-ends" => ends(length)?,
        "dcae" => dcae(length)?,
        "vocoder" => vocoder(length)?,
        "text" => text(length)?,
        "lyrics" => lyrics(length)?,
        _ => bail!("there is no stage {name}"),
    })
}

fn transformer(
    num_layers: usize,
    blocks: Option<GgmlDType>,
) -> Result<(Transformer, Branch, Timestep)> {
    let config = TransformerConfig {
        num_layers,
        inner_dim: 2560,
        num_attention_heads: 20,
        attention_head_dim: 128,
        mlp_ratio: 2.5,
        in_channels: 8,
        out_channels: 8,
        patch_size: [16, 1],
        max_height: 16,
        rope_theta: 1e6,
        speaker_embedding_dim: 512,
        text_embedding_dim: 768,
        lyric_encoder_vocab_size: 6693,
        lyric_hidden_size: 1024,
        lyric_encoder: LyricEncoderConfig::default(),
    };
    let model = network(|weights| Transformer::load(&weights.quantised(blocks), &config))?;
    let conditioning = Conditioning {
        states: tensor((1, PROMPT, 2560), 1.0)?,
        mask: Tensor::ones((1, PROMPT), DType::F32, &Device::Cpu)?,
    };
    let branch = model.branch(&conditioning, false)?;
    let timestep = model.timesteps(&[500.0])?.at(0)?;
    Ok((model, branch, timestep))
}

fn block(frames: usize, blocks: Option<GgmlDType>) -> Result<Stage> {
    let (model, branch, timestep) = transformer(BLOCKS, blocks)?;
    let x = tensor((1, frames, 2560), 1.0)?;
    let mut turn = 0;
    Ok(Box::new(move || {
        turn = (turn + 1) % BLOCKS;
        model.block(turn, &x, &timestep, &branch)?;
        Ok(())
    }))
}

/// What comes before and after the blocks.
fn ends(frames: usize) -> Result<Stage> {
    let (model, branch, timestep) = transformer(0, None)?;
    let latents = tensor((1, 8, 16, frames), 1.0)?;
    Ok(Box::new(move || {
        model.forward(&latents, &timestep, &branch)?;
        Ok(())
    }))
}

fn dcae(frames: usize) -> Result<Stage> {
    let kinds = vec![
        BlockType::ResBlock,
        BlockType::ResBlock,
        BlockType::ResBlock,
        BlockType::EfficientViTBlock,
    ];
    let (channels, scales) = (
        vec![128, 256, 512, 1024],
        vec![vec![], vec![], vec![5], vec![5]],
    );
    let config = DcaeConfig {
        in_channels: 2,
        latent_channels: 8,
        attention_head_dim: 32,
        encoder_block_types: kinds.clone(),
        decoder_block_types: kinds,
        encoder_block_out_channels: channels.clone(),
        decoder_block_out_channels: channels,
        encoder_layers_per_block: vec![2, 2, 3, 3],
        decoder_layers_per_block: vec![3, 3, 3, 3],
        encoder_qkv_multiscales: scales.clone(),
        decoder_qkv_multiscales: scales,
    };
    let model = network(|weights| DcaeDecoder::load(weights, &config))?;
    let latents = tensor((1, 8, 16, frames), 1.0)?;
    Ok(Box::new(move || {
        model.forward(&latents)?;
        Ok(())
    }))
}

fn vocoder(frames: usize) -> Result<Stage> {
    let model = network(|weights| Vocoder::load(weights, &VocoderConfig::default()))?;
    let mel = tensor((2, 128, frames), 1.0)?;
    Ok(Box::new(move || {
        model.forward(&mel)?;
        Ok(())
    }))
}

fn text(tokens: usize) -> Result<Stage> {
    let config = TextEncoderConfig {
        // The real one has 256,384 rows; a look-up costs the same in fewer.
        vocab_size: 1000,
        d_model: 768,
        d_kv: 64,
        d_ff: 2048,
        num_layers: 12,
        num_heads: 12,
        relative_attention_num_buckets: 32,
        relative_attention_max_distance: 128,
        layer_norm_epsilon: 1e-6,
    };
    let model = network(|weights| TextEncoder::load(weights, &config))?;
    let ids: Vec<u32> = (0..tokens as u32).collect();
    let ids = Tensor::from_vec(ids, (1, tokens), &Device::Cpu)?;
    Ok(Box::new(move || {
        model.forward(&ids, None, false)?;
        Ok(())
    }))
}

fn lyrics(tokens: usize) -> Result<Stage> {
    let config = LyricEncoderConfig::default();
    let model = network(|weights| LyricEncoder::load(weights, 1024, &config))?;
    let x = tensor((1, tokens, 1024), 1.0)?;
    let mask = Tensor::ones((1, tokens), DType::F32, &Device::Cpu)?;
    Ok(Box::new(move || {
        model.forward(&x, &mask, false)?;
        Ok(())
    }))
}
