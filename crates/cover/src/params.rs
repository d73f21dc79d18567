use std::{ops::RangeInclusive, sync::Arc};

use image::RgbImage;
use songwright_api::{CoverImageRequest, Whole};
use songwright_base::{InvalidField, Seed, clean_text, length_between};

use crate::{CoverStyle, CoverWords, Detail};

/// What cover is wanted. Valid by construction at the service's edge.
#[derive(Clone, Debug, PartialEq)]
pub struct CoverParams {
    /// What it shows: a sentence or tags.
    pub prompt: String,
    /// What else it is told of, the weightiest first.
    pub also: Vec<Detail>,
    /// Preset or own words.
    pub style: CoverStyle,
    /// Pixels, 256–1024, a multiple of 64.
    pub width: u32,
    /// Pixels, 256–1024, a multiple of 64.
    pub height: u32,
    /// Whether a neural artist draws that size itself, and not near its own.
    pub exact_size: bool,
    /// Steps of a neural artist, 1–10.
    pub num_inference_steps: u32,
    /// Makes the picture repeatable.
    pub seed: Seed,
    /// What the song is called, and who sings it.
    pub words: CoverWords,
    /// Whether they are set on the picture; each artist's own way where absent.
    pub typography: Option<bool>,
    /// What a guided artist keeps away from.
    pub negative_prompt: Option<String>,
    /// How far a neural artist goes away from what the negative prompt says, 0–20; up to 1 it does not.
    pub guidance_scale: f64,
    /// The picture that is drawn over; a fresh one where absent.
    pub redraw: Option<Redraw>,
}

/// A picture that is drawn over.
#[derive(Clone, Debug, PartialEq)]
pub struct Redraw {
    /// What is there; it is made to fill the asked size.
    pub image: Arc<RgbImage>,
    /// How much of it goes, 0.05–1.
    pub strength: f64,
}

/// Characters of a prompt that the contract's endpoint takes.
pub const PROMPT_CHARS: RangeInclusive<usize> = 5..=500;

impl TryFrom<&CoverImageRequest> for CoverParams {
    type Error = InvalidField;

    fn try_from(request: &CoverImageRequest) -> Result<Self, InvalidField> {
        Self::of(request, PROMPT_CHARS)
    }
}

impl CoverParams {
    /// The same with a prompt of other lengths, in characters.
    ///
    /// # Errors
    /// The first field that is out of its limits.
    pub fn of(
        request: &CoverImageRequest,
        prompt_chars: RangeInclusive<usize>,
    ) -> Result<Self, InvalidField> {
        let steps = request.drawing.num_inference_steps.unwrap_or(Whole(4));
        let steps = steps.between("num_inference_steps", 1..=10)?;
        let negative = request
            .drawing
            .negative_prompt
            .as_deref()
            .unwrap_or_default();
        let style = at_most("style", request.style.as_deref().unwrap_or_default(), 100)?;
        Ok(Self {
            prompt: length_between("prompt", &request.prompt, prompt_chars)?,
            also: Vec::new(),
            style: CoverStyle::from_text(style.as_deref().unwrap_or("album cover art")),
            width: side("width", request.width)?,
            height: side("height", request.height)?,
            exact_size: request.drawing.exact_size.unwrap_or_default(),
            num_inference_steps: u32::try_from(steps).unwrap_or(4),
            seed: match request.drawing.seed {
                None => Seed::random(),
                Some(n) => Seed(n.between("seed", 0..=Seed::MAX_COVER)?.unsigned_abs()),
            },
            words: CoverWords {
                title: at_most("title", request.title.as_deref().unwrap_or_default(), 200)?,
                artist: at_most("artist", request.artist.as_deref().unwrap_or_default(), 200)?,
            },
            typography: request.drawing.typography,
            negative_prompt: at_most("negative_prompt", negative, 500)?,
            guidance_scale: share(
                "guidance_scale",
                request.drawing.guidance_scale,
                0.0,
                (0.0, 20.0),
            )?,
            // The picture itself is the server's to read.
            redraw: None,
        })
    }
}

