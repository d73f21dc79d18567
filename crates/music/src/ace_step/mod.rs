//! ACE-Step v1 (Gong et al., "ACE-Step: A Step Towards Music Generation Foundation Model",
//! arXiv 2506.00045) on candle.

pub mod codec;
pub mod config;
pub mod diffusion;
mod error;
mod log_mel;
pub mod lyric_text;
pub mod model;

pub use error::Error;
pub use log_mel::{LogMel, bank};
