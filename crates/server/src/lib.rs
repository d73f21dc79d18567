//! The embedded HTTP server: everything that a client can reach.
//!
//! ```text
//! request → Host and Origin checks → key → route → Queue → work → Studio → answer
//! ```
//! Only this crate knows axum.

pub mod adapters;
mod answer;
mod assembly;
mod body;
mod bundles;
mod device;
mod error;
mod files;
mod gate;
mod host;
mod key;
mod local_makers;
mod model_place;
pub mod models;
mod named_model;
mod neural_cover;
mod neural_lyrics;
mod neural_music;
mod openapi;
mod page;
pub mod quantise;
mod query;
pub mod repository;
mod routes;
mod serve;
mod settle;
mod work;

pub use assembly::Serving;
pub use device::Device;
pub use host::Host;
pub use openapi::openapi;
pub use routes::router;
pub use serve::serve;
pub use settle::Settle;
pub use songwright_cover::RELEASE_PIXELS;
