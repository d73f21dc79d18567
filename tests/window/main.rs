#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]
fn main() {}
