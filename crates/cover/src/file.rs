//! Pictures as files: tagged sRGB, with what is known of them.

use std::io::Cursor;

use image::{ExtendedColorType, ImageEncoder as _, RgbImage, codecs::jpeg::JpegEncoder};

/// What can go wrong on the way to a file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The PNG encoder refuses the picture or a text.
    #[error("the PNG file")]
    Png(#[from] png::EncodingError),
    /// The JPEG encoder refuses the picture.
    #[error("the JPEG file")]
    Jpeg(#[from] image::ImageError),
    /// The colour profile cannot be written.
    #[error("the colour profile")]
    Profile(#[from] moxcms::CmsError),
}

/// A fact of a picture: its name, by PNG's own words where there is one (`Title`, `Author`, `Software`,
/// `Comment`), and what it is.
pub type Fact = (&'static str, String);

/// Quality of JPEG files, of 100.
const QUALITY: u8 = 92;

/// Where a profile's head says when it was made (ICC.1:2022, 7.2.8).
const DATE: std::ops::Range<usize> = 24..36;
/// The day of sRGB's standard, IEC 61966-2-1: year, month, day, hours, minutes, seconds.
const SRGB_DATE: [u16; 6] = [1999, 10, 18, 0, 0, 0];

/// A PNG file, tagged sRGB by its profile, with facts in text chunks: `iTXt` where a fact is not Latin-1.
///
/// # Errors
/// [`FileError`], which no picture of a size that an engine makes has.
pub fn png(image: &RgbImage, facts: &[Fact]) -> Result<Vec<u8>, FileError> {
    let mut file = Vec::new();
    let mut info = png::Info::with_size(image.width(), image.height());
    info.color_type = png::ColorType::Rgb;
    info.bit_depth = png::BitDepth::Eight;
    info.icc_profile = Some(profile()?.into());
    let mut encoder = png::Encoder::with_info(&mut file, info)?;
    for (name, text) in facts {
        let is_latin = text.chars().all(|c| u32::from(c) < 256);
        if is_latin {
            encoder.add_text_chunk((*name).to_owned(), text.clone())?;
        } else {
            encoder.add_itxt_chunk((*name).to_owned(), text.clone())?;
        }
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(image.as_raw())?;
    writer.finish()?;
    Ok(file)
}

/// What a PNG file says of itself under a name of [`png`]'s facts; `None` for another file, or where it says nothing.
#[must_use]
pub fn fact(file: &[u8], name: &str) -> Option<String> {
    let reader = png::Decoder::new(Cursor::new(file)).read_info().ok()?;
    let info = reader.info();
    let mut latin = info.uncompressed_latin1_text.iter();
    let latin = latin.find(|text| text.keyword == name);
    let mut utf8 = info.utf8_text.iter().filter(|text| text.keyword == name);
    let utf8 = utf8.find_map(|text| text.get_text().ok());
    latin.map(|text| text.text.clone()).or(utf8)
}

/// A JPEG file, tagged sRGB by its profile, with a comment of which as much is kept as its segment holds.
///
/// # Errors
/// [`FileError`] where a side is longer than 65,535 pixels.
pub fn jpeg(image: &RgbImage, comment: &str) -> Result<Vec<u8>, FileError> {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = JpegEncoder::new_with_quality(&mut file, QUALITY);
    encoder
        .set_icc_profile(profile()?)
        .map_err(image::ImageError::Unsupported)?;
    let (width, height) = image.dimensions();
    encoder.write_image(image.as_raw(), width, height, ExtendedColorType::Rgb8)?;
    let mut file = file.into_inner();
    let at = behind_jfif(&file);
    file.splice(at..at, commented(comment));
    Ok(file)
}

/// Where a file's segments begin that JFIF (ITU-T T.871, 10.1) does not want first.
fn behind_jfif(file: &[u8]) -> usize {
    match file {
        [_, _, 0xff, 0xe0, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => 2,
    }
}

/// A comment's segment (ITU-T T.81, B.2.4.5).
fn commented(comment: &str) -> Vec<u8> {
    const COM: [u8; 2] = [0xff, 0xfe];
    let end = comment.floor_char_boundary(usize::from(u16::MAX) - 2);
    let text = comment.get(..end).unwrap_or_default();
    let length = u16::try_from(text.len() + 2).unwrap_or(u16::MAX);
    [&COM[..], &length.to_be_bytes(), text.as_bytes()].concat()
}

fn profile() -> Result<Vec<u8>, FileError> {
    let mut profile = moxcms::ColorProfile::new_srgb().encode()?;
    // It says when it was made, which is now: the same picture is to be the same file.
    if let Some(date) = profile.get_mut(DATE) {
        date.copy_from_slice(&SRGB_DATE.map(u16::to_be_bytes).concat());
    }
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use image::{ImageDecoder as _, Rgb, codecs::png::PngDecoder};

    use super::*;

    fn picture() -> RgbImage {
        RgbImage::from_fn(64, 48, |x, y| Rgb([x as u8 * 4, y as u8 * 5, 90]))
    }

    #[test]
    fn the_profile_is_of_no_time() {
        let profile = profile().unwrap();
        let read = moxcms::ColorProfile::new_from_slice(&profile).unwrap();
        let date = read.creation_date_time;
        assert_eq!(
            (date.year, date.month, date.day_of_the_month, date.hours),
            (1999, 10, 18, 0)
        );
    }

    #[test]
    fn a_png_keeps_pixels_profile_and_facts() {
        let facts = [("Title", "Fähre".to_owned()), ("Comment", "夜".to_owned())];
        let file = png(&picture(), &facts).unwrap();
        let mut decoder = PngDecoder::new(Cursor::new(&file)).unwrap();
        let profile = decoder.icc_profile().unwrap().unwrap();
        assert!(moxcms::ColorProfile::new_from_slice(&profile).is_ok());
        let read = image::load_from_memory(&file).unwrap().into_rgb8();
        assert_eq!(read, picture());
        let reader = png::Decoder::new(Cursor::new(&file)).read_info().unwrap();
        let texts = &reader.info().uncompressed_latin1_text;
        assert_eq!(
            (texts[0].keyword.as_str(), texts[0].text.as_str()),
            ("Title", "Fähre")
        );
        assert_eq!(fact(&file, "Title").as_deref(), Some("Fähre"));
        assert_eq!(fact(&file, "Comment").as_deref(), Some("夜"));
        assert_eq!(fact(&file, "Author"), None);
        assert_eq!(fact(b"GIF89a", "Title"), None);
    }

    #[test]
    fn a_jpeg_is_tagged_and_close() {
        let file = jpeg(&picture(), "Seed: 7 Fähre").unwrap();
        assert!(
            file.windows(14)
                .any(|part| part == "Seed: 7 Fähre".as_bytes())
        );
        for longer in [65_533, 65_534, 70_000] {
            let file = jpeg(&picture(), &"ä".repeat(longer / 2)).unwrap();
            assert!(image::load_from_memory(&file).is_ok(), "{longer}");
        }
        let read = image::load_from_memory(&file).unwrap().into_rgb8();
        let apart = read.as_raw().iter().zip(picture().into_raw());
        let worst = apart.map(|(a, b)| a.abs_diff(b)).max();
        assert!(worst < Some(24), "{worst:?}");
        assert!(file.windows(11).any(|part| part == b"ICC_PROFILE"));
    }
}
