//! The cover service: a picture from a prompt and a style.

mod artist;
mod params;
pub mod sdxl;
mod service;
mod style;

pub use artist::{Cover, CoverArtist};
pub use params::CoverParams;
pub use service::CoverService;
pub use style::{CoverStyle, StylePreset};
