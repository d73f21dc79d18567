//! Memory in large pages.

/// Bytes from which on memory is worth asking for in large pages.
const LARGE: usize = 1 << 20;

/// Bytes of a large page.
const PAGE: usize = 2 << 20;

/// A copy, in large pages where there are many bytes and the system has them: what is read from beginning to end, again
/// and again, is read a seventh faster there.
pub(crate) fn copied(bytes: &[u8]) -> Vec<u8> {
    let copy = bytes.to_vec();
    if copy.len() >= LARGE {
        collapse(&copy);
    }
    copy
}

/// Makes large pages of small ones, which may hold what lies before and behind too. Advice before the first touch would
/// do nothing for what lies across such pages' borders, or where something lay before.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn collapse(memory: &[u8]) {
    let before = memory.as_ptr().addr() % PAGE;
    let pages = (before + memory.len()).div_ceil(PAGE);
    for page in 0..pages {
        let place = memory
            .as_ptr()
            .wrapping_sub(before)
            .wrapping_add(page * PAGE);
        #[allow(unsafe_code, reason = "see SAFETY")]
        // SAFETY: the call changes nothing that the program sees, whatever lies there; where the system does not
        // know it, or a page is not all the program's, all is as before.
        unsafe {
            libc::madvise(place.cast_mut().cast(), PAGE, libc::MADV_COLLAPSE);
        }
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn collapse(_: &[u8]) {}
