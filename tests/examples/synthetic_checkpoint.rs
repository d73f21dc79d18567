//! Writes a checkpoint of random values under a published model's names, ACE-Step v1's where none is said:
//! `cargo run -p songwright-tests --example synthetic_checkpoint -- FOLDER small|real [ace-step|sdxl|qwen]`.
//! Qwen is Qwen3 0.6B, as a folder and as a GGUF file of eight-bit blocks beside it, `FOLDER.gguf`.

use std::{env, io, path::PathBuf};

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
        None | Some("ace-step") => write_ace_step(&folder, measure, SEED),
        Some("sdxl") => write_sdxl(&folder, measure, SEED),
        Some("qwen") => {
            let config = match measure {
                Measure::Small => synthetic_qwen::small(),
                Measure::Real => synthetic_qwen::real(),
            };
            write_qwen(&folder, &config, SEED)?;
            write_qwen_gguf(&folder, &folder.with_extension("gguf"), Quantisation::Q8_0)
        }
        Some(other) => Err(io::Error::other(format!("no model {other} is known"))),
    }
}
