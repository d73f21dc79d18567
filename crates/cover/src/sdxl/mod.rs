//! SDXL (Podell et al., "SDXL: Improving Latent Diffusion Models for High-Resolution Image Synthesis",
//! arXiv 2307.01952), distilled to a few steps, on candle.

mod artist;
mod checkpoint;
pub mod config;
pub mod diffusion;
mod error;
pub mod model;
mod needs;
mod networks;
mod picture;
mod plan;
mod prompt;
mod quantise;
mod remembered;
mod run;
pub mod scheduler;
mod size;
pub mod text;
pub mod tokenizer;
mod unet_file;
mod unet_names;

pub use artist::SdxlArtist;
pub use checkpoint::{Checkpoint, Part};
pub use error::Error;
pub use picture::{from_rgb, to_rgb};
pub use plan::{Plan, Sizes};
pub use prompt::Words;
pub use quantise::quantise;
