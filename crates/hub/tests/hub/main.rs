//! Models against a hub on this machine that speaks as the real one does, and misbehaves.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the whole crate is a test, its fixtures too"
)]

mod cache;
mod desk;
mod downloads;
mod fake_hub;
mod folders;
mod listings;
mod refusals;
mod troubles;
