//! The project's chores. `cargo xtask` lists them.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to the terminal"
)]

#[cfg(test)]
mod architecture;
mod command;
mod counts;
mod cuda;
mod generated;
mod machine;
mod object_server;
mod report;
mod suite;
mod workspace;

use std::process::ExitCode;

use workspace::Workspace;

const USAGE: &str = "\
cargo xtask test [STEP…]       install what is missing, check everything, say `N passed, N failed`
cargo xtask ui                 build the page into ui/dist, as the binary embeds it
cargo xtask openapi [--check]  write openapi.json from the server's own description
cargo xtask types [--check]    write the page's TypeScript types from openapi.json
cargo xtask screens            take the README's pictures in Chromium and in the window
cargo xtask cuda check|build   the program for NVIDIA's cards, one binary for machines with and without";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let workspace = Workspace::find();
    let done = workspace.and_then(|workspace| match words.as_slice() {
        ["test", steps @ ..] => suite::run(&workspace, steps),
        ["ui"] => generated::page(&workspace),
        ["openapi"] => generated::openapi(&workspace, generated::Mode::Write),
        ["openapi", "--check"] => generated::openapi(&workspace, generated::Mode::Check),
        ["types"] => generated::types(&workspace, generated::Mode::Write),
        ["types", "--check"] => generated::types(&workspace, generated::Mode::Check),
        ["screens"] => suite::screens(&workspace),
        ["cuda", "check"] => cuda::run(&workspace, cuda::Goal::Check),
        ["cuda", "build"] => cuda::run(&workspace, cuda::Goal::Build),
        _ => anyhow::bail!("{USAGE}"),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
