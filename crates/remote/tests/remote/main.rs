//! The remote engines against real HTTP servers on this machine.

#![allow(
    clippy::unwrap_used,
    reason = "the whole crate is a test, its fixtures too"
)]

mod artist;
mod composer;
mod failures;
mod health;
mod lyricist;
mod server;
mod targets;
mod tasks;
