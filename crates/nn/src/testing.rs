//! What tests of layers share.

use candle_core::{Device, Tensor};

/// Normal values.
pub(crate) fn random(shape: &[usize]) -> Tensor {
    Tensor::randn(0_f32, 1.0, shape, &Device::Cpu).unwrap()
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
