use std::io::Cursor;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use image::{ImageFormat, ImageReader, Limits, RgbImage, imageops};

use crate::error::CallError;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// The largest side that is decoded, in pixels.
const MOST_PIXELS: u32 = 4096;

/// Base64 with or without a `data:` prefix, padding and line breaks.
pub(crate) fn from_base64(field: &str, text: &str) -> Result<Vec<u8>, CallError> {
    let text = text.trim();
    let text = match text.strip_prefix("data:") {
        Some(rest) => rest.split_once(',').map_or(rest, |(_, data)| data),
        None => text,
    };
    let bytes = if text.contains(|c: char| c.is_ascii_whitespace()) {
        BASE64.decode(text.split_ascii_whitespace().collect::<String>())
    } else {
        BASE64.decode(text)
    };
    bytes.map_err(|e| CallError::unusable(format!("its {field} is not base64: {e}.")))
}

/// A PNG file as a picture of exactly `width` × `height` pixels: one of another size is scaled
/// to fill it and cut around its centre.
pub(crate) fn read_png(png: &[u8], width: u32, height: u32) -> Result<RgbImage, CallError> {
    let unreadable =
        |e: image::ImageError| CallError::unusable(format!("its picture cannot be read: {e}."));
    let mut reader = ImageReader::with_format(Cursor::new(png), ImageFormat::Png);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_PIXELS);
    limits.max_image_height = Some(MOST_PIXELS);
    reader.limits(limits);
    let picture = reader.decode().map_err(unreadable)?;
    if (picture.width(), picture.height()) == (width, height) {
        return Ok(picture.into_rgb8());
    }
    tracing::info!(
        "the remote cover has {} × {} pixels and is scaled to {width} × {height}",
        picture.width(),
        picture.height()
    );
    Ok(picture
        .resize_to_fill(width, height, imageops::FilterType::Lanczos3)
        .into_rgb8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_several_makes_is_read() {
        for text in [
            "aGVsbG8=",
            "aGVsbG8",
            " aGVs\r\nbG8=\n",
            "data:audio/wav;base64,aGVsbG8=",
        ] {
            assert_eq!(from_base64("audio_data", text).unwrap(), b"hello", "{text}");
        }
        let problem = from_base64("audio_data", "not base64!")
            .unwrap_err()
            .to_string();
        assert!(problem.contains("audio_data"), "{problem}");
    }

    #[test]
    fn a_picture_of_another_shape_is_cut_around_its_centre() {
        let wide = RgbImage::from_fn(300, 100, |x, _| {
            image::Rgb(if (100..200).contains(&x) {
                [200, 10, 10]
            } else {
                [0, 0, 0]
            })
        });
        let mut png = Cursor::new(Vec::new());
        wide.write_to(&mut png, ImageFormat::Png).unwrap();
        let cut = read_png(png.get_ref(), 256, 256).unwrap();
        assert_eq!(cut.dimensions(), (256, 256));
        assert_eq!(cut.get_pixel(128, 128).0, [200, 10, 10]);
        assert_eq!(cut.get_pixel(20, 20).0, [200, 10, 10]);
        assert!(read_png(b"GIF89a", 256, 256).is_err());
    }
}
