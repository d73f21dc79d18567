//! `songwright`: the command, and where it was built with it the window.

#![cfg_attr(
    all(not(debug_assertions), feature = "desktop"),
    windows_subsystem = "windows"
)]

use std::process::ExitCode;

fn main() -> ExitCode {
    songwright_cli::run(std::env::args_os(), songwright_lib::WINDOW)
}
