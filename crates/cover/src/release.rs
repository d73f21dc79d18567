use image::{RgbImage, imageops::FilterType};

/// Sides of covers that shops take, in pixels.
pub const RELEASE_PIXELS: [u32; 2] = [1400, 3000];

/// A cover as shops take it: a square of `pixels`, cut from the middle where it is none, and enlarged by
/// Lanczos' window of three.
#[must_use]
pub fn release_art(image: &RgbImage, pixels: u32) -> RgbImage {
    let side = image.width().min(image.height());
    let (x, y) = ((image.width() - side) / 2, (image.height() - side) / 2);
    let square = image::imageops::crop_imm(image, x, y, side, side).to_image();
    image::imageops::resize(&square, pixels, pixels, FilterType::Lanczos3)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn it_is_the_square_in_the_middle() {
        let wide = RgbImage::from_fn(96, 64, |x, _| {
            if (16..80).contains(&x) {
                Rgb([200, 10, 10])
            } else {
                Rgb([0, 0, 255])
            }
        });
        for pixels in [64, 140, 300] {
            let art = release_art(&wide, pixels);
            assert_eq!(art.dimensions(), (pixels, pixels));
            assert!(art.pixels().all(|pixel| *pixel == Rgb([200, 10, 10])));
        }
    }
}
