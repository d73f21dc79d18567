//! The cover service: a picture from a prompt and a style.

mod artist;
mod detail;
mod drawn;
mod file;
mod imagery;
mod params;
mod release;
pub mod sdxl;
mod service;
mod style;
mod typography;

pub use artist::{Cover, CoverArtist, first};
pub use detail::Detail;
pub use drawn::Drawn;
pub use file::{Fact, FileError, fact, jpeg, png};
pub use imagery::imagery;
pub use params::{CoverParams, PROMPT_CHARS, Redraw};
pub use release::{RELEASE_PIXELS, release_art};
pub use service::CoverService;
pub use style::{CoverStyle, StylePreset, StyleText};
pub use typography::{CoverWords, letter};
