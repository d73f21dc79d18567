//! What several networks share on candle: weights, layers, kernels, noise.
//!
//! Nothing here knows a model but [`qwen`], which several services build on. Shapes are written as candle writes them: batch first, channels
//! before time or pixels in convolutions, features last elsewhere.

pub mod attention;
mod blocks;
pub mod conv;
mod cpu;
pub mod device;
mod error;
mod linear;
pub mod norm;
pub mod ops;
pub mod qwen;
pub mod random;
pub mod stop;
#[cfg(test)]
mod testing;
pub mod weights;

pub use blocks::Blocks;
pub use error::{Error, Result};
pub use linear::{Linear, Matrix};
pub use weights::Weights;
