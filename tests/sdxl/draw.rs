use std::{sync::Arc, thread};

use candle_core::Device;
use songwright_api::Whole;
use songwright_base::{EngineError, EngineKind, Seed, Silent};
use songwright_cover::{
    CoverArtist as _, CoverParams, Redraw,
    sdxl::{Checkpoint, SdxlArtist},
};
use songwright_engine::Booking;

use crate::{artist, params, watcher::Watcher};

#[test]
fn a_cover_is_as_large_as_asked_and_no_one_colour() {
    let mut artist = artist();
    let watcher = Watcher::default();
    let asked = params(|r| {
        r.width = Some(Whole(320));
        r.drawing.num_inference_steps = Some(Whole(3));
    });
    let made = artist.draw(&asked, &watcher).unwrap();
    assert_eq!(made.image.dimensions(), (320, 256));
    let first = made.image.get_pixel(0, 0);
    let others = made.image.pixels().filter(|pixel| *pixel != first);
    assert!(others.count() > 70_000);
    assert_eq!(made.engine.kind, EngineKind::Neural);
    assert_eq!(made.label, "SDXL-Turbo, 3 steps");
    assert_eq!(made.notes, ["Not for sale."]);
    // Steps are told in order, the decoding being one more; a preview follows each, also the last one, after which the
    // large decoder takes its time.
    let told = watcher.told();
    assert!(told.is_sorted() && told.contains(&(3, 4)), "{told:?}");
    // Text encoders, UNet and decoder are loaded whole, one after the other.
    let loaded = watcher.loaded();
    let ends = loaded.iter().filter(|(done, total)| done == total);
    assert!(ends.count() >= 3, "{loaded:?}");
    assert_eq!(loaded.first().map(|(done, _)| *done), Some(0));
    let previews = watcher.previews();
    assert_eq!(previews.len(), 3);
    assert!(previews.iter().all(|p| (p.width, p.height) == (320, 256)));
    assert_ne!(previews[0], previews[1]);
}

#[test]
fn a_model_draws_near_its_own_size_and_the_picture_is_as_large_as_asked() {
    let mut artist = artist().with_native(Some(512));
    let mut drawn = |exact_size: bool| {
        let watcher = Watcher::default();
        let asked = params(|r| r.drawing.exact_size = Some(exact_size));
        let drawn = artist.draw(&asked, &watcher).unwrap();
        assert_eq!(drawn.image.dimensions(), (256, 256));
        (drawn, watcher.previews()[0].width)
    };
    let (scaled, width) = drawn(false);
    assert_eq!(width, 512);
    assert!(
        scaled.parameters.contains("Size: 256x256"),
        "{}",
        scaled.parameters
    );
    assert!(
        scaled.parameters.contains("Drawn size: 512x512"),
        "{}",
        scaled.parameters
    );
    let (exact, width) = drawn(true);
    assert_eq!(width, 256);
    assert!(
        !exact.parameters.contains("Drawn size"),
        "{}",
        exact.parameters
    );
    let plain = crate::artist().draw(&params(|_| {}), &Silent).unwrap();
    assert_eq!(exact.image, plain.image);
    assert_ne!(exact.image, scaled.image);
}

#[test]
fn one_seed_is_one_picture() {
    let mut artist = artist();
    let mut picture = |seed: i64| {
        let asked = params(|r| r.drawing.seed = Some(Whole(seed)));
        artist.draw(&asked, &Silent).unwrap().image
    };
    let first = picture(11);
    assert_eq!(first, picture(11));
    assert_ne!(first, picture(12));
    assert_ne!(first, picture(4_294_967_295));
    let anew = crate::artist().draw(&params(|r| r.drawing.seed = Some(Whole(11))), &Silent);
    assert_eq!(first, anew.unwrap().image);
}

