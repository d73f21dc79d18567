use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use image::RgbImage;
use songwright_base::{EngineError, Observer, Progress, Seed, Silent, Stage};
use songwright_cover::{CoverArtist as _, CoverParams, CoverStyle, CoverWords, StylePreset};

use super::SketchArtist;
use super::styles;
use songwright_canvas::{Rgb, contrast};

fn params(style: StylePreset, side: u32, title: Option<&str>) -> CoverParams {
    CoverParams {
        prompt: "a song about the sea".to_owned(),
        also: Vec::new(),
        style: CoverStyle::Preset(style),
        width: side,
        height: side,
        exact_size: false,
        num_inference_steps: 4,
        seed: Seed(11),
        words: CoverWords {
            title: title.map(str::to_owned),
            artist: None,
        },
        typography: None,
        negative_prompt: None,
        guidance_scale: 0.0,
        redraw: None,
    }
}

fn luminance(p: &image::Rgb<u8>) -> f32 {
    let [r, g, b] = p.0.map(|v| f32::from(v) / 255.0);
    Rgb::new(r, g, b).luminance()
}

/// How far two pictures differ: the mean over all components, 0 to 255.
fn distance(a: &RgbImage, b: &RgbImage) -> f64 {
    let sum: u64 = a
        .iter()
        .zip(b.iter())
        .map(|(x, y)| u64::from(x.abs_diff(*y)))
        .sum();
    sum as f64 / a.len() as f64
}

/// The pixels that the letters changed, after a look at where they are.
fn ink_within_margins<'a>(
    (ground, inked): (&RgbImage, &'a RgbImage),
    what: &str,
) -> Vec<(u32, u32, &'a image::Rgb<u8>)> {
    let changed: Vec<_> = inked
        .enumerate_pixels()
        .filter(|(x, y, p)| *p != ground.get_pixel(*x, *y))
        .collect();
    let (w, h) = (inked.width() as f32, inked.height() as f32);
    for (x, y, _) in &changed {
        let (x, y) = (*x as f32 / w, *y as f32 / h);
        // A pixel of anti-aliasing may reach over.
        assert!(
            (0.055..0.945).contains(&x) && (0.055..0.945).contains(&y),
            "{what}: ink at {x} {y}"
        );
    }
    changed
}

/// Checks margins and contrast of the title of `params`; the number of inked pixels.
fn check_title(artist: &SketchArtist, params: &CoverParams) -> usize {
    let what = format!(
        "{:?} {:?} {}",
        params.style, params.words.title, params.width
    );
    let (ground, inked, boxes) = artist.draw_in_two_steps(params);
    assert_eq!(
        (inked.width(), inked.height()),
        (params.width, params.height)
    );
    assert!(boxes.len() <= 4, "{what}: {} lines", boxes.len());
    let changed = ink_within_margins((&ground, &inked), &what);
    if changed.is_empty() {
        return 0;
    }
    // The ink is the colour that most inked pixels have; the ground is what they had before.
    let mut counts = std::collections::HashMap::new();
    for (_, _, p) in &changed {
        *counts.entry(p.0).or_insert(0usize) += 1;
    }
    let ink = counts
        .iter()
        .max_by_key(|(_, n)| **n)
        .map(|(c, _)| *c)
        .unwrap();
    let ink = luminance(&image::Rgb(ink));
    let mut ratios: Vec<f32> = changed
        .iter()
        .map(|(x, y, _)| contrast(ink, luminance(ground.get_pixel(*x, *y))))
        .collect();
    ratios.sort_by(f32::total_cmp);
    let low = ratios[ratios.len() / 20];
    assert!(low >= 4.5, "{what}: contrast {low}");
    changed.len()
}

#[test]
fn titles_are_legible_within_the_margins_in_every_style() {
    let artist = SketchArtist::new();
    let titles = [
        "Tide",
        "The Long and Winding Harbour Lights Song",
        "Небо над нами",
        "אור בלילה",
        "Hot 🔥 Night 🌙",
        "Donaudampfschifffahrtsgesellschaftskapitänslied",
    ];
    for style in StylePreset::ALL {
        for side in [256, 512] {
            for title in titles {
                let ink = check_title(&artist, &params(style, side, Some(title)));
                assert!(ink > 100, "{style:?} {title} {side}: {ink} pixels");
            }
        }
    }
}

#[test]
fn chinese_is_set_or_left_out_but_never_boxed() {
    let artist = SketchArtist::new();
    for style in StylePreset::ALL {
        // With a font for it the same checks hold; without one there is no ink at all.
        check_title(&artist, &params(style, 256, Some("海边的夜")));
    }
}

#[test]
fn without_letters_there_is_no_ink() {
    let artist = SketchArtist::new();
    for title in [None, Some(""), Some("🔥🌙"), Some("\u{10F0FF}")] {
        let params = params(StylePreset::Modern, 256, title);
        assert_eq!(check_title(&artist, &params), 0, "{title:?}");
    }
}

#[test]
fn the_artist_stands_below_the_title() {
    let mut params = params(StylePreset::AlbumCoverArt, 256, Some("Tide"));
    params.words.artist = Some("Night Ferry".to_owned());
    let (_, _, boxes) = SketchArtist::new().draw_in_two_steps(&params);
    assert_eq!(boxes.len(), 2);
    assert!(boxes[1].y > boxes[0].y + boxes[0].h);
}

