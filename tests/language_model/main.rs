//! A language model from a folder to answers, on random values: what it writes means nothing, and has
//! to be what was asked for all the same.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

mod answers;
mod blocks;
mod checkpoints;
mod desk;
mod failures;
#[allow(
    dead_code,
    clippy::expect_used,
    reason = "a fixture of the hub's own tests, which use more of it"
)]
#[path = "../../crates/hub/tests/hub/fake_hub.rs"]
mod fake_hub;
mod grammars;
mod http;
mod real;
mod repositories;
mod tools;
