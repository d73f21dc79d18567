use std::{
    fs::File,
    io::{self, Read},
    ops::ControlFlow,
    path::Path,
};

use crate::{Digest, fault::FileFault};

/// Read at once: a few milliseconds of work.
const STEP_BYTES: usize = 1 << 20;

/// What reading a file came to.
pub(crate) enum Hashed {
    Is(Digest),
    Unreadable(io::Error),
    /// The caller ended it.
    Stopped,
}

/// What comparing came to.
pub(crate) enum Compared {
    Same,
    Wrong(FileFault),
    /// The caller ended it.
    Stopped,
}

/// The digest of a file, of the same kind as `like`, else SHA-256; `step` is told of the number of
/// bytes of every part.
pub(crate) fn digest(
    path: &Path,
    like: Option<&Digest>,
    mut step: impl FnMut(u64) -> ControlFlow<()>,
) -> Hashed {
    let mut read = || -> io::Result<Option<Digest>> {
        let file = File::open(path)?;
        let mut hasher = like
            .unwrap_or(&Digest::Sha256([0; 32]))
            .hasher(file.metadata()?.len());
        let whole = read_through(file, |part| {
            hasher.update(part);
            step(part.len() as u64)
        })?;
        Ok(whole.is_continue().then(|| hasher.finish()))
    };
    match read() {
        Ok(None) => Hashed::Stopped,
        Ok(Some(digest)) => Hashed::Is(digest),
        Err(error) => Hashed::Unreadable(error),
    }
}

/// Compares a file's bytes with `wanted`; `step` is as for [`digest`].
pub(crate) fn compare(
    path: &Path,
    wanted: &Digest,
    step: impl FnMut(u64) -> ControlFlow<()>,
) -> Compared {
    match digest(path, Some(wanted), step) {
        Hashed::Stopped => Compared::Stopped,
        Hashed::Is(found) if found == *wanted => Compared::Same,
        Hashed::Is(found) => Compared::Wrong(FileFault::Digest {
            found,
            wanted: *wanted,
        }),
        Hashed::Unreadable(error) => Compared::Wrong(FileFault::reading(error)),
    }
}

/// Gives `step` one part after the other, to the end or until it breaks.
pub(crate) fn read_through(
    mut reader: impl Read,
    mut step: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> io::Result<ControlFlow<()>> {
    let mut buffer = vec![0; STEP_BYTES];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(ControlFlow::Continue(())),
            Ok(n) if step(&buffer[..n]).is_break() => return Ok(ControlFlow::Break(())),
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            Ok(_) | Err(_) => {}
        }
    }
}
