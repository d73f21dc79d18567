//! Where networks run.

use candle_core::Device;

/// The best device of this machine among those the program was built for: a graphics card by CUDA or
/// Metal, else the processor. A library that is missing is no failure, but the processor.
#[must_use]
pub fn best() -> Device {
    graphics().unwrap_or(Device::Cpu)
}

#[cfg(feature = "cuda")]
fn graphics() -> Option<Device> {
    // cudarc panics where a library of CUDA's cannot be loaded.
    std::panic::catch_unwind(|| Device::new_cuda(0)).ok()?.ok()
}

#[cfg(all(feature = "metal", not(feature = "cuda")))]
fn graphics() -> Option<Device> {
    Device::new_metal(0).ok()
}

#[cfg(not(any(feature = "cuda", feature = "metal")))]
fn graphics() -> Option<Device> {
    None
}
