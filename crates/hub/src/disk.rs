use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use sysinfo::Disks;

use crate::Error;

/// Kept free: a disk that is full to the last byte stops everything else on the machine.
const RESERVE_BYTES: u64 = 256 << 20;

/// What has to be free before `bytes` are written.
pub(crate) const fn with_reserve(bytes: u64) -> u64 {
    bytes.saturating_add(RESERVE_BYTES)
}

/// The free bytes where `folder` is or would be made; `None` where the system does not say.
#[must_use]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let disks = Disks::new_with_refreshed_list()
        .inspect_err(|error| tracing::warn!("free disk space is not known: {error}"))
        .ok()?;
    let existing = existing_ancestor(folder);
    // Of the file systems mounted on the way to the folder, the last holds it.
    disks
        .iter()
        .filter(|disk| existing.starts_with(disk.mount_point()))
        .max_by_key(|disk| disk.mount_point().as_os_str().len())
        .map(sysinfo::Disk::available_space)
}

/// The folder itself, or the nearest one above it that is there.
#[must_use]
pub fn existing_ancestor(folder: &Path) -> PathBuf {
    folder
        .ancestors()
        .find_map(|path| path.canonicalize().ok())
        .unwrap_or_else(|| folder.to_owned())
}

/// Writes a small file whole or not at all, with the folders that lead to it.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(Error::io(folder, "made"))?;
    let write = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(Error::io(path, "written"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_lies_on_its_parents_disk() {
        let dir = tempfile::tempdir().unwrap();
        let free = free_bytes(&dir.path().join("not/yet/there"));
        assert!(free.is_some_and(|bytes| bytes > 0), "{free:?}");
    }
}
