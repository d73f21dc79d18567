//! The numbers behind tensors.

use std::{
    marker::PhantomData,
    ops::Deref,
    sync::{Mutex, PoisonError},
};

use candle_core::{
    CpuStorage, DType, Device, Error, InplaceOp1, Layout, Shape, Storage, Tensor, WithDType,
};

use crate::{Result, stop};

/// A tensor's numbers, readable.
pub(crate) struct Elements<'a, T = f32> {
    storage: Box<dyn Deref<Target = Storage> + 'a>,
    range: std::ops::Range<usize>,
    of: PhantomData<T>,
}

impl<'a> Elements<'a> {
    /// Of a contiguous tensor of f32 on the CPU.
    ///
    /// # Errors
    /// Where it is none.
    pub(crate) fn of(tensor: &'a Tensor) -> Result<Self> {
        let (storage, layout) = tensor.storage_and_layout();
        let (from, to) = layout
            .contiguous_offsets()
            .ok_or_else(|| Error::RequiresContiguous { op: "own kernel" }.bt())?;
        match &*storage {
            Storage::Cpu(cpu) => cpu.as_slice::<f32>()?,
            _ => return Err(elsewhere()),
        };
        Ok(Self {
            storage: Box::new(storage),
            range: from..to,
            of: PhantomData,
        })
    }
}

impl<'a, T: WithDType> Elements<'a, T> {
    /// Of a tensor of this type on the CPU from its first number on, wherever its others lie.
    ///
    /// # Errors
    /// Where it is none.
    pub(crate) fn onwards(tensor: &'a Tensor) -> Result<Self> {
        let (storage, layout) = tensor.storage_and_layout();
        let to = match &*storage {
            Storage::Cpu(cpu) => cpu.as_slice::<T>()?.len(),
            _ => return Err(elsewhere()),
        };
        let range = layout.start_offset()..to;
        Ok(Self {
            storage: Box::new(storage),
            range,
            of: PhantomData,
        })
    }

    /// All of them, last dimension fastest.
    pub(crate) fn all(&self) -> &[T] {
        match &**self.storage {
            Storage::Cpu(cpu) => cpu
                .as_slice::<T>()
                .ok()
                .and_then(|all| all.get(self.range.clone()))
                .unwrap_or_default(),
            _ => &[],
        }
    }
}

fn elsewhere() -> crate::Error {
    Error::Msg("own loops read the CPU's memory only".to_owned()).into()
}

/// The numbers of a tensor that nobody needs any more, to be written over: memory that is new to the process would have to
/// be cleared first. `None` where they are no f32 on the CPU, or a part of others. Whoever still has the tensor finds
/// nothing in it.
pub(crate) fn taken(tensor: Tensor) -> Option<Vec<f32>> {
    let numbers = Taken(Mutex::default());
    let count = tensor.elem_count();
    if !tensor.is_contiguous() || !tensor.device().is_cpu() || tensor.dtype() != DType::F32 {
        return None;
    }
    tensor.inplace_op1(&numbers).ok()?;
    let numbers = numbers.0.into_inner();
    let numbers = numbers.unwrap_or_else(PoisonError::into_inner);
    (numbers.len() == count).then_some(numbers)
}

struct Taken(Mutex<Vec<f32>>);

impl InplaceOp1 for Taken {
    fn name(&self) -> &'static str {
        "taken"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> candle_core::Result<()> {
        if let CpuStorage::F32(numbers) = storage
            && numbers.len() == layout.shape().elem_count()
        {
            let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *taken = std::mem::take(numbers);
        }
        Ok(())
    }
}

/// Bytes from which on memory is asked for in large pages.
const LARGE: usize = 4 << 20;

/// Zeros, to be written over. Where there are many, they come in large pages: the processor's first touch of
/// every small one would take longer than many a loop that fills them.
pub(crate) fn fresh(len: usize) -> Vec<f32> {
    let numbers = vec![0.0_f32; len];
    if size_of_val(numbers.as_slice()) >= LARGE {
        in_large_pages(&numbers);
    }
    numbers
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn in_large_pages(numbers: &[f32]) {
    const PAGE: usize = 4096;
    let start = numbers.as_ptr().addr();
    let skipped = start.next_multiple_of(PAGE) - start;
    let len = size_of_val(numbers).saturating_sub(skipped) / PAGE * PAGE;
    #[allow(unsafe_code, reason = "see SAFETY")]
    // SAFETY: the pages lie within the numbers, and the advice changes nothing that the program sees; where
    // the system does not take it, all is as before.
    unsafe {
        let start = numbers.as_ptr().cast::<u8>().add(skipped);
        libc::madvise(start.cast_mut().cast(), len, libc::MADV_HUGEPAGE);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn in_large_pages(_: &[f32]) {}

/// A tensor of these numbers.
///
/// # Errors
/// [`crate::Error::Stopped`] where the loop that made them may have ended early.
pub(crate) fn tensor(numbers: Vec<f32>, shape: impl Into<Shape>) -> Result<Tensor> {
    stop::whole()?;
    Ok(Tensor::from_vec(numbers, shape.into(), &Device::Cpu)?)
}

/// Numbers that several threads write, each its own part of them.
pub(crate) struct Shared<'a> {
    start: *mut f32,
    len: usize,
    life: PhantomData<&'a mut [f32]>,
}

#[allow(unsafe_code, reason = "parts are disjoint, see `part`")]
// SAFETY: the pointer is to plain numbers that live as long as `life`.
unsafe impl Send for Shared<'_> {}
#[allow(unsafe_code, reason = "parts are disjoint, see `part`")]
// SAFETY: threads only write through `part`, whose callers keep their parts apart.
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
    pub(crate) fn new(numbers: &'a mut [f32]) -> Self {
        Self {
            start: numbers.as_mut_ptr(),
            len: numbers.len(),
            life: PhantomData,
        }
    }

    /// `len` of them from `from` on.
    ///
    /// # Panics
    /// Where there are not so many.
    ///
    /// # Safety
    /// No two parts that are alive at a time overlap.
    #[inline(always)]
    #[allow(
        unsafe_code,
        clippy::mut_from_ref,
        reason = "columns of a matrix are no slices; each thread has its own columns"
    )]
    pub(crate) unsafe fn part(&self, from: usize, len: usize) -> &mut [f32] {
        assert!(
            from <= self.len && len <= self.len - from,
            "a part lies within"
        );
        // SAFETY: the range lies within the slice, and by the contract nobody else has it.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(from), len) }
    }
}

/// Zeros to write over, beginning at a cache line, so that no vector lies across two.
pub(crate) struct Aligned {
    numbers: Vec<f32>,
    from: usize,
    len: usize,
}

impl Aligned {
    pub(crate) fn zeros(len: usize) -> Self {
        const LINE: usize = 64 / size_of::<f32>();
        let numbers = fresh(len + LINE);
        let past = numbers.as_ptr().addr() / size_of::<f32>() % LINE;
        Self {
            numbers,
            from: (LINE - past) % LINE,
            len,
        }
    }
}

impl Deref for Aligned {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.numbers[self.from..][..self.len]
    }
}

impl std::ops::DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.numbers[self.from..][..self.len]
    }
}
