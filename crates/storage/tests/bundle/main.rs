//! A song goes out as a bundle and comes back the same; a damaged bundle is refused by name. On S3
//! too, where the tests are given a server.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests are tests too"
)]

#[path = "../fixture/mod.rs"]
mod fixture;
mod refusals;
mod studio;
mod travels;
