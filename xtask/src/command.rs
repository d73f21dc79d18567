use std::{
    io::{self, Read, Write},
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use anyhow::{Context as _, Result};

/// What a command said and how it ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// stdout and stderr as they came.
    pub(crate) text: String,
}

/// Runs a command, shows what it says while it says it, and keeps it.
pub(crate) fn watched(command: &mut Command) -> Result<Ended> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    let kept = Arc::new(Mutex::new(Vec::new()));
    let readers = [
        child.stdout.take().map(|pipe| copy(pipe, kept.clone())),
        child.stderr.take().map(|pipe| copy(pipe, kept.clone())),
    ];
    let status = child.wait().with_context(|| shown(command))?;
    for reader in readers.into_iter().flatten() {
        // A panic there has been printed; what was read until then is kept.
        let _ = reader.join();
    }
    let text = kept.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Ended {
        status,
        text: String::from_utf8_lossy(&text).into_owned(),
    })
}

/// Runs a command that has to succeed, and shows what it says.
pub(crate) fn must(command: &mut Command) -> Result<()> {
    let ended = watched(command)?;
    anyhow::ensure!(
        ended.status.success(),
        "{} ended with {}",
        shown(command),
        ended.status
    );
    Ok(())
}

/// What a command that has to succeed writes to stdout.
pub(crate) fn answer(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    anyhow::ensure!(
        output.status.success(),
        "{} ended with {}: {}",
        shown(command),
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    String::from_utf8(output.stdout).with_context(|| format!("{} wrote no UTF-8", shown(command)))
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|a| a.to_string_lossy().into_owned()));
    words.join(" ")
}

fn copy(mut pipe: impl Read + Send + 'static, kept: Arc<Mutex<Vec<u8>>>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut bytes = [0; 8192];
        while let Ok(n @ 1..) = pipe.read(&mut bytes) {
            // A closed terminal must not end the checks.
            let _ = io::stdout().write_all(&bytes[..n]);
            kept.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend_from_slice(&bytes[..n]);
        }
    })
}