#[test]
fn pictures_that_are_drawn_together_are_those_that_are_drawn_alone() {
    let asked = |redraw: Option<Redraw>| CoverParams {
        redraw,
        ..params(|r| {
            r.width = Some(Whole(320));
            r.drawing.guidance_scale = Some(2.0);
        })
    };
    let seeds = [3, 4, 4_294_967_295, 5].map(Seed);
    let mut artist = artist();
    let over = artist.draw(&params(|_| {}), &Silent).unwrap().image;
    let over = Redraw {
        image: Arc::new(over),
        strength: 0.5,
    };
    for redraw in [None, Some(over)] {
        let params = asked(redraw);
        let watcher = Watcher::default();
        let together = artist.draw_each(&params, &seeds, &watcher).unwrap();
        assert_eq!(together.len(), 4);
        for (drawn, seed) in together.iter().zip(seeds) {
            let alone = CoverParams {
                seed,
                ..params.clone()
            };
            let alone = artist.draw(&alone, &Silent).unwrap();
            assert_eq!(drawn, &alone, "{seed:?}");
            assert!(drawn.parameters.contains(&format!("Seed: {}", seed.0)));
        }
        // One pass of the UNet a step, and four decodings.
        let told = watcher.told();
        let steps = if params.redraw.is_some() { 1 } else { 2 };
        assert!(told.is_sorted(), "{told:?}");
        assert!(told.contains(&(steps + 3, steps + 4)), "{told:?}");
    }
}

#[test]
fn pictures_for_which_there_is_no_room_are_drawn_in_turn() {
    let checkpoint = Checkpoint::open(&[crate::small().clone()]).unwrap();
    let identity = songwright_tests::small_model("SDXL-Turbo");
    let artist = SdxlArtist::new(checkpoint, &identity, Device::Cpu, 1).unwrap();
    // Others have left it next to nothing.
    let mut narrow = artist.with_booking(Booking::alone(1, 1));
    let watcher = Watcher::default();
    let seeds = [3, 4].map(Seed);
    let params = params(|_| {});
    let drawn = narrow.draw_each(&params, &seeds, &watcher).unwrap();
    let told = watcher.told();
    // Two runs of two steps and a decoding.
    assert!(told.is_sorted() && told.contains(&(5, 6)), "{told:?}");
    let second = CoverParams {
        seed: Seed(4),
        ..params
    };
    assert_eq!(drawn[1].image, narrow.draw(&second, &Silent).unwrap().image);
}

#[test]
fn the_title_is_set_where_it_is_wanted() {
    let mut artist = artist();
    let mut drawn = |typography: Option<bool>| {
        let asked = params(|r| {
            r.title = Some("Night Ferry".to_owned());
            r.drawing.typography = typography;
        });
        artist.draw(&asked, &Silent).unwrap()
    };
    let plain = drawn(None);
    assert!(!plain.lettered);
    assert_eq!(plain.image, drawn(Some(false)).image);
    let lettered = drawn(Some(true));
    assert!(lettered.lettered);
    assert_ne!(plain.image, lettered.image);
    // Nothing is set but at the foot.
    let head = |image: &image::RgbImage| image.as_raw()[..256 * 3 * 64].to_vec();
    assert_eq!(head(&plain.image), head(&lettered.image));
}

#[test]
fn a_title_that_no_font_has_is_spoken_of() {
    let asked = params(|r| {
        r.title = Some("🎵".to_owned());
        r.drawing.typography = Some(true);
    });
    let made = artist().draw(&asked, &Silent).unwrap();
    assert!(!made.lettered);
    assert!(made.notes.iter().any(|note| note.contains("No font")));
}

#[test]
fn words_styles_and_guidance_are_seen() {
    let mut artist = artist();
    let mut drawn = |change: &dyn Fn(&mut songwright_api::CoverImageRequest)| {
        artist.draw(&params(change), &Silent).unwrap().image
    };
    let plain = drawn(&|_| {});
    assert_ne!(plain, drawn(&|r| r.prompt = "a bird at sea".to_owned()));
    assert_ne!(plain, drawn(&|r| r.style = Some("grunge".to_owned())));
    let custom = drawn(&|r| r.style = Some("a style that nobody knows".to_owned()));
    assert_ne!(plain, custom);
    assert_ne!(
        custom,
        drawn(&|r| r.style = Some("grunge + vintage".to_owned()))
    );
    // Without guidance nothing is kept away from.
    assert_eq!(
        plain,
        drawn(&|r| r.drawing.negative_prompt = Some("boats".to_owned()))
    );
    let guided = |words: &str| {
        let words = words.to_owned();
        move |r: &mut songwright_api::CoverImageRequest| {
            r.drawing.guidance_scale = Some(4.0);
            r.drawing.negative_prompt = Some(words.clone());
        }
    };
    assert_ne!(plain, drawn(&guided("boats")));
    assert_ne!(drawn(&guided("boats")), drawn(&guided("people")));
}

