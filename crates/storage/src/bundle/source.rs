use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::BundleError;
use super::manifest::FILE_NAME;

/// More entries than a song can have.
const MAX_ENTRIES: usize = 4_096;

/// Where a bundle is read from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The folder that `song.json` lies in.
    Folder(PathBuf),
    /// A zip file, and what comes before `song.json` in its name there: "" or "Night Ferry/".
    Zip(PathBuf, String),
}

impl Source {
    /// Finds the bundle at `path`: a folder, a `song.json`, or a zip file. The bundle may lie in
    /// the one folder that is in it, as when a folder was zipped by hand.
    pub(super) fn open(path: &Path) -> Result<Self, BundleError> {
        let none = |problem: String| BundleError::NotABundle {
            path: path.to_owned(),
            problem,
        };
        let kind = fs::metadata(path).map_err(|e| none(e.to_string()))?;
        if kind.is_dir() {
            return folder(path).ok_or_else(|| none(format!("there is no {FILE_NAME} in it")));
        }
        if path.file_name().is_some_and(|name| name == FILE_NAME) {
            let parent = path.parent().unwrap_or_else(|| Path::new(""));
            return Ok(Self::Folder(parent.to_owned()));
        }
        let archive = archive(path).map_err(|e| none(format!("it is no zip file ({e})")))?;
        if archive.len() > MAX_ENTRIES {
            return Err(none("it holds more files than a song has".to_owned()));
        }
        let mut prefixes = Vec::new();
        for name in archive.file_names() {
            let name = name.map_err(|e| none(format!("a name in it cannot be read ({e})")))?;
            require_safe(&name)?;
            if let Some(prefix) = name.strip_suffix(FILE_NAME)
                && (prefix.is_empty() || prefix.matches('/').count() == 1 && prefix.ends_with('/'))
            {
                prefixes.push(prefix.to_owned());
            }
        }
        // At the top, else in the one folder.
        let prefix = match prefixes.iter().find(|prefix| prefix.is_empty()) {
            Some(top) => top.clone(),
            None if prefixes.len() == 1 => prefixes.remove(0),
            None => return Err(none(format!("there is no {FILE_NAME} in it"))),
        };
        Ok(Self::Zip(path.to_owned(), prefix))
    }

    /// Runs `read` on the content of `file`, of which no more than `limit` bytes can be read.
    pub(super) fn read<T>(
        &self,
        file: &str,
        limit: u64,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> Result<T, BundleError> {
        require_safe(file)?;
        let missing = || BundleError::Missing {
            file: file.to_owned(),
        };
        let unreadable = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => missing(),
            // What a zip file says where its checksum or packing is wrong.
            io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::UnexpectedEof => BundleError::Damaged {
                file: file.to_owned(),
                problem: "it cannot be unpacked".to_owned(),
            },
            _ => BundleError::Unreadable {
                file: file.to_owned(),
                source,
            },
        };
        match self {
            Self::Folder(folder) => {
                let path = regular_file(folder, file)?.ok_or_else(missing)?;
                let content = File::open(path).map_err(unreadable)?;
                read(&mut BufReader::new(content).take(limit)).map_err(unreadable)
            }
            Self::Zip(path, prefix) => {
                let mut archive = archive(path).map_err(unreadable)?;
                let entry = archive
                    .by_name(&format!("{prefix}{file}"))
                    .map_err(|e| unreadable(e.into()))?;
                if !entry.is_file() {
                    return Err(refused(file, "it is a link or a folder"));
                }
                read(&mut entry.take(limit)).map_err(unreadable)
            }
        }
    }
}

fn folder(path: &Path) -> Option<Source> {
    let holds = |folder: &Path| folder.join(FILE_NAME).is_file();
    if holds(path) {
        return Some(Source::Folder(path.to_owned()));
    }
    let mut inner = fs::read_dir(path)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir() && holds(path));
    let only = inner.next()?;
    inner.next().is_none().then_some(Source::Folder(only))
}

fn archive(path: &Path) -> io::Result<ZipArchive<BufReader<File>>> {
    ZipArchive::new(BufReader::new(File::open(path)?)).map_err(io::Error::from)
}

/// `file` in `folder` where every step to it is a real folder and itself a real file: a link
/// could lead anywhere.
fn regular_file(folder: &Path, file: &str) -> Result<Option<PathBuf>, BundleError> {
    let mut path = folder.to_owned();
    for part in file.split('/') {
        path.push(part);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => {
                return Err(refused(file, "it is a link"));
            }
            Ok(_) => {}
            Err(_) => return Ok(None),
        }
    }
    if path.is_file() {
        Ok(Some(path))
    } else {
        Err(refused(file, "it is not a file"))
    }
}

/// Whether a name in a bundle stays inside of it on every system.
pub(super) fn require_safe(name: &str) -> Result<(), BundleError> {
    let inner = name.strip_suffix('/').unwrap_or(name);
    let safe = name.len() <= 1_024
        && inner.split('/').all(|part| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && !part.contains(['\\', ':'])
                && !part.chars().any(char::is_control)
        });
    if safe {
        Ok(())
    } else {
        Err(refused(name, "its name leads out of the bundle"))
    }
}

pub(super) fn refused(file: &str, problem: &str) -> BundleError {
    BundleError::Refused {
        file: file.chars().filter(|c| !c.is_control()).take(200).collect(),
        problem: problem.to_owned(),
    }
}
