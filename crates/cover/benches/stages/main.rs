//! What the parts of SDXL take at their real sizes, with random weights in f32 on the CPU.
//!
//! `cargo bench -p songwright-cover --bench stages` prints a table of all of them; names after `--` choose some.
//! With `--serve` it runs one stage for each line that names one and answers with two numbers, the CPU seconds
//! and the wall seconds: that is how `benches/diffusers/stages.py` runs both sides in turn. The number of threads
//! is `RAYON_NUM_THREADS`.

#![allow(
    clippy::print_stdout,
    missing_docs,
    reason = "a program that prints what it measured"
)]

mod clock;
mod random;
mod stage;

use std::io::{BufRead as _, Write as _};

use anyhow::{Context as _, Result};

use clock::{Spent, measure};
use stage::{NAMES, Stage};

/// Runs of each stage; the fastest counts.
const ROUNDS: usize = 3;

fn main() -> Result<()> {
    let given: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    if given.iter().any(|argument| argument == "--serve") {
        return serve();
    }
    println!("| Stage | CPU s | Wall s |\n|---|---|---|");
    for name in NAMES {
        if !given.is_empty() && !given.iter().any(|wanted| wanted == name) {
            continue;
        }
        let mut stage = Stage::new(name)?;
        stage.run()?;
        let mut best = Spent::MAX;
        for _ in 0..ROUNDS {
            best = best.min(measure(|| stage.run())?);
        }
        println!("| {name} | {:.4} | {:.4} |", best.cpu_s, best.wall_s);
    }
    Ok(())
}

fn serve() -> Result<()> {
    let mut ready: Option<(String, Stage)> = None;
    for line in std::io::stdin().lock().lines() {
        let name = line?;
        if ready.as_ref().is_none_or(|(old, _)| *old != name) {
            // Two stages' weights need not fit into memory together.
            drop(ready.take());
            let mut stage = Stage::new(&name)?;
            stage.run()?;
            ready = Some((name, stage));
        }
        let (_, stage) = ready.as_mut().context("no stage")?;
        let spent = measure(|| stage.run())?;
        println!("{} {}", spent.cpu_s, spent.wall_s);
        std::io::stdout().flush()?;
    }
    Ok(())
}
