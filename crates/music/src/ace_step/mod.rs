//! ACE-Step v1 (Gong et al., "ACE-Step: A Step Towards Music Generation Foundation Model",
//! arXiv 2506.00045) on candle.

mod adapter_folder;
mod checkpoint;
pub mod codec;
mod composer;
pub mod config;
pub mod diffusion;
mod error;
mod facts;
mod layout;
mod limits;
mod log_mel;
pub mod lyric_text;
pub mod model;
mod networks;
mod plan;
mod quantise;
mod ranges;
mod run;
mod source;
mod tags;

pub use adapter_folder::AdapterFolder;
pub use checkpoint::{Checkpoint, Part};
pub use composer::AceStepComposer;
pub use error::Error;
pub use facts::AceStepFacts;
pub use limits::DURATION_S;
pub use log_mel::{LogMel, bank};
pub use plan::{Needs, Plan, Sizes};
pub use quantise::quantise;