/// Pixels of one side, rounded to the nearest multiple of 64.
fn side(field: &'static str, given: Option<Whole>) -> Result<u32, InvalidField> {
    let pixels = given.unwrap_or(Whole(512)).between(field, 256..=1024)?;
    Ok((u32::try_from(pixels).unwrap_or(512) + 32) / 64 * 64)
}

impl CoverParams {
    /// What it shows and all that it is told of beside that, in one.
    #[must_use]
    pub fn subject(&self) -> String {
        let details = self.also.iter().map(Detail::text);
        let all = std::iter::once(self.prompt.as_str()).chain(details);
        all.collect::<Vec<_>>().join(", ")
    }

    /// What an artist sets on the picture who, unless told otherwise, does or does not.
    #[must_use]
    pub fn lettering(&self, usual: bool) -> Option<&CoverWords> {
        let is_wanted = self.typography.unwrap_or(usual);
        (is_wanted && !self.words.is_empty()).then_some(&self.words)
    }

    /// How much of a picture that is drawn over goes, where a request says so.
    ///
    /// # Errors
    /// Where it is outside of 0.05–1.
    pub fn strength(request: &CoverImageRequest) -> Result<f64, InvalidField> {
        share("strength", request.strength, 0.6, (0.05, 1.0))
    }
}

/// As it is given: in fewer digits, 10 steps at 0.7 would be 6.
fn share(
    field: &'static str,
    given: Option<f64>,
    usual: f64,
    (least, most): (f64, f64),
) -> Result<f64, InvalidField> {
    let value = given.unwrap_or(usual);
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    let rule = format!("must be a number from {least} to {most}, not {value}");
    Err(InvalidField::new(field, rule))
}

fn at_most(field: &'static str, text: &str, most: usize) -> Result<Option<String>, InvalidField> {
    match clean_text(text) {
        text if text.is_empty() => Ok(None),
        text => length_between(field, &text, 1..=most).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(change: impl FnOnce(&mut CoverImageRequest)) -> Result<CoverParams, InvalidField> {
        let mut request = CoverImageRequest {
            prompt: "a quiet harbour".into(),
            ..CoverImageRequest::default()
        };
        change(&mut request);
        CoverParams::try_from(&request)
    }

    #[test]
    fn defaults_and_rounding() {
        let p = params(|r| r.width = Some(Whole(300))).unwrap();
        assert_eq!((p.width, p.height, p.num_inference_steps), (320, 512, 4));
        assert_eq!(p.style.text(), "album cover art");
        assert_eq!(
            params(|r| r.style = Some("  GRUNGE ".into()))
                .unwrap()
                .style
                .text(),
            "grunge"
        );
        let own = params(|r| r.style = Some("watercolour".into()))
            .unwrap()
            .style;
        assert_eq!(own, CoverStyle::Custom("watercolour".into()));
    }

    #[test]
    fn both_sides_of_the_limits() {
        for (inside, outside) in [(256, 255), (1024, 1025), (300, 100_000), (256, 0)] {
            assert!(params(|r| r.width = Some(Whole(inside))).is_ok());
            assert_eq!(
                params(|r| r.width = Some(Whole(outside)))
                    .unwrap_err()
                    .field,
                "width"
            );
        }
        assert!(params(|r| r.drawing.seed = Some(Whole(4_294_967_295))).is_ok());
        assert!(params(|r| r.drawing.seed = Some(Whole(4_294_967_296))).is_err());
        assert!(params(|r| r.drawing.seed = Some(Whole(-1))).is_err());
        assert!(params(|r| r.drawing.num_inference_steps = Some(Whole(11))).is_err());
        assert!(params(|r| r.style = Some("s".repeat(101))).is_err());
        for (inside, outside) in [(0.0, -0.1), (20.0, 20.5), (7.5, f64::NAN)] {
            assert!(params(|r| r.drawing.guidance_scale = Some(inside)).is_ok());
            assert!(params(|r| r.drawing.guidance_scale = Some(outside)).is_err());
        }
        let strength = |s| {
            CoverParams::strength(&CoverImageRequest {
                strength: Some(s),
                ..CoverImageRequest::default()
            })
        };
        assert!(strength(0.05).is_ok() && strength(1.0).is_ok());
        assert!(strength(0.04).is_err() && strength(1.01).is_err());
    }
}
