//! Writes a checkpoint of random values under ACE-Step v1's names:
//! `cargo run -p songwright-tests --example synthetic_checkpoint -- FOLDER small|real`.

use std::{env, io, path::PathBuf};

use songwright_tests::synthetic::{Measure, write_ace_step};

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().map(PathBuf::from);
    let measure = match arguments.next().as_deref() {
        Some("small") => Measure::Small,
        Some("real") => Measure::Real,
        _ => return Err(io::Error::other("say FOLDER, then small or real")),
    };
    write_ace_step(&folder.unwrap_or_default(), measure, 1)
}
