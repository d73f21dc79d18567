//! How much memory engines may take where nobody says it.

use songwright_server::Device;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// What a graphics card is taken to have where nobody says it, in MiB.
const CARD_MIB: u64 = 8 * 1024;
/// The least that a configuration may say, in MiB.
const LEAST_MIB: u64 = 64;

/// Three quarters of this machine's memory, or of what its container may take, in MiB; absent where that is
/// not known.
pub(crate) fn usual_mib() -> Option<u64> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::everything());
    let system = System::new_with_specifics(memory).ok()?;
    let limit = system.cgroup_limits().map(|limits| limits.total_memory);
    let total = limit.map_or(system.total_memory(), |limit| {
        limit.min(system.total_memory())
    });
    share(total >> 20, Device::built_for().is_some())
}

/// Of so much memory; a program for graphics cards does not know how much theirs is, and takes no more than most have.
fn share(total_mib: u64, is_for_cards: bool) -> Option<u64> {
    let share = total_mib / 4 * 3;
    let most = if is_for_cards { CARD_MIB } else { u64::MAX };
    (total_mib > 0).then(|| share.min(most).max(LEAST_MIB))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_left_to_the_others() {
        assert_eq!(share(16 * 1024, false), Some(12 * 1024));
        assert_eq!(share(16 * 1024, true), Some(8 * 1024));
        assert_eq!(share(4 * 1024, true), Some(3 * 1024));
        assert_eq!(share(32, false), Some(64));
        assert_eq!(share(0, false), None);
    }

    #[test]
    fn this_machine_has_some() {
        assert!(usual_mib().is_some_and(|mib| mib >= LEAST_MIB));
    }
}
