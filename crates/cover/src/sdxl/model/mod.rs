//! SDXL's networks, one file a block, under the names of the checkpoint.

mod clip;
mod embedding;
mod levels;
mod resnet;
mod spatial_transformer;
mod tiny_vae;
mod transformer_block;
mod unet;
pub mod vae;

pub use clip::ClipTextEncoder;
pub use embedding::{Embedding, sinusoid};
pub use tiny_vae::{TinyDecoder, TinyEncoder};
pub use unet::{Context, Unet};
