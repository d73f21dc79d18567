//! The networks against numbers of their reference implementations.
//!
//! Reads every set of goldens of `tests/golden/` and of the folder that `SONGWRIGHT_GOLDEN_DIR`
//! names, which may itself be a set. Files are found, never listed here: a file of a set whose
//! networks are built, and that no check takes, is a failure.

mod chat;
mod checks;
mod codec;
mod compare;
mod guidance;
mod language_model;
mod loops;
mod lyric_cases;
mod schedules;
mod sdxl;
mod sdxl_artist;
mod sdxl_pipeline;
mod sdxl_prompts;
mod set;
mod text_encoder;
mod torch_randn;
mod transformer;

use std::{env, path::Path, process::ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};

use checks::Family;
use set::Set;

/// Sets of networks that are not built yet.
const AWAITED: [&str; 1] = ["/ace-step-1.5"];

fn main() -> ExitCode {
    let mut sets = Set::below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden"));
    let mut trials = Vec::new();
    if let Some(folder) = env::var_os("SONGWRIGHT_GOLDEN_DIR") {
        let found = Set::below(Path::new(&folder));
        if found.is_empty() {
            trials.push(Trial::test("SONGWRIGHT_GOLDEN_DIR", move || {
                let folder = Path::new(&folder).display();
                Err(Failed::from(format!("{folder} holds no set of goldens")))
            }));
        }
        sets.extend(found);
    }
    trials.extend(sets.into_iter().flat_map(trials_of));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A trial a file, by the checks of the set's family.
fn trials_of(set: Set) -> Vec<Trial> {
    let Some(family) = Family::of(&set) else {
        let label = set.label();
        let is_awaited = AWAITED.iter().any(|name| label.ends_with(name));
        let trial = Trial::test(format!("{label}::"), || {
            Err(Failed::from("no check takes this set"))
        });
        return if is_awaited { Vec::new() } else { vec![trial] };
    };
    set.names()
        .into_iter()
        .map(|name| {
            let set = set.clone();
            Trial::test(format!("{}::{name}", set.label()), move || {
                let check = family
                    .check(&name)
                    .ok_or_else(|| Failed::from("no check takes this file"))?;
                check(&set, &name).map_err(|error| Failed::from(format!("{error:#}")))
            })
        })
        .collect()
}
