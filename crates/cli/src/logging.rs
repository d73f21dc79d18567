use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// What is logged where nothing is said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Level {
    /// Only what went wrong: for commands that end.
    Problems,
    /// One line for what each operation does: for servers.
    Operations,
}

/// Writes the log to stderr. `RUST_LOG` beats everything.
pub(crate) fn start(level: Level, verbose: u8) {
    let wanted = match (level, verbose) {
        (Level::Problems, 0) => "error",
        (Level::Operations, 0) | (_, 1) => "info",
        (_, 2) => "songwright=debug,info",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(wanted));
    // A program that has a log already keeps it.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(verbose > 1)
        .try_init();
}
