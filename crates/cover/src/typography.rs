//! Title and artist on a picture that any artist drew.

use image::RgbImage;
use songwright_base::{EngineError, Silent};
use songwright_canvas::{Align, Anchor, Area, Canvas, Fonts, Lettering, Rgb, Typeface, set};

use crate::{CoverStyle, StylePreset};

/// The largest title, in shares of the shorter side.
const LARGEST: f32 = 0.12;
/// The lower part of the picture that lines are set in.
const FOOT: f32 = 0.55;

/// What is set on a cover.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CoverWords {
    /// The song's name.
    pub title: Option<String>,
    /// Below it, in small capitals.
    pub artist: Option<String>,
}

impl CoverWords {
    /// Whether there are any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.title.is_none() && self.artist.is_none()
    }

    fn texts(&self) -> (Option<&str>, Option<&str>) {
        (self.title.as_deref(), self.artist.as_deref())
    }
}

/// A copy of `image` with `words` at its foot, in the embedded face that suits `style`, within the safe margins,
/// on a ground that is shaded where they could not be read; `None` where no font here has their script.
///
/// # Errors
/// [`EngineError::Unsupported`] for a picture without pixels.
pub fn letter(
    image: &RgbImage,
    words: &CoverWords,
    style: &CoverStyle,
) -> Result<Option<RgbImage>, EngineError> {
    let mut canvas = Canvas::over(image, &Silent)?;
    let size = (canvas.w, canvas.h);
    let Some(setting) = set(&Fonts::new(), lettering(style, size), size, words.texts()) else {
        return Ok(None);
    };
    let inks = setting.prepare(&mut canvas)?;
    setting.ink(&mut canvas, inks);
    canvas.picture().map(Some)
}

fn lettering(style: &CoverStyle, (w, h): (f32, f32)) -> Lettering {
    let face = face(style);
    Lettering {
        face,
        artist_face: Typeface::Grotesk,
        capitals: matches!(face, Typeface::Wide | Typeface::Condensed),
        tracking: 0.0,
        area: Area::new(0.0, h * (1.0 - FOOT), w, h * FOOT),
        align: Align::Left,
        anchor: Anchor::Bottom,
        largest: LARGEST,
        inks: [Rgb::hex(0x00F7_F3EA), Rgb::hex(0x0016_1412)],
        accent: None,
        glow: None,
    }
}

fn face(style: &CoverStyle) -> Typeface {
    match style {
        CoverStyle::Preset(StylePreset::AlbumCoverArt | StylePreset::Vintage) => Typeface::Serif,
        CoverStyle::Preset(StylePreset::Abstract | StylePreset::Illustration) => Typeface::Round,
        CoverStyle::Preset(StylePreset::Grunge) => Typeface::Condensed,
        CoverStyle::Preset(StylePreset::Electronic) => Typeface::Wide,
        CoverStyle::Preset(StylePreset::Modern | StylePreset::Photorealistic)
        | CoverStyle::Custom(_) => Typeface::Grotesk,
    }
}

#[cfg(test)]
mod tests {
    use songwright_canvas::{MARGIN, contrast};

    use super::*;

    fn words(title: &str) -> CoverWords {
        CoverWords {
            title: Some(title.to_owned()),
            artist: Some("The Tides".to_owned()),
        }
    }

    /// Stripes that neither dark nor light ink can be read on.
    fn busy(side: u32) -> RgbImage {
        RgbImage::from_fn(side, side, |x, y| {
            let v = if (x / 4 + y / 4) % 2 == 0 { 20 } else { 235 };
            image::Rgb([v, v, v])
        })
    }

    fn luminance(pixel: image::Rgb<u8>) -> f32 {
        let [r, g, b] = pixel.0.map(|v| f32::from(v) / 255.0);
        Rgb::new(r, g, b).luminance()
    }

    #[test]
    fn the_head_stays_and_the_foot_carries_letters_that_can_be_read() {
        for preset in StylePreset::ALL {
            let image = busy(512);
            let style = CoverStyle::Preset(preset);
            let lettered = letter(&image, &words("Harbour Lights"), &style)
                .unwrap()
                .unwrap();
            let margin = (512.0 * MARGIN) as u32;
            let foot: Vec<f32> = (margin..512 - margin)
                .map(|x| luminance(*lettered.get_pixel(x, 512 - margin - 4)))
                .collect();
            let (least, most) = foot
                .iter()
                .fold((1.0f32, 0.0f32), |(a, b), &v| (a.min(v), b.max(v)));
            assert!(contrast(least, most) > 4.5, "{preset:?}: {least} {most}");
            for (x, y) in [(10, 10), (256, 60), (500, 120)] {
                assert_eq!(lettered.get_pixel(x, y), image.get_pixel(x, y));
            }
        }
    }

    #[test]
    fn what_no_font_has_is_not_set() {
        let image = busy(256);
        let style = CoverStyle::Preset(StylePreset::Modern);
        assert_eq!(
            letter(&image, &CoverWords::default(), &style).unwrap(),
            None
        );
        let emoji = CoverWords {
            title: Some("🎵🎵".to_owned()),
            artist: None,
        };
        assert_eq!(letter(&image, &emoji, &style).unwrap(), None);
    }
}
