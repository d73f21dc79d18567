//! What installed models compute on here.

use songwright_nn::device;

/// What is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    /// Whether it is a graphics card.
    pub is_graphics: bool,
    /// The graphics interface that this program was built for, where it was.
    pub built_for: Option<&'static str>,
}

impl Device {
    /// Looks which it is, as an engine does when it is made.
    #[must_use]
    pub fn found() -> Self {
        Self {
            is_graphics: device::word(&device::best()) != "cpu",
            built_for: device::built_for(),
        }
    }
}
