//! Where networks run.

use candle_core::{DType, Device, quantized::GgmlDType};

use crate::cpu::scratch;

/// The best device of this machine among those the program was built for: a graphics card by CUDA or
/// Metal, else the processor. A library that is missing is no failure, but the processor.
#[must_use]
pub fn best() -> Device {
    graphics().unwrap_or(Device::Cpu)
}

#[cfg(feature = "cuda")]
fn graphics() -> Option<Device> {
    if !has_driver() {
        return None;
    }
    // cudarc panics where another library of CUDA's cannot be loaded.
    std::panic::catch_unwind(|| Device::new_cuda(0)).ok()?.ok()
}

#[cfg(feature = "cuda")]
fn has_driver() -> bool {
    let name = if cfg!(windows) {
        "nvcuda.dll"
    } else {
        "libcuda.so.1"
    };
    #[allow(unsafe_code, reason = "opening a library runs its initialisers")]
    // SAFETY: the driver's are meant to be run by whoever looks for a card, as candle is about to.
    unsafe {
        libloading::Library::new(name).is_ok()
    }
}

#[cfg(all(feature = "metal", not(feature = "cuda")))]
fn graphics() -> Option<Device> {
    Device::new_metal(0).ok()
}

#[cfg(not(any(feature = "cuda", feature = "metal")))]
fn graphics() -> Option<Device> {
    None
}

/// The graphics interface that the program was built for, where it was.
#[must_use]
pub const fn built_for() -> Option<&'static str> {
    if cfg!(feature = "cuda") {
        Some("CUDA")
    } else if cfg!(feature = "metal") {
        Some("Metal")
    } else {
        None
    }
}

/// A device, as engines are told apart by it.
#[must_use]
pub const fn word(device: &Device) -> &'static str {
    match device {
        Device::Cpu => "cpu",
        Device::Cuda(_) => "cuda",
        Device::Metal(_) => "metal",
    }
}

/// What weights are in: their blocks, else their float type.
#[must_use]
pub fn precision(dtype: DType, blocks: Option<GgmlDType>) -> String {
    match blocks {
        Some(blocks) => format!("{blocks:?}").to_lowercase(),
        None => dtype.as_str().to_owned(),
    }
}

/// Gives memory that was freed back to the system, after a model was loaded or has done its work.
///
/// Weights are converted on their way in, on several threads, and keys and values of a text come and go. glibc keeps
/// what that freed between what stays, a tenth of a model and more, until it is told; and loops keep what they
/// worked in.
pub fn return_freed_memory() {
    scratch::clear();
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[allow(unsafe_code, reason = "glibc's call has no safe wrapper")]
    // SAFETY: it touches nothing that is allocated, and locks what it reads.
    unsafe {
        libc::malloc_trim(0);
    }
}
