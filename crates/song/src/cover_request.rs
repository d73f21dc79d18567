//! Requests for covers, with what only the store knows.

use std::{ops::RangeInclusive, sync::Arc};

use songwright_api::{CoverImageRequest, Drawing, SongCoverRequest, Whole};
use songwright_base::{Code, Failure, InvalidField, Seed};
use songwright_cover::{CoverParams, PROMPT_CHARS, Redraw};

use crate::Studio;

/// Characters of the prompt of a song's new cover; what a model does not read of it is told.
const SONG_PROMPT_CHARS: RangeInclusive<usize> = 5..=10_000;

/// What stands where the prompt is made from the song.
pub(crate) const OWN_PROMPT: &str = "a cover";

/// What the edge checks: everything but the picture that is drawn over.
///
/// # Errors
/// The first field that is out of its limits.
pub fn check(request: &CoverImageRequest) -> Result<CoverParams, InvalidField> {
    check_of(request, PROMPT_CHARS)
}

fn check_of(
    request: &CoverImageRequest,
    prompt_chars: RangeInclusive<usize>,
) -> Result<CoverParams, InvalidField> {
    let params = CoverParams::of(request, prompt_chars)?;
    CoverParams::strength(request)?;
    count(request)?;
    Ok(params)
}

/// Another cover of a song, checked whole and its seed drawn.
///
/// # Errors
/// The first field that is out of its limits.
pub fn settled(request: SongCoverRequest) -> Result<SongCoverRequest, InvalidField> {
    if let Some(side) = request.cover_size {
        side.between("cover_size", 256..=1024)?;
    }
    // What it does not say is the song's, which is within the limits.
    let image = request.image(OWN_PROMPT.to_owned(), String::new(), 512);
    let seed = i64::try_from(check_of(&image, SONG_PROMPT_CHARS)?.seed.0)
        .ok()
        .map(Whole);
    Ok(SongCoverRequest {
        drawing: Drawing {
            seed,
            ..request.drawing
        },
        ..request
    })
}

impl Studio {
    /// The first picture's parameters, the picture that is drawn over read.
    ///
    /// # Errors
    /// As [`check`]; 404 for an unknown picture, 400 for a file that is none.
    pub async fn cover_params(&self, request: &CoverImageRequest) -> Result<CoverParams, Failure> {
        self.with_redraw(request, check(request)?).await
    }

    /// The same of a song's new cover.
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn song_cover_params(
        &self,
        request: &CoverImageRequest,
    ) -> Result<CoverParams, Failure> {
        self.with_redraw(request, check_of(request, SONG_PROMPT_CHARS)?)
            .await
    }

    async fn with_redraw(
        &self,
        request: &CoverImageRequest,
        mut params: CoverParams,
    ) -> Result<CoverParams, Failure> {
        if let Some(key) = request.redraw_key.as_deref().filter(|key| !key.is_empty()) {
            let file = self.read_file(key).await?;
            let none = || Failure::new(Code::BadRequest, format!("{key} is no picture."));
            let image = image::load_from_memory(&file).map_err(|_| none())?;
            params.redraw = Some(Redraw {
                image: Arc::new(image.into_rgb8()),
                strength: CoverParams::strength(request)?,
            });
        }
        Ok(params)
    }
}

/// The seed of each picture: one after the other.
///
/// # Errors
/// Where there are to be fewer than one or more than eight.
pub fn seeds(request: &CoverImageRequest, first: Seed) -> Result<Vec<Seed>, InvalidField> {
    let of = |i: u64| Seed((first.0 + i) & Seed::MAX_COVER.unsigned_abs());
    Ok((0..count(request)?).map(of).collect())
}

fn count(request: &CoverImageRequest) -> Result<u64, InvalidField> {
    let count = request.num_images.unwrap_or(Whole(1));
    Ok(count.between("num_images", 1..=8)?.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(change: impl FnOnce(&mut CoverImageRequest)) -> CoverImageRequest {
        let mut request = CoverImageRequest {
            prompt: "a quiet harbour".into(),
            drawing: Drawing {
                seed: Some(Whole(Seed::MAX_COVER)),
                ..Drawing::default()
            },
            ..CoverImageRequest::default()
        };
        change(&mut request);
        request
    }

    #[test]
    fn each_picture_has_the_next_seed() {
        let three = request(|r| r.num_images = Some(Whole(3)));
        let all = seeds(&three, check(&three).unwrap().seed).unwrap();
        let seeds: Vec<u64> = all.iter().map(|seed| seed.0).collect();
        assert_eq!(seeds, [4_294_967_295, 0, 1]);
    }

    #[test]
    fn a_song_s_prompt_may_be_longer_than_the_service_s() {
        for (length, of_service, of_song) in [
            (4, false, false),
            (5, true, true),
            (500, true, true),
            (501, false, true),
            (10_000, false, true),
            (10_001, false, false),
        ] {
            let prompt = "p".repeat(length);
            let of = request(|r| r.prompt.clone_from(&prompt));
            assert_eq!(check(&of).is_ok(), of_service, "{length}");
            let of = SongCoverRequest {
                prompt: Some(prompt),
                ..SongCoverRequest::default()
            };
            assert_eq!(settled(of).is_ok(), of_song, "{length} of a song");
        }
    }

    #[test]
    fn counts_are_checked_on_both_sides() {
        for (count, is_fine) in [(0, false), (1, true), (8, true), (9, false)] {
            let request = request(|r| r.num_images = Some(Whole(count)));
            assert_eq!(check(&request).is_ok(), is_fine, "{count}");
        }
        assert!(check(&request(|r| r.strength = Some(2.0))).is_err());
        for (count, is_fine) in [(0, false), (1, true), (8, true), (9, false)] {
            let request = SongCoverRequest {
                num_images: Some(Whole(count)),
                ..SongCoverRequest::default()
            };
            assert_eq!(settled(request).is_ok(), is_fine, "{count} of a song");
        }
    }
}
