use std::path::Path;

use songwright_base::config::Config;
use sysinfo::{Disks, MemoryRefreshKind, RefreshKind, System};

use super::Check;

/// Less free memory than this, and a long song with stems may not fit.
const LITTLE_MEMORY_BYTES: u64 = 512 << 20;
/// What a three-minute song with stems and cover takes.
const SONG_BYTES: u64 = 500 << 20;

pub(super) fn checks(config: &Config) -> Vec<Check> {
    let system = System::new_with_specifics(
        RefreshKind::nothing().with_memory(MemoryRefreshKind::everything()),
    );
    vec![
        device(),
        processor(),
        match system {
            Ok(system) => memory(system.available_memory(), system.total_memory()),
            Err(error) => Check::note("memory", format!("unknown: {error}")),
        },
        disk(&config.data_dir),
        models(&config.data_dir),
    ]
}

/// The built-in engines compute on the CPU; a GPU is named so that nobody wonders.
fn device() -> Check {
    match nvidia_gpus() {
        Some(gpus) => Check::ok(
            "device",
            format!("CPU; the built-in engines do not use {gpus}"),
        ),
        None => Check::ok("device", "CPU; no NVIDIA GPU was found"),
    }
}

fn nvidia_gpus() -> Option<String> {
    let output = std::process::Command::new("nvidia-smi")
        .args(["--query-gpu=name,memory.total", "--format=csv,noheader"])
        .stdin(std::process::Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let gpus: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    (!gpus.is_empty()).then(|| gpus.join("; "))
}

fn processor() -> Check {
    match std::thread::available_parallelism() {
        Ok(cores) => Check::ok("cores", format!("{cores} can be used at the same time")),
        Err(error) => Check::note("cores", format!("unknown: {error}")),
    }
}

fn memory(available: u64, total: u64) -> Check {
    let found = format!("{} of {} free", size(available), size(total));
    if available < LITTLE_MEMORY_BYTES {
        Check::note(
            "memory",
            format!("{found}: close other programs before making long songs"),
        )
    } else {
        Check::ok("memory", found)
    }
}

fn disk(data_dir: &Path) -> Check {
    let disks = match Disks::new_with_refreshed_list() {
        Ok(disks) => disks,
        Err(error) => return Check::note("disk", format!("unknown: {error}")),
    };
    let existing = existing_ancestor(data_dir);
    // Of the file systems mounted on the way to the folder, the last holds it.
    let Some(disk) = disks
        .iter()
        .filter(|disk| existing.starts_with(disk.mount_point()))
        .max_by_key(|disk| disk.mount_point().as_os_str().len())
    else {
        return Check::note("disk", format!("unknown for {}", data_dir.display()));
    };
    let free = disk.available_space();
    let found = format!("{} free at {}", size(free), data_dir.display());
    if free < SONG_BYTES {
        Check::broken(
            "disk",
            format!("{found}: free some, or choose another disk with --data-dir"),
        )
    } else {
        Check::ok("disk", found)
    }
}

/// The folder itself, or the nearest one above it that is there.
pub(super) fn existing_ancestor(folder: &Path) -> std::path::PathBuf {
    folder
        .ancestors()
        .find_map(|path| path.canonicalize().ok())
        .unwrap_or_else(|| folder.to_owned())
}

fn models(data_dir: &Path) -> Check {
    let folder = data_dir.join("models");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    if names.is_empty() {
        Check::ok(
            "models",
            "none installed: the built-in sketch makes songs without",
        )
    } else {
        Check::ok(
            "models",
            format!("{} in {}", names.join(", "), folder.display()),
        )
    }
}

fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn too_little_is_said() {
        assert_eq!(memory(100 << 20, 8 << 30).verdict, Verdict::Note);
        assert_eq!(memory(4 << 30, 8 << 30).verdict, Verdict::Ok);
    }

    #[test]
    fn a_folder_that_is_not_there_yet_lies_on_its_parents_disk() {
        let dir = tempfile::tempdir().unwrap();
        let check = disk(&dir.path().join("not/yet/there"));
        assert!(check.detail.contains(" free at "), "{}", check.detail);
    }

    #[test]
    fn model_cards_are_listed() {
        let dir = tempfile::tempdir().unwrap();
        assert!(models(dir.path()).detail.starts_with("none installed"));
        std::fs::create_dir(dir.path().join("models")).unwrap();
        std::fs::write(dir.path().join("models/ace-step.toml"), "").unwrap();
        assert!(models(dir.path()).detail.starts_with("ace-step in "));
    }
}
