//! How much memory engines may take where nobody says it.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// The most that is taken without being asked, in MiB: what most graphics cards have, and on processors what makes models
/// be held in eight bits, which is as good and takes half the time.
const MOST_MIB: u64 = 8 * 1024;
/// The least that a configuration may say, in MiB.
const LEAST_MIB: u64 = 64;

/// Three quarters of this machine's memory, or of what its container may take, and no more than 8 GiB, in MiB; absent
/// where the memory is not known.
pub(crate) fn usual_mib() -> Option<u64> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::everything());
    let system = System::new_with_specifics(memory).ok()?;
    let limit = system.cgroup_limits().map(|limits| limits.total_memory);
    let total = limit.map_or(system.total_memory(), |limit| {
        limit.min(system.total_memory())
    });
    share(total >> 20)
}

fn share(total_mib: u64) -> Option<u64> {
    (total_mib > 0).then(|| (total_mib / 4 * 3).clamp(LEAST_MIB, MOST_MIB))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_left_to_the_others() {
        assert_eq!(share(16 * 1024), Some(8 * 1024));
        assert_eq!(share(4 * 1024), Some(3 * 1024));
        assert_eq!(share(32), Some(64));
        assert_eq!(share(0), None);
    }

    #[test]
    fn this_machine_has_some() {
        assert!(usual_mib().is_some_and(|mib| mib >= LEAST_MIB));
    }
}
