use candle_core::{D, Tensor};

use super::{gelu_erf, silu};
use crate::{
    Result,
    cpu::{
        self,
        elements::{Elements, tensor},
        gates,
    },
};

/// `x·σ(1.702·x)` (Hendrycks & Gimpel 2016), CLIP's "`quick_gelu`".
///
/// # Errors
/// Those of the device.
pub fn quick_gelu(x: &Tensor) -> Result<Tensor> {
    if cpu::usable(&[x]) {
        let x = x.contiguous()?;
        let numbers = Elements::of(&x)?;
        return tensor(gates::quick_gelu(numbers.all()), x.shape());
    }
    quick_composed(x)
}

fn quick_composed(x: &Tensor) -> Result<Tensor> {
    Ok((x * candle_nn::ops::sigmoid(&(x * 1.702)?)?)?)
}

/// The first half of the features times GELU, by the error function, of the second (Shazeer 2020):
/// `(…, 2·features)` → `(…, features)`.
///
/// # Errors
/// Where there is one feature too many.
pub fn geglu(x: &Tensor) -> Result<Tensor> {
    gated(x, gates::geglu, geglu_composed)
}

fn geglu_composed(x: &Tensor) -> Result<Tensor> {
    let half = x.dim(D::Minus1)? / 2;
    let values = x.narrow(D::Minus1, 0, half)?;
    let gates = x.narrow(D::Minus1, half, x.dim(D::Minus1)? - half)?;
    Ok((values * gelu_erf(&gates.contiguous()?)?)?)
}

/// `x·σ(x)` of the first half of the features, times the second (Shazeer 2020): `(…, 2·features)` → `(…, features)`.
///
/// # Errors
/// Where there is one feature too many.
pub fn swiglu(x: &Tensor) -> Result<Tensor> {
    gated(x, gates::swiglu, swiglu_composed)
}

fn swiglu_composed(x: &Tensor) -> Result<Tensor> {
    let half = x.dim(D::Minus1)? / 2;
    let gates = x.narrow(D::Minus1, 0, half)?;
    let values = x.narrow(D::Minus1, half, x.dim(D::Minus1)? - half)?;
    Ok((silu(&gates.contiguous()?)? * values)?)
}

/// By an own loop, which is given how many features half a row has; composed where it does not take them.
fn gated(
    x: &Tensor,
    own: fn(&[f32], usize) -> Vec<f32>,
    composed: fn(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let features = x.dim(D::Minus1)?;
    if !cpu::usable(&[x]) || !features.is_multiple_of(2) {
        return composed(x);
    }
    let mut dims = x.dims().to_vec();
    if let Some(last) = dims.last_mut() {
        *last = features / 2;
    }
    let x = x.contiguous()?;
    let numbers = Elements::of(&x)?;
    tensor(own(numbers.all(), features / 2), dims)
}

#[cfg(test)]
mod tests {
    use super::{geglu, geglu_composed, quick_composed, quick_gelu, swiglu, swiglu_composed};
    use crate::testing::{random, same};

    #[test]
    fn gates_are_composed() {
        for shape in [vec![2], vec![3, 5, 14], vec![2, 4098], vec![700, 66]] {
            let x = (random(&shape) * 3.0).unwrap();
            same(&quick_gelu(&x).unwrap(), &quick_composed(&x).unwrap());
            same(&geglu(&x).unwrap(), &geglu_composed(&x).unwrap());
            same(&swiglu(&x).unwrap(), &swiglu_composed(&x).unwrap());
        }
        assert!(geglu(&random(&[2, 7])).is_err());
        assert!(swiglu(&random(&[2, 7])).is_err());
    }
}
