//! The program as a process of its own, for tests that treat it as its users do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "all of it runs in tests"
)]

mod identity;
mod program;
pub mod sdxl;
mod server;
pub mod synthetic;
pub mod synthetic_qwen;
mod tokenizer;
mod wav;

pub use identity::small_model;
pub use program::{command, program};
pub use server::{Answer, Server};
pub use tokenizer::{qwen_tokenizer, unpacked};
pub use wav::WholeWav;
