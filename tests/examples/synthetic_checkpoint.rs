//! Writes a checkpoint of random values under a published model's names, ACE-Step v1's where none is said:
//! `cargo run -p songwright-tests --example synthetic_checkpoint -- FOLDER small|real [ace-step|sdxl|qwen|qwen-1.7b]`.
//! Qwen is Qwen3 0.6B, or 1.7B, as a folder and as a GGUF file of eight-bit blocks beside it, `FOLDER.gguf`.

use std::{
    env, io,
    path::{Path, PathBuf},
};

use serde_json::Value;
use songwright_tests::{
    sdxl::write_sdxl,
    synthetic::{Measure, write_ace_step},
    synthetic_qwen::{self, Quantisation, write_qwen, write_qwen_gguf},
};

const SEED: u64 = 1;

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().map(PathBuf::from);
    let measure = match arguments.next().as_deref() {
        Some("small") => Measure::Small,
        Some("real") => Measure::Real,
        _ => return Err(io::Error::other("say FOLDER, then small or real")),
    };
    let folder = folder.unwrap_or_default();
    match arguments.next().as_deref() {
        Some("qwen") => write_both(&folder, measure, synthetic_qwen::qwen3_0_6b()),
        Some("qwen-1.7b") => write_both(&folder, measure, synthetic_qwen::qwen3_1_7b()),
        None | Some("ace-step") => write_ace_step(&folder, measure, SEED),
        Some("sdxl") => write_sdxl(&folder, measure, SEED),
        Some(other) => Err(io::Error::other(format!("no model {other} is known"))),
    }
}

/// A folder and, beside it, a GGUF file.
fn write_both(folder: &Path, measure: Measure, real: Value) -> io::Result<()> {
    let config = match measure {
        Measure::Small => synthetic_qwen::small(),
        Measure::Real => real,
    };
    write_qwen(folder, &config, SEED)?;
    let mut file = folder.as_os_str().to_owned();
    file.push(".gguf");
    write_qwen_gguf(folder, Path::new(&file), Quantisation::Q8_0)
}
