//! `songwright`: the command, and where it was built with it the window.

#![cfg_attr(
    all(not(debug_assertions), feature = "desktop"),
    windows_subsystem = "windows"
)]

use std::process::ExitCode;

/// Songs are large and short-lived and made on several threads: the system's allocator keeps a
/// share of them for each thread, this one gives them back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    songwright_cli::run(std::env::args_os(), songwright_lib::WINDOW)
}
