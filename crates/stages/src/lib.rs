//! Stages of a network at their real sizes, timed alone or in turn with the same stages elsewhere.
//!
//! A benchmark gives [`run`] its stages by name. It prints a table of all of them; names on the command
//! line choose some. With `--serve` it runs one stage for each line that names one and answers with two
//! numbers, the CPU seconds and the wall seconds: that is how `side_by_side.py` beside this crate runs
//! both sides in turn. The number of threads is `RAYON_NUM_THREADS`. Stages that read files have their
//! folder from `--folder`.

#![allow(
    clippy::print_stdout,
    reason = "its benchmarks are programs that print what they measured"
)]

mod clock;
mod random;

use std::{
    io::{BufRead as _, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result};

pub use clock::{Spent, measure};
pub use random::{network, tensor};

/// Runs of each stage; the fastest counts.
const ROUNDS: usize = 5;

/// A stage with its weights and its input, to be run again and again.
pub type Stage = Box<dyn FnMut() -> Result<()>>;

/// A benchmark's `main`: its stages' names, and how one of them is made ready.
///
/// # Errors
/// Those of the stages; where a name is not one of them.
pub fn run(names: &[&str], ready: impl Fn(&str) -> Result<Stage>) -> Result<()> {
    run_given(&arguments(), names, ready)
}

/// The same for stages that read, and may write, files of the folder that `--folder` names.
///
/// # Errors
/// As [`run`]; where no folder is named.
pub fn run_in_folder(names: &[&str], ready: impl Fn(&Path, &str) -> Result<Stage>) -> Result<()> {
    let mut given = arguments();
    let at = given
        .iter()
        .position(|argument| argument == "--folder")
        .filter(|at| at + 1 < given.len())
        .context("say where the files are to lie: --folder FOLDER")?;
    let folder = given.drain(at..at + 2).nth(1).unwrap_or_default();
    run_given(&given, names, |name| ready(Path::new(&folder), name))
}

fn arguments() -> Vec<String> {
    let given = std::env::args().skip(1);
    given.filter(|argument| argument != "--bench").collect()
}

fn run_given(
    given: &[String],
    names: &[&str],
    ready: impl Fn(&str) -> Result<Stage>,
) -> Result<()> {
    if given.iter().any(|argument| argument == "--serve") {
        return serve(ready);
    }
    println!("| Stage | CPU s | Wall s |\n|---|---|---|");
    for name in names {
        if !given.is_empty() && !given.iter().any(|wanted| wanted == name) {
            continue;
        }
        let mut stage = ready(name)?;
        stage()?;
        let mut best = Spent::MAX;
        for _ in 0..ROUNDS {
            best = best.min(measure(&mut stage)?);
        }
        println!("| {name} | {:.4} | {:.4} |", best.cpu_s, best.wall_s);
    }
    Ok(())
}

fn serve(ready: impl Fn(&str) -> Result<Stage>) -> Result<()> {
    let mut last: Option<(String, Stage)> = None;
    for line in std::io::stdin().lock().lines() {
        let name = line?;
        if last.as_ref().is_none_or(|(old, _)| *old != name) {
            // Two stages' weights need not fit into memory together.
            drop(last.take());
            let mut stage = ready(&name)?;
            stage()?;
            last = Some((name, stage));
        }
        let (_, stage) = last.as_mut().context("no stage")?;
        let spent = measure(stage)?;
        println!("{} {}", spent.cpu_s, spent.wall_s);
        std::io::stdout().flush()?;
    }
    Ok(())
}
