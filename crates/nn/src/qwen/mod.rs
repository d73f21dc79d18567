//! Qwen2, Qwen2.5 and Qwen3, the dense ones: decoders of text (Qwen Team 2024, 2025; transformers'
//! `Qwen2ForCausalLM` and `Qwen3ForCausalLM`).
//!
//! Names of tensors are the hub's; [`GgufNames`] reads a GGUF file by them. Tables of positions are
//! made in f32 whatever the network's type is: in bf16 whole positions beyond 256 would be lost.

mod attention;
mod cache;
mod config;
mod gguf;
mod layer;
mod model;
mod rotary;

pub use cache::{Cache, Prefix};
pub use config::{Config, Family};
pub use gguf::{GgufNames, llama_name};
pub use model::{Qwen, kept_as};
