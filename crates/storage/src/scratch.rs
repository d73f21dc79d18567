use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::{Builder, NamedTempFile, TempDir};

use crate::Error;

/// The folder for what lives no longer than a request: bundles on their way in and out.
///
/// It lies in the data folder, so that nothing is written elsewhere, and is made when it is needed.
#[derive(Clone, Debug)]
pub struct Scratch {
    dir: PathBuf,
}

impl Scratch {
    /// That of a data folder.
    #[must_use]
    pub fn of(data_dir: &Path) -> Self {
        Self {
            dir: data_dir.join("tmp"),
        }
    }

    /// A folder, which goes with all that is in it where it is dropped. Blocking.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Io`].
    pub fn folder(&self) -> Result<TempDir, Error> {
        self.make()?;
        Builder::new()
            .tempdir_in(&self.dir)
            .map_err(Error::io(&self.dir, "written to"))
    }

    /// A file with `content` whose name ends with `suffix`; it goes where it is dropped. Blocking.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Io`].
    pub fn file(&self, suffix: &str, content: &[u8]) -> Result<NamedTempFile, Error> {
        self.make()?;
        let written = || {
            let mut file = Builder::new().suffix(suffix).tempfile_in(&self.dir)?;
            file.write_all(content)?;
            Ok(file)
        };
        written().map_err(Error::io(&self.dir, "written to"))
    }

    /// Removes what a crash left there, where it is older than `age`. Blocking.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn sweep(&self, age: Duration) -> Result<(), Error> {
        if !self.dir.exists() {
            return Ok(());
        }
        for entry in fs::read_dir(&self.dir).map_err(Error::io(&self.dir, "read"))? {
            let path = entry.map_err(Error::io(&self.dir, "read"))?.path();
            let old = fs::symlink_metadata(&path)
                .and_then(|m| m.modified())
                .is_ok_and(|at| at.elapsed().is_ok_and(|since| since >= age));
            if old {
                let removed = if path.is_dir() && !path.is_symlink() {
                    fs::remove_dir_all(&path)
                } else {
                    fs::remove_file(&path)
                };
                removed.map_err(Error::io(&path, "removed"))?;
            }
        }
        Ok(())
    }

    fn make(&self) -> Result<(), Error> {
        fs::create_dir_all(&self.dir).map_err(Error::io(&self.dir, "made"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_goes_and_what_a_crash_left_is_swept() {
        let data_dir = tempfile::tempdir().unwrap();
        let scratch = Scratch::of(data_dir.path());
        scratch.sweep(Duration::ZERO).unwrap();
        let (folder, file) = (
            scratch.folder().unwrap(),
            scratch.file(".zip", b"x").unwrap(),
        );
        fs::write(folder.path().join("a.wav"), "x").unwrap();
        let left = || fs::read_dir(data_dir.path().join("tmp")).unwrap().count();
        assert_eq!(left(), 2);
        drop((folder, file));
        assert_eq!(left(), 0);

        let crashed = scratch.folder().unwrap().keep();
        fs::write(crashed.join("a.wav"), "x").unwrap();
        let _ = scratch.file(".zip", b"x").unwrap().keep().unwrap();
        scratch.sweep(Duration::from_secs(60)).unwrap();
        assert_eq!(left(), 2);
        scratch.sweep(Duration::ZERO).unwrap();
        assert_eq!(left(), 0);
    }
}