#[test]
fn a_long_prompt_is_cut_and_that_is_said() {
    let mut artist = artist();
    let asked = params(|r| r.prompt = "harbour ".repeat(60).trim().to_owned());
    let made = artist.draw(&asked, &Silent).unwrap();
    assert!(made.notes[0].contains("77 tokens"), "{:?}", made.notes);
    let short = artist.draw(&params(|_| {}), &Silent).unwrap();
    assert_eq!(short.notes, ["Not for sale."]);
}

#[test]
fn cancelling_stops_within_a_step() {
    let mut artist = artist();
    for at in 0..=4 {
        let watcher = Watcher::that_cancels_at(at);
        let asked = params(|r| r.drawing.num_inference_steps = Some(Whole(4)));
        let stopped = artist.draw(&asked, &watcher);
        assert!(matches!(stopped, Err(EngineError::Cancelled)), "{at}");
        let last = watcher.told().last().copied();
        assert_eq!(last.map(|(done, _)| done), Some(at));
    }
}

#[test]
fn cancelling_stops_within_every_network() {
    let mut artist = artist();
    let image = Arc::new(artist.draw(&params(|_| {}), &Silent).unwrap().image);
    let over = || CoverParams {
        redraw: Some(Redraw {
            image: Arc::clone(&image),
            strength: 1.0,
        }),
        ..params(|_| {})
    };
    // All is in memory; a prompt that is new is read by the encoders.
    let mut prompts = ('a'..='z').flat_map(|a| ('a'..='z').map(move |b| format!("a {a}{b} boat")));
    let mut asked = || CoverParams {
        prompt: prompts.next().unwrap(),
        ..over()
    };
    let whole = Watcher::default();
    artist.draw(&asked(), &whole).unwrap();
    let all = whole.asked();
    // Text encoders, the way from a picture, two steps and the way back have hundreds of layers.
    assert!(all > 500, "{all}");
    for count in (1..=all).step_by(all / 40) {
        let watcher = Watcher::that_cancels_on(count);
        let stopped = artist.draw(&asked(), &watcher);
        assert!(matches!(stopped, Err(EngineError::Cancelled)), "{count}");
        // Nothing goes on after the answer but what each thread has begun.
        let most = count + thread::available_parallelism().unwrap().get();
        assert!(watcher.asked() <= most, "{} of {count}", watcher.asked());
    }
    // What lies in memory is whole.
    let plain = params(|_| {});
    let again = artist.draw(&plain, &Silent).unwrap().image;
    assert_eq!(again, crate::artist().draw(&plain, &Silent).unwrap().image);
}

#[test]
fn a_picture_is_drawn_over_as_far_as_asked() {
    let mut artist = artist();
    let image = artist.draw(&params(|_| {}), &Silent).unwrap().image;
    let over = |strength: f64| CoverParams {
        redraw: Some(Redraw {
            image: Arc::new(image.clone()),
            strength,
        }),
        ..params(|r| {
            r.drawing.num_inference_steps = Some(Whole(4));
            r.drawing.seed = Some(Whole(99));
        })
    };
    let mut drawn = |strength, taken: &str| {
        let watcher = Watcher::default();
        let drawn = artist.draw(&over(strength), &watcher).unwrap();
        assert_eq!(drawn.label, format!("SDXL-Turbo, {taken}"));
        let steps: usize = taken.split(' ').next().unwrap().parse().unwrap();
        // Where it is but one, there is something to see all the same.
        assert_eq!(watcher.previews().len(), steps);
        let told = format!("Denoising strength: {strength}, Steps taken: {steps},");
        assert!(
            drawn.parameters.contains("Steps: 4,"),
            "{}",
            drawn.parameters
        );
        assert!(drawn.parameters.contains(&told), "{}", drawn.parameters);
    };
    drawn(0.05, "1 step");
    drawn(0.5, "2 steps");
    drawn(1.0, "4 steps");
}
