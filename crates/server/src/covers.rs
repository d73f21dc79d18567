//! Requests for covers, with what only the store knows.

use std::sync::Arc;

use songwright_api::{CoverImageRequest, Whole};
use songwright_base::{Code, Failure, InvalidField, Seed};
use songwright_cover::{CoverParams, Redraw};
use songwright_song::Studio;

/// What the edge checks: everything but the picture that is drawn over.
pub(crate) fn check(request: &CoverImageRequest) -> Result<CoverParams, InvalidField> {
    let params = CoverParams::try_from(request)?;
    CoverParams::strength(request)?;
    count(request)?;
    Ok(params)
}

/// The first picture's parameters, the picture that is drawn over read.
pub(crate) async fn params(
    studio: &Studio,
    request: &CoverImageRequest,
) -> Result<CoverParams, Failure> {
    let mut params = check(request)?;
    if let Some(key) = request.redraw_key.as_deref().filter(|key| !key.is_empty()) {
        let file = studio.read_file(key).await?;
        let none = || Failure::new(Code::BadRequest, format!("{key} is no picture."));
        let image = image::load_from_memory(&file).map_err(|_| none())?;
        params.redraw = Some(Redraw {
            image: Arc::new(image.into_rgb8()),
            strength: CoverParams::strength(request)?,
        });
    }
    Ok(params)
}

/// The parameters of each picture: the same with one seed after the other.
pub(crate) fn each(
    request: &CoverImageRequest,
    first: CoverParams,
) -> Result<Vec<CoverParams>, InvalidField> {
    let of = |i: u64| CoverParams {
        seed: Seed((first.seed.0 + i) & Seed::MAX_COVER.unsigned_abs()),
        ..first.clone()
    };
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
            seed: Some(Whole(Seed::MAX_COVER)),
            ..CoverImageRequest::default()
        };
        change(&mut request);
        request
    }

    #[test]
    fn each_picture_has_the_next_seed() {
        let three = request(|r| r.num_images = Some(Whole(3)));
        let all = each(&three, check(&three).unwrap()).unwrap();
        let seeds: Vec<u64> = all.iter().map(|params| params.seed.0).collect();
        assert_eq!(seeds, [4_294_967_295, 0, 1]);
    }

    #[test]
    fn counts_are_checked_on_both_sides() {
        for (count, is_fine) in [(0, false), (1, true), (8, true), (9, false)] {
            let request = request(|r| r.num_images = Some(Whole(count)));
            assert_eq!(check(&request).is_ok(), is_fine, "{count}");
        }
        assert!(check(&request(|r| r.strength = Some(2.0))).is_err());
    }
}
