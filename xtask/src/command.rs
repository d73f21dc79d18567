use std::{
    io::{self, Read, Write},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

/// The longest that one command may take: what hangs becomes a failure that the rest outlives.
const MOST: Duration = Duration::from_secs(30 * 60);

/// How often a process is looked at.
const TICK: Duration = Duration::from_millis(20);

/// How long the pipes of a command that ended are read on. A daemon that it left behind holds
/// them open for good.
const LAST_WORDS: Duration = Duration::from_secs(3);

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
    let readers: Vec<_> = readers.into_iter().flatten().collect();
    let status = ended_within(&mut child, MOST).with_context(|| shown(command))?;
    let ended = Instant::now();
    while readers.iter().any(|reader| !reader.is_finished()) && ended.elapsed() < LAST_WORDS {
        thread::sleep(TICK);
    }
    let text = kept.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Ended {
        status,
        text: String::from_utf8_lossy(&text).into_owned(),
    })
}

/// Waits for a process; one that takes longer than `most` is killed, and that is an error.
fn ended_within(child: &mut Child, most: Duration) -> Result<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > most {
            child.kill()?;
            child.wait()?;
            anyhow::bail!(
                "took more than {} minutes and was ended",
                most.as_secs() / 60
            );
        }
        thread::sleep(TICK);
    }
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_leaves_behind_is_not_waited_for() {
        let start = Instant::now();
        let ended = watched(Command::new("sh").args(["-c", "sleep 60 & echo done"])).unwrap();
        assert!(ended.status.success());
        assert_eq!(ended.text, "done\n");
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn what_hangs_is_ended() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let error = ended_within(&mut child, Duration::from_millis(50)).unwrap_err();
        assert!(error.to_string().contains("was ended"), "{error}");
        assert!(child.try_wait().unwrap().is_some());
    }
}
