//! SDXL's five networks.

use anyhow::{Result, ensure};
use songwright_cover::sdxl::{
    config::TinyVaeConfig,
    model::{
        ClipTextEncoder, TinyDecoder, TinyEncoder, Unet,
        vae::{VaeDecoder, VaeEncoder},
    },
};

use songwright_tests::sdxl::{clip_configs, unet_config, vae_config};

use crate::{asked, compare, manifest};

/// Reads a configuration, holds what its network asks for against a manifest, and counts parameters.
macro_rules! whole {
    ($manifest:literal, $parameters:literal, |$weights:ident| $build:expr) => {{
        let asked = asked(|$weights| $build)?;
        let parameters: usize = asked
            .values()
            .map(|shape| shape.iter().product::<usize>())
            .sum();
        ensure!(
            parameters == $parameters,
            "{parameters} parameters are read"
        );
        compare(&asked, &manifest(include_str!($manifest))?, |_| false)
    }};
}

#[test]
fn unet() -> Result<()> {
    let config = serde_json::from_value(unet_config())?;
    whole!("sdxl-unet.tsv", 2_567_463_684, |weights| Unet::load(
        weights, &config
    )
    .map(drop))
}

#[test]
fn vae() -> Result<()> {
    let config = serde_json::from_value(vae_config())?;
    whole!("sdxl-vae.tsv", 83_653_863, |weights| {
        VaeEncoder::load(weights, &config)?;
        VaeDecoder::load(weights, &config).map(drop)
    })
}

#[test]
fn tiny_vae() -> Result<()> {
    let config = TinyVaeConfig::default();
    whole!("taesdxl.tsv", 2_445_063, |weights| {
        TinyEncoder::load(weights, &config)?;
        TinyDecoder::load(weights, &config).map(drop)
    })
}

#[test]
fn text_encoders() -> Result<()> {
    let [first, second] = clip_configs();
    let config = serde_json::from_value(first)?;
    whole!("sdxl-clip-l.tsv", 123_060_480, |weights| {
        ClipTextEncoder::load(weights, &config, false).map(drop)
    })?;
    let config = serde_json::from_value(second)?;
    whole!("sdxl-clip-g.tsv", 694_659_840, |weights| {
        ClipTextEncoder::load(weights, &config, true).map(drop)
    })
}
