//! The command line as its users type it: what it prints, what it writes, how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod cover;
mod home;
mod lyrics;
mod processes;
mod song;
mod studio;
