//! The integrated service. It owns no model and touches no tensor:
//!
//! ```text
//! description → tags prompt, lyrics → title → music ∥ cover → categories → files → library row
//! ```
//! Only the music is indispensable. What else fails leaves an entry in `errors`.

mod bundle;
mod cover;
pub mod cover_request;
mod demo;
mod estimate;
mod keep;
mod make;
mod making;
mod new_files;
mod picture;
mod provenance;
mod reference;
mod release;
mod shelf;
mod stages;
mod stems;
mod studio;
mod sweep;
mod take;
mod take_changes;
mod words;

pub use bundle::{BundleFile, BundleWish};
pub use demo::{demo_music, demo_song};
pub use estimate::Allowed;
pub use keep::KeptAudio;
pub use making::Making;
pub use provenance::Provenance;
pub use release::{ArtForm, ArtWish, ReleaseArt};
pub use shelf::{links, package, song};
pub use stems::PlayStems;
pub use studio::Studio;
