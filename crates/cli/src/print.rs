//! The standard output: results and nothing else. What is said meanwhile goes to stderr.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

use serde::Serialize;

use crate::Error;

/// One line, at once: a program that reads it may wait for it.
pub(crate) fn line(text: impl Display) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(Error::Print)
}

/// One line on stderr. That nobody reads it is no failure.
pub(crate) fn aside(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// One JSON document.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)
        .map_err(io::Error::from)
        .and_then(|()| writeln!(out))
        .map_err(Error::Print)
}
