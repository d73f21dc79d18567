//! `songwright`: the command, and where it was built with it the window.

#![cfg_attr(
    all(not(debug_assertions), feature = "desktop"),
    windows_subsystem = "windows"
)]

use std::process::ExitCode;

fn main() -> ExitCode {
    share_memory_between_threads();
    songwright_cli::run(std::env::args_os(), songwright_lib::WINDOW)
}

/// Songs are large and short-lived and made on many threads. glibc keeps a pool of freed memory
/// for each of up to sixteen of them; with two pools a server stays at the size of its largest
/// songs, however many it makes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "glibc's setting has no safe wrapper")]
fn share_memory_between_threads() {
    // SAFETY: mallopt only stores a number; no other thread runs yet. Where it refuses, memory is
    // kept as before.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn share_memory_between_threads() {}
