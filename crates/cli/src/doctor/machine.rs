use std::path::Path;

use songwright_api::ModelState;
use songwright_base::config::Config;
use songwright_hub::{Error as HubError, Hub};
use songwright_server::Device;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

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
        device(Device::found(), nvidia_gpus().as_deref()),
        processor(),
        match system {
            Ok(system) => memory(system.available_memory(), system.total_memory()),
            Err(error) => Check::note("memory", format!("unknown: {error}")),
        },
        disk(&config.data_dir),
        models(Hub::open(&config.data_dir)),
    ]
}

/// What installed models compute on. The built-in engines compute on the CPU; a GPU is named so that
/// nobody wonders.
fn device(found: Device, gpus: Option<&str>) -> Check {
    match (found.built_for, gpus) {
        (Some(interface), gpus) if found.is_graphics => {
            let card = gpus.map_or_else(String::new, |gpus| format!(" on {gpus}"));
            Check::ok(
                "device",
                format!("{interface}{card} for installed models; the built-in engines use the CPU"),
            )
        }
        (Some(interface), Some(gpus)) => Check::note(
            "device",
            format!(
                "CPU; {gpus} cannot be used: {interface}'s libraries or its driver do not load"
            ),
        ),
        (Some(interface), None) => {
            Check::ok("device", format!("CPU; no card for {interface} was found"))
        }
        (None, Some(gpus)) => Check::ok(
            "device",
            format!(
                "CPU; this program was built without CUDA and does not use {gpus}: \
                 `cargo xtask cuda build` makes one that does"
            ),
        ),
        (None, None) => Check::ok("device", "CPU; no NVIDIA GPU was found"),
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
    let Some(free) = songwright_hub::free_bytes(data_dir) else {
        return Check::note("disk", format!("unknown for {}", data_dir.display()));
    };
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

/// What is installed, and what of it cannot be used.
fn models(hub: Result<Hub, HubError>) -> Check {
    let list = match hub.and_then(|hub| songwright_server::models::list(&hub)) {
        Ok(list) => list,
        Err(error) => return Check::note("models", error.to_string()),
    };
    let mut here = Vec::new();
    let mut problems = list.problems;
    for model in &list.models {
        for variant in &model.variants {
            match variant.state {
                ModelState::NotInstalled => {}
                ModelState::Unusable => problems.extend(variant.problem.clone()),
                state => here.push(format!("{} ({})", model.id, state.words())),
            }
        }
    }
    if here.is_empty() {
        here.push("none installed: the built-in sketch makes songs without".to_owned());
    }
    if problems.is_empty() {
        Check::ok("models", here.join(", "))
    } else {
        Check::note(
            "models",
            format!("{}. {}", here.join(", "), problems.join(" ")),
        )
    }
}

fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use songwright_hub::HubEnvironment;

    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn the_device_is_the_one_that_models_compute_on() {
        let found = |is_graphics, built_for| Device {
            is_graphics,
            built_for,
        };
        let card = Some("NVIDIA A10G, 23028 MiB");
        for (device, wanted, verdict) in [
            (
                device(found(true, Some("CUDA")), card),
                "CUDA on NVIDIA A10G, 23028 MiB for installed models",
                Verdict::Ok,
            ),
            (
                device(found(true, Some("Metal")), None),
                "Metal for installed models",
                Verdict::Ok,
            ),
            (
                device(found(false, Some("CUDA")), card),
                "CPU; NVIDIA A10G, 23028 MiB cannot be used",
                Verdict::Note,
            ),
            (
                device(found(false, Some("CUDA")), None),
                "CPU; no card for CUDA",
                Verdict::Ok,
            ),
            (
                device(found(false, None), card),
                "CPU; this program was built without CUDA",
                Verdict::Ok,
            ),
            (
                device(found(false, None), None),
                "CPU; no NVIDIA GPU",
                Verdict::Ok,
            ),
        ] {
            assert!(device.detail.starts_with(wanted), "{}", device.detail);
            assert_eq!(device.verdict, verdict);
        }
    }

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
    fn models_are_named_and_so_is_what_is_wrong_with_them() {
        let dir = tempfile::tempdir().unwrap();
        let hub = || {
            let home = Some(dir.path().to_owned());
            let environment = HubEnvironment::from_vars(|_| None, home)?;
            Ok(Hub::with_environment(dir.path(), environment))
        };
        let check = models(hub());
        assert!(
            check.detail.starts_with("none installed"),
            "{}",
            check.detail
        );
        assert_eq!(check.verdict, Verdict::Ok);

        let cards = dir.path().join("models/cards");
        std::fs::create_dir_all(&cards).unwrap();
        std::fs::write(cards.join("mine.toml"), "").unwrap();
        let check = models(hub());
        assert_eq!(check.verdict, Verdict::Note);
        assert!(check.detail.contains("mine.toml"), "{}", check.detail);
    }
}
