//! Own loops for f32 on the CPU. Every layer has a composition of candle's operations, which is the path
//! of other devices and types, and one of these where [`usable`] says so; tests hold them together.
//!
//! The loops are written once over [`pulp::Simd`], which picks AVX-512 or AVX2 at run time.

pub(crate) mod attention;
pub(crate) mod channel_attention;
pub(crate) mod conv;
pub(crate) mod depthwise;
pub(crate) mod elements;
pub(crate) mod exp;
pub(crate) mod gates;
pub(crate) mod group_norm;
pub(crate) mod linear;
pub(crate) mod linear_attention;
pub(crate) mod matrices;
pub(crate) mod norms;
pub(crate) mod pages;
pub(crate) mod pictures;
pub(crate) mod places;
pub(crate) mod pointwise;
pub(crate) mod product;
pub(crate) mod quantised;
pub(crate) mod queries;
pub(crate) mod rotary;
pub(crate) mod rows;
pub(crate) mod scratch;
pub(crate) mod transpose;
pub(crate) mod winograd;
pub(crate) mod woven;

use candle_core::{DType, Tensor};

/// Whether own loops can take these tensors: f32, on the CPU, and one whose vectors we write for.
pub(crate) fn usable(tensors: &[&Tensor]) -> bool {
    has_vectors()
        && tensors
            .iter()
            .all(|tensor| tensor.device().is_cpu() && tensor.dtype() == DType::F32)
}

/// Whether this processor has vectors that own loops are written for.
#[cfg(target_arch = "x86_64")]
pub(crate) fn has_vectors() -> bool {
    !matches!(pulp::Arch::new(), pulp::Arch::Scalar)
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn has_vectors() -> bool {
    false
}
