//! Which size is drawn where another is asked for: a model draws two of what it should draw one of in pictures much
//! larger than those it was trained on, and little of anything in much smaller ones.

use crate::CoverParams;

/// Sides are multiples of this many pixels.
const GRID: u32 = 64;
/// A picture that is drawn over up to this strength keeps its composition, so that it may be drawn larger than the
/// model's own size.
const COMPOSED: f64 = 0.7;

/// Pixels that are drawn: near `native` × `native`, each side half to one and a half of that, in the asked shape as
/// far as 64 pixels allow it; what is asked where the model has no size of its own.
pub(super) fn drawn_size(params: &CoverParams, native: Option<u32>) -> (u32, u32) {
    let asked = (params.width, params.height);
    let Some(native) = native.filter(|_| !params.exact_size) else {
        return asked;
    };
    let is_larger = area(asked) > area((native, native));
    let keeps = |strength: f64| strength <= COMPOSED;
    if is_larger
        && params
            .redraw
            .as_ref()
            .is_some_and(|over| keeps(over.strength))
    {
        return asked;
    }
    let sides = || (native / 2 / GRID..=native * 3 / 2 / GRID).map(|n| n * GRID);
    let all = sides().flat_map(|width| sides().map(move |height| (width, height)));
    let apart = |size: (u32, u32)| {
        let shape = (ratio(size) / ratio(asked)).ln().abs();
        let amount = (area(size) / area((native, native))).ln().abs();
        // What is off in shape is cut off.
        2.0 * shape + amount
    };
    let nearest = all.min_by(|a, b| apart(*a).total_cmp(&apart(*b)));
    nearest.unwrap_or(asked)
}

fn ratio((width, height): (u32, u32)) -> f64 {
    f64::from(width) / f64::from(height)
}

fn area((width, height): (u32, u32)) -> f64 {
    f64::from(width) * f64::from(height)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use image::RgbImage;
    use songwright_api::{CoverImageRequest, Whole};

    use super::*;
    use crate::Redraw;

    fn params((width, height): (u32, u32)) -> CoverParams {
        let request = CoverImageRequest {
            prompt: "a red kite".into(),
            width: Some(Whole(width.into())),
            height: Some(Whole(height.into())),
            ..CoverImageRequest::default()
        };
        CoverParams::try_from(&request).unwrap()
    }

    #[test]
    fn it_lies_near_the_model_s_own() {
        for (asked, turbo, lightning) in [
            ((512, 512), (512, 512), (1024, 1024)),
            ((1024, 1024), (512, 512), (1024, 1024)),
            ((256, 256), (512, 512), (1024, 1024)),
            ((576, 512), (576, 512), (1088, 960)),
            ((1024, 512), (768, 384), (1408, 704)),
            ((256, 1024), (256, 768), (512, 1536)),
        ] {
            assert_eq!(drawn_size(&params(asked), Some(512)), turbo, "{asked:?}");
            assert_eq!(
                drawn_size(&params(asked), Some(1024)),
                lightning,
                "{asked:?}"
            );
            assert_eq!(drawn_size(&params(asked), None), asked);
            let exact = CoverParams {
                exact_size: true,
                ..params(asked)
            };
            assert_eq!(drawn_size(&exact, Some(512)), asked);
        }
    }

    #[test]
    fn every_size_has_one_that_can_be_drawn() {
        for (width, height) in (4..=16).flat_map(|w| (4..=16).map(move |h| (w * 64, h * 64))) {
            for native in [512, 1024] {
                let (w, h) = drawn_size(&params((width, height)), Some(native));
                assert!(w % 64 == 0 && h % 64 == 0);
                assert!(
                    w >= native / 2
                        && h >= native / 2
                        && w <= native * 3 / 2
                        && h <= native * 3 / 2
                );
                let share = area((w, h)) / area((native, native));
                assert!((0.7..1.4).contains(&share), "{width} {height}: {w} {h}");
            }
        }
    }

    #[test]
    fn what_is_drawn_over_keeps_its_size_where_it_keeps_its_composition() {
        let over = |asked, strength| {
            let params = CoverParams {
                redraw: Some(Redraw {
                    image: Arc::new(RgbImage::new(8, 8)),
                    strength,
                }),
                ..params(asked)
            };
            drawn_size(&params, Some(512))
        };
        assert_eq!(over((1024, 1024), 0.7), (1024, 1024));
        assert_eq!(over((1024, 1024), 0.75), (512, 512));
        // Too small a one is drawn larger all the same.
        assert_eq!(over((256, 256), 0.3), (512, 512));
    }
}
