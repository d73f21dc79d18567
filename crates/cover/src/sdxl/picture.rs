//! Between tensors of −1 to 1 and pixels.

use candle_core::{DType, Device, Tensor};
use image::RgbImage;

use super::Error;

/// One picture of a batch of one, (1, 3, height, width): clamped, and rounded half to even as the reference
/// does.
///
/// # Errors
/// [`Error::NotFinite`] where a value is no number.
pub fn to_rgb(tensor: &Tensor) -> Result<RgbImage, Error> {
    let (_, _, height, width) = tensor.dims4()?;
    let values = tensor
        .to_dtype(DType::F32)?
        .get(0)?
        .flatten_all()?
        .to_vec1::<f32>()?;
    if values.iter().any(|value| !value.is_finite()) {
        return Err(Error::NotFinite);
    }
    let plane = height * width;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 255"
    )]
    let byte = |value: f32| ((value / 2.0 + 0.5).clamp(0.0, 1.0) * 255.0).round_ties_even() as u8;
    let pixels = (0..plane).flat_map(|i| [0, 1, 2].map(|c| byte(values[c * plane + i])));
    let (width, height) = (side(width)?, side(height)?);
    RgbImage::from_raw(width, height, pixels.collect())
        .ok_or_else(|| Error::Unsupported("A picture of three colours was expected.".to_owned()))
}

/// The way back: (1, 3, height, width).
///
/// # Errors
/// Those of the device.
pub fn from_rgb(image: &RgbImage, device: &Device) -> Result<Tensor, Error> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let values: Vec<f32> = (0..3)
        .flat_map(|c| image.as_raw().iter().skip(c).step_by(3))
        .map(|byte| f32::from(*byte) / 127.5 - 1.0)
        .collect();
    Ok(Tensor::from_vec(values, (1, 3, height, width), device)?)
}

fn side(pixels: usize) -> Result<u32, Error> {
    u32::try_from(pixels).map_err(|_| Error::Unsupported("The picture is too large.".to_owned()))
}
