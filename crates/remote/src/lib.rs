//! The three makers over HTTP: another Songwright's services, or any that keep the same contract.
//!
//! [`RemoteLyricist`], [`RemoteComposer`] and [`RemoteArtist`] block like every engine and are
//! called on engine threads, never within an asynchronous runtime.

mod artist;
mod artwork;
mod body;
mod client;
mod composer;
mod connection;
mod error;
mod health;
mod identity;
mod lyricist;
mod refusal;
mod target;
mod task;
mod waveform;
mod wire;

pub use artist::RemoteArtist;
pub use composer::{RemoteComposer, RemoteFacts};
pub use health::healthy;
pub use lyricist::RemoteLyricist;
pub use target::RemoteTarget;
