//! SDXL (Podell et al., "SDXL: Improving Latent Diffusion Models for High-Resolution Image Synthesis",
//! arXiv 2307.01952), distilled to a few steps, on candle.

pub mod config;
pub mod diffusion;
mod error;
pub mod model;
mod picture;
pub mod scheduler;
pub mod text;
pub mod tokenizer;

pub use error::Error;
pub use picture::{from_rgb, to_rgb};
