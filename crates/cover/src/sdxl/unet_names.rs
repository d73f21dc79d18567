//! The names that the first implementation of latent diffusion gives to what diffusers calls otherwise: those of files that
//! were not converted, and of most GGUF files.

use super::config::UnetConfig;

/// The first implementation's name of one of diffusers'; one that it does not know is left as it is.
pub(super) fn original(name: &str, config: &UnetConfig) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    renamed(&parts, config).unwrap_or_else(|| name.to_owned())
}

fn renamed(parts: &[&str], config: &UnetConfig) -> Option<String> {
    // Blocks of all levels are counted through.
    let each = config.layers_per_block + 1;
    let at = |level: &str, layer: &str| -> Option<usize> {
        Some(level.parse::<usize>().ok()? * each + layer.parse::<usize>().ok()?)
    };
    Some(match parts {
        ["conv_in", rest @ ..] => joined("input_blocks.0.0", rest),
        ["conv_norm_out", rest @ ..] => joined("out.0", rest),
        ["conv_out", rest @ ..] => joined("out.2", rest),
        ["time_embedding", linear, rest @ ..] => joined(linear_of("time_embed", linear)?, rest),
        ["add_embedding", linear, rest @ ..] => joined(linear_of("label_emb.0", linear)?, rest),
        ["mid_block", "resnets", "0", rest @ ..] => resnet("middle_block.0", rest)?,
        ["mid_block", "attentions", "0", rest @ ..] => joined("middle_block.1", rest),
        ["mid_block", "resnets", "1", rest @ ..] => resnet("middle_block.2", rest)?,
        ["down_blocks", level, "resnets", layer, rest @ ..] => {
            // The first block is a convolution.
            resnet(&format!("input_blocks.{}.0", at(level, layer)? + 1), rest)?
        }
        ["down_blocks", level, "attentions", layer, rest @ ..] => {
            joined(format!("input_blocks.{}.1", at(level, layer)? + 1), rest)
        }
        ["down_blocks", level, "downsamplers", "0", "conv", rest @ ..] => joined(
            format!("input_blocks.{}.0.op", at(level, "0")? + each),
            rest,
        ),
        ["up_blocks", level, "resnets", layer, rest @ ..] => {
            resnet(&format!("output_blocks.{}.0", at(level, layer)?), rest)?
        }
        ["up_blocks", level, "attentions", layer, rest @ ..] => {
            joined(format!("output_blocks.{}.1", at(level, layer)?), rest)
        }
        ["up_blocks", level, "upsamplers", "0", "conv", rest @ ..] => {
            let kind = config.up_block_types.get(level.parse::<usize>().ok()?)?;
            let last = at(level, "0")? + each - 1;
            // It comes last in its block.
            let slot = if kind.attends() { 2 } else { 1 };
            joined(format!("output_blocks.{last}.{slot}.conv"), rest)
        }
        _ => return None,
    })
}

fn linear_of(place: &str, linear: &str) -> Option<String> {
    // The function between the two counts.
    let at = match linear {
        "linear_1" => 0,
        "linear_2" => 2,
        _ => return None,
    };
    Some(format!("{place}.{at}"))
}

fn resnet(place: &str, rest: &[&str]) -> Option<String> {
    let (layer, rest) = rest.split_first()?;
    let layer = match *layer {
        "norm1" => "in_layers.0",
        "conv1" => "in_layers.2",
        "time_emb_proj" => "emb_layers.1",
        "norm2" => "out_layers.0",
        "conv2" => "out_layers.3",
        "conv_shortcut" => "skip_connection",
        _ => return None,
    };
    Some(joined(format!("{place}.{layer}"), rest))
}

fn joined(place: impl Into<String>, rest: &[&str]) -> String {
    let mut name = place.into();
    for part in rest {
        name.push('.');
        name.push_str(part);
    }
    name
}
