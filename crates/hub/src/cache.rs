//! The folder that Songwright shares with the hub's own tools:
//!
//! ```text
//! models--OWNER--NAME/blobs/ETAG                    the bytes
//! models--OWNER--NAME/blobs/ETAG.incomplete         a part of them
//! models--OWNER--NAME/snapshots/COMMIT/PATH         points to a blob
//! models--OWNER--NAME/refs/BRANCH                   holds a commit
//! .locks/models--OWNER--NAME/ETAG.lock              held by whoever fetches a blob
//! ```

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use hf_hub::{Cache, CacheRepo, Repo, RepoType};

use crate::{
    Error,
    card::{CardFile, FilePath, Source},
};

/// The shared folder.
#[derive(Clone, Debug)]
pub(crate) struct HubCache(Cache);

impl HubCache {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self(Cache::new(root))
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    /// Where a file's pointer is, if it leads to a file.
    pub(crate) fn find(&self, file: &CardFile) -> Option<PathBuf> {
        let commit = self.commit(&file.source)?;
        let pointer = self.pointer(&file.source, &commit, &file.path);
        pointer.is_file().then_some(pointer)
    }

    /// Where a file's pointer is or would be.
    pub(crate) fn pointer(&self, source: &Source, commit: &str, path: &FilePath) -> PathBuf {
        path.inside(&self.repo(source).pointer_path(commit))
    }

    /// The commit that a source means, as far as this machine knows.
    pub(crate) fn commit(&self, source: &Source) -> Option<String> {
        if source.revision.is_commit() {
            return Some(source.revision.to_string());
        }
        let file = self
            .folder(source)
            .join("refs")
            .join(source.revision.as_str());
        let commit = fs::read_to_string(file).ok()?.trim().to_owned();
        (!commit.is_empty() && commit.bytes().all(|b| b.is_ascii_hexdigit())).then_some(commit)
    }

    /// Notes which commit a branch means.
    pub(crate) fn note_commit(&self, source: &Source, commit: &str) -> Result<(), Error> {
        if source.revision.is_commit() {
            return Ok(());
        }
        self.repo(source)
            .create_ref(commit)
            .map_err(Error::io(self.folder(source).join("refs"), "written"))
    }

    pub(crate) fn blob(&self, source: &Source, etag: &str) -> PathBuf {
        self.folder(source).join("blobs").join(etag)
    }

    pub(crate) fn partial(&self, source: &Source, etag: &str) -> PathBuf {
        self.folder(source)
            .join("blobs")
            .join(format!("{etag}.incomplete"))
    }

    pub(crate) fn lock(&self, source: &Source, etag: &str) -> PathBuf {
        let locks = self.root().join(".locks").join(repo(source).folder_name());
        locks.join(format!("{etag}.lock"))
    }

    /// The folder of all pointers of a repository, if there is one.
    pub(crate) fn snapshots(&self, source: &Source) -> Option<PathBuf> {
        let folder = self.folder(source).join("snapshots");
        folder.is_dir().then_some(folder)
    }

    fn repo(&self, source: &Source) -> CacheRepo {
        self.0.repo(repo(source))
    }

    fn folder(&self, source: &Source) -> PathBuf {
        self.root().join(repo(source).folder_name())
    }
}

fn repo(source: &Source) -> Repo {
    let Source {
        repository,
        revision,
    } = source;
    Repo::with_revision(
        repository.to_string(),
        RepoType::Model,
        revision.to_string(),
    )
}

/// Makes `pointer` lead to `blob`; one that was there is replaced.
pub(crate) fn link(blob: &Path, pointer: &Path) -> Result<(), Error> {
    let wrong = || Error::io(pointer, "linked");
    if let Some(folder) = pointer.parent() {
        fs::create_dir_all(folder).map_err(Error::io(folder, "made"))?;
    }
    match fs::remove_file(pointer) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(wrong()(error)),
        _ => {}
    }
    match symlink(&relative(blob, pointer), pointer) {
        // Another process was quicker; it links to the same bytes.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked.map_err(wrong()),
    }
}

/// `../../blobs/ETAG`, so that the whole folder can be moved.
fn relative(blob: &Path, pointer: &Path) -> PathBuf {
    let shared = blob
        .components()
        .zip(pointer.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = pointer.components().count().saturating_sub(shared + 1);
    let down = blob.components().skip(shared);
    std::iter::repeat_n(PathBuf::from(".."), up)
        .chain([down.collect()])
        .collect()
}

#[cfg(unix)]
fn symlink(target: &Path, pointer: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, pointer)
}

/// Where the user may not make links, the bytes are named twice.
#[cfg(windows)]
fn symlink(target: &Path, pointer: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, pointer).or_else(|_| {
        let folder = pointer.parent().unwrap_or(pointer);
        fs::hard_link(folder.join(target), pointer)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_relative() {
        let blob = Path::new("/c/models--a--b/blobs/e");
        for (pointer, target) in [
            ("/c/models--a--b/snapshots/1/x", "../../blobs/e"),
            ("/c/models--a--b/snapshots/1/d/e/x", "../../../../blobs/e"),
        ] {
            assert_eq!(relative(blob, Path::new(pointer)), Path::new(target));
        }
    }

    #[test]
    fn a_branch_is_what_its_ref_says() {
        let dir = tempfile::tempdir().unwrap();
        let cache = HubCache::new(dir.path().to_owned());
        let source = Source {
            repository: "a/b".parse().unwrap(),
            revision: "main".parse().unwrap(),
        };
        assert_eq!(cache.commit(&source), None);
        let commit = "c".repeat(40);
        cache.note_commit(&source, &commit).unwrap();
        assert_eq!(cache.commit(&source), Some(commit));
        fs::write(dir.path().join("models--a--b/refs/main"), "../../x").unwrap();
        assert_eq!(cache.commit(&source), None);
    }

    #[cfg(unix)]
    #[test]
    fn linking_twice_replaces_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let blob = |name: &str| {
            let path = dir.path().join("blobs").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, name).unwrap();
            path
        };
        let pointer = dir.path().join("snapshots/1/d/x");
        link(&blob("old"), &pointer).unwrap();
        link(&blob("new"), &pointer).unwrap();
        assert_eq!(fs::read_to_string(&pointer).unwrap(), "new");
    }
}
