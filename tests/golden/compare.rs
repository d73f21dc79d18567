use anyhow::{Result, ensure};
use candle_core::{DType, Tensor};

/// The bound of one pass in f32, relative to the largest value.
pub(crate) const PASS: f64 = 1e-4;

/// The bound of a whole sampling loop, in which guidance amplifies what rounding does.
pub(crate) const LOOP: f64 = 1e-3;

/// The cosine that two f32 results have at least.
const COSINE: f64 = 0.99999;

/// The cosine that a result in bf16 has at least.
pub(crate) const HALF: f64 = 0.999;

/// The cosine that a result of weights in `Q8_0` has at least.
pub(crate) const QUANTISED: f64 = 0.999;

/// That two tensors have one shape and point the same way.
pub(crate) fn alike(what: &str, found: &Tensor, wanted: &Tensor, bound: f64) -> Result<()> {
    ensure!(
        found.dims() == wanted.dims(),
        "{what} has the shape {:?}, not {:?}",
        found.dims(),
        wanted.dims()
    );
    let (found, wanted) = (values(found)?, values(wanted)?);
    ensure!(
        found.iter().all(|v| v.is_finite()),
        "{what} holds something that is no number"
    );
    let cosine = cosine(&found, &wanted);
    ensure!(cosine >= bound, "{what} has the cosine {cosine:.7}");
    Ok(())
}

/// That two tensors have one shape, differ by at most `bound` of the largest wanted value, and
/// point the same way.
pub(crate) fn close(what: &str, found: &Tensor, wanted: &Tensor, bound: f64) -> Result<()> {
    ensure!(
        found.dims() == wanted.dims(),
        "{what} has the shape {:?}, not {:?}",
        found.dims(),
        wanted.dims()
    );
    let (found, wanted) = (values(found)?, values(wanted)?);
    let scale = wanted.iter().fold(0_f64, |m, v| m.max(v.abs()));
    let worst = found
        .iter()
        .zip(&wanted)
        .fold(0_f64, |m, (f, w)| m.max((f - w).abs()));
    ensure!(
        found.iter().all(|v| v.is_finite()),
        "{what} holds something that is no number"
    );
    ensure!(
        worst <= bound * scale.max(f64::MIN_POSITIVE),
        "{what} differs by {:.2e} of its scale {scale:.3}, more than {bound:.0e}",
        worst / scale
    );
    let cosine = cosine(&found, &wanted);
    ensure!(
        scale == 0.0 || cosine >= COSINE,
        "{what} has the cosine {cosine:.7}"
    );
    Ok(())
}

fn values(tensor: &Tensor) -> Result<Vec<f64>> {
    Ok(tensor
        .to_dtype(DType::F64)?
        .flatten_all()?
        .to_vec1::<f64>()?)
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The largest difference, relative to the largest wanted value.
pub(crate) fn difference(found: &Tensor, wanted: &Tensor) -> Result<f64> {
    let (found, wanted) = (values(found)?, values(wanted)?);
    let scale = wanted.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(v.abs()));
    let pairs = found.iter().zip(&wanted);
    Ok(pairs.fold(0_f64, |m, (f, w)| m.max((f - w).abs())) / scale)
}
