//! The autoencoder between pictures and latents (Rombach et al. 2022; diffusers' `AutoencoderKL`).

mod attention;
mod decoder;
mod encoder;
mod tiles;

pub use decoder::VaeDecoder;
pub use encoder::{Moments, VaeEncoder};

/// Added to variances.
const EPS: f64 = 1e-6;
