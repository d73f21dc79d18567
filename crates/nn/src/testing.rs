//! What tests of layers share.

use std::cell::Cell;

use candle_core::{Device, Tensor};

use crate::random::Generator;

thread_local! {
    static DRAWN: Cell<u64> = const { Cell::new(0) };
}

/// Normal values, others each time and the same in each run of a test: what holds for most numbers would fail now and then.
pub(crate) fn random(shape: &[usize]) -> Tensor {
    let seed = DRAWN.get();
    DRAWN.set(seed + 1);
    let drawn = Generator::new(seed).randn(shape, &Device::Cpu);
    drawn.unwrap()
}

/// The same shape, and no difference above 10⁻⁵ of the largest value.
#[track_caller]
pub(crate) fn same(found: &Tensor, wanted: &Tensor) {
    assert_eq!(found.dims(), wanted.dims());
    if wanted.elem_count() == 0 {
        return;
    }
    let largest = |x: Tensor| {
        x.abs()
            .unwrap()
            .max_all()
            .unwrap()
            .to_scalar::<f32>()
            .unwrap()
    };
    let difference = largest((found - wanted).unwrap()) / largest(wanted.clone()).max(1e-20);
    assert!(difference <= 1e-5, "they differ by {difference}");
}