#[test]
fn what_hangs_below_the_artist_s_baseline_keeps_the_margin() {
    let sketch = SketchArtist::new();
    let titles = [
        None,
        Some("Tide"),
        Some("The Long and Winding Harbour Lights Song"),
    ];
    for style in StylePreset::ALL {
        for title in titles {
            let mut params = params(style, 512, title);
            params.words.artist = Some("Çağ Qy Ț".to_owned());
            let (ground, inked, boxes) = sketch.draw_in_two_steps(&params);
            let what = format!("{style:?} {title:?}");
            ink_within_margins((&ground, &inked), &what);
            // To the unit, where a pixel's edge hides nothing.
            let lowest = boxes.iter().map(|ink| ink.y + ink.h).fold(0.0, f32::max);
            assert!(lowest <= 0.9401, "{what}: {lowest}");
        }
    }
}

#[test]
fn the_seed_decides_and_repeats() {
    let mut artist = SketchArtist::new();
    for style in StylePreset::ALL {
        let mut params = params(style, 256, Some("Tide"));
        let first = artist.draw(&params, &Silent).unwrap();
        assert_eq!(first, artist.draw(&params, &Silent).unwrap(), "{style:?}");
        params.seed = Seed(12);
        let other = artist.draw(&params, &Silent).unwrap();
        let apart = distance(&first.image, &other.image);
        assert!(apart > 6.0, "{style:?}: {apart}");
    }
}

#[test]
fn styles_differ_from_each_other() {
    let mut artist = SketchArtist::new();
    let covers: Vec<_> = StylePreset::ALL
        .map(|style| artist.draw(&params(style, 256, None), &Silent).unwrap())
        .into();
    for (i, a) in covers.iter().enumerate() {
        for b in &covers[i + 1..] {
            let apart = distance(&a.image, &b.image);
            assert!(apart > 12.0, "{} and {}: {apart}", a.label, b.label);
            assert_ne!(a.label, b.label);
        }
    }
    assert_eq!(covers[4].label, "rendered scene");
}

#[test]
fn the_theme_and_the_mood_change_the_picture() {
    let mut artist = SketchArtist::new();
    let mut draw = |prompt: &str| {
        let mut params = params(StylePreset::Illustration, 256, None);
        params.prompt = prompt.to_owned();
        artist.draw(&params, &Silent).unwrap().image
    };
    let sea = draw("happy song about the sea");
    assert!(distance(&sea, &draw("happy song about the city")) > 10.0);
    assert!(distance(&sea, &draw("angry song about the sea")) > 10.0);
    assert_eq!(distance(&sea, &draw("快乐 海")), 0.0);
}

#[test]
fn every_scene_paints_wide_and_tall() {
    let artist = SketchArtist::new();
    for style in StylePreset::ALL {
        let (scenes, _) = styles::style(style);
        for (_, themes) in scenes {
            let theme = themes[0];
            let suiting = scenes.iter().filter(|(_, t)| t.contains(&theme)).count();
            assert_eq!(suiting, 1, "{style:?}: {theme:?} is not this scene's alone");
            for (seed, (width, height)) in [(640, 256), (256, 640)].into_iter().enumerate() {
                let mut params = params(style, 256, Some("The Long and Winding Road"));
                theme.word().clone_into(&mut params.prompt);
                (params.width, params.height) = (width, height);
                params.seed = Seed(seed as u64);
                let ink = check_title(&artist, &params);
                assert!(ink > 100, "{style:?} {theme:?} {width}: {ink} pixels");
            }
        }
    }
}

/// Counts what it is told, and cancels after so many reports.
struct Watcher {
    reports: Mutex<Vec<Progress>>,
    seen: AtomicU64,
    cancel_after: u64,
}

impl Watcher {
    fn new(cancel_after: u64) -> Self {
        Self {
            reports: Mutex::new(Vec::new()),
            seen: AtomicU64::new(0),
            cancel_after,
        }
    }
}

impl Observer for Watcher {
    fn report(&self, progress: Progress) {
        self.seen.fetch_add(1, Ordering::Relaxed);
        self.reports.lock().unwrap().push(progress);
    }

    fn is_cancelled(&self) -> bool {
        self.seen.load(Ordering::Relaxed) >= self.cancel_after
    }
}

#[test]
fn cancelling_stops_within_a_few_bands() {
    for style in StylePreset::ALL {
        let watcher = Watcher::new(3);
        let drawn = SketchArtist::new().draw(&params(style, 512, None), &watcher);
        assert!(matches!(drawn, Err(EngineError::Cancelled)), "{style:?}");
        let seen = watcher.seen.load(Ordering::Relaxed);
        assert!(seen <= 3 + 8, "{style:?}: {seen} bands");
    }
}

#[test]
fn progress_ends_at_its_total() {
    let watcher = Watcher::new(u64::MAX);
    let drawn = SketchArtist::new().draw(&params(StylePreset::Electronic, 256, None), &watcher);
    assert!(drawn.is_ok());
    let reports = watcher.reports.into_inner().unwrap();
    assert!(
        reports
            .iter()
            .all(|p| p.stage == Stage::Cover && p.done <= p.total)
    );
    let last = reports.last().unwrap();
    assert_eq!(last.done, last.total);
}
