use std::sync::Arc;

use songwright_audio::Pcm;
use songwright_base::{EngineError, Seed, Silent, Stage};
use songwright_music::{Composer as _, MadeFrom, MusicParams, MusicTask};

use crate::{composer, params, watcher::Watcher};

/// A song of the model's own.
fn song(seconds: f64) -> Arc<Pcm> {
    Arc::new(
        composer()
            .compose(&params(seconds, 21), &Silent)
            .unwrap()
            .mix,
    )
}

fn made(task: MusicTask) -> Result<Pcm, EngineError> {
    let mut params = params(2.0, 21);
    params.task = task;
    Ok(composer().compose(&params, &Silent)?.mix)
}

fn repaint(source: &Arc<Pcm>, from: f64, to: f64) -> Result<Pcm, EngineError> {
    made(MusicTask::Repaint {
        source: source.clone(),
        range_s: from..to,
        variance: 1.0,
        retake_seed: Seed(5),
    })
}

/// The root mean square of the difference in a range of seconds.
fn difference(a: &Pcm, b: &Pcm, from: f64, to: f64) -> f64 {
    let at = |s: f64| (s * 96_000.0) as usize;
    let pairs = a.samples[at(from)..at(to)]
        .iter()
        .zip(&b.samples[at(from)..at(to)]);
    let sum: f64 = pairs.clone().map(|(a, b)| f64::from(a - b).powi(2)).sum();
    (sum / pairs.len() as f64).sqrt()
}

#[test]
fn a_retake_goes_from_the_song_to_another() {
    let retake = |variance| {
        let retake_seed = Seed(99);
        made(MusicTask::Retake {
            before: Vec::new(),
            variance,
            retake_seed,
        })
        .unwrap()
    };
    let same = song(2.0);
    assert!(difference(&same, &retake(0.0), 0.0, 2.0) < 1e-4);
    let (near, far) = (retake(0.1), retake(1.0));
    let of = |other| difference(&same, other, 0.0, 2.0);
    assert!(
        of(&near) > 1e-4 && of(&near) < of(&far),
        "{} {}",
        of(&near),
        of(&far)
    );
}

#[test]
fn repainting_changes_its_range_and_keeps_the_rest() {
    let source = song(6.0);
    let whole = repaint(&source, 2.0, 4.0).unwrap();
    let other = repaint(&source, 2.0, 3.9).unwrap();
    assert_eq!(whole.frames(), source.frames());
    // Two songs whose ranges differ in their ends alone are the same before them.
    assert!(difference(&whole, &other, 0.0, 1.0) < 1e-3);
    assert!(difference(&whole, &other, 3.85, 3.95) > 1e-3);
}

#[test]
fn extending_goes_both_ways() {
    let source = song(3.0);
    let frames = |from, to| repaint(&source, from, to).unwrap().duration_s();
    assert!((frames(-2.0, 3.0) - 5.0).abs() < 0.3);
    assert!((frames(0.0, 4.5) - 4.5).abs() < 0.3);
    // What the reference cannot do: both ways, and by more than the song's own length.
    assert!((frames(-1.0, 4.0) - 5.0).abs() < 0.3);
    assert!((frames(0.0, 10.0) - 10.0).abs() < 0.3);
}

#[test]
fn ranges_that_are_none_are_named() {
    let source = song(3.0);
    for (from, to) in [
        (2.0, 1.0),
        (1.0, 1.0),
        (3.5, 4.0),
        (-2.0, -1.0),
        (1.0, f64::NAN),
        (0.0, 300.0),
    ] {
        let error = repaint(&source, from, to).unwrap_err();
        assert!(
            matches!(error, EngineError::Unsupported { .. }),
            "{from} {to}: {error}"
        );
    }
}

#[test]
fn audio2audio_keeps_what_strength_says() {
    let reference = song(3.0);
    let like = |strength| {
        let reference = reference.clone();
        made(MusicTask::Audio2Audio {
            reference,
            strength,
        })
        .unwrap()
    };
    let again = |pcm: &Pcm| difference(pcm, &like(0.99), 0.0, 3.0);
    assert_eq!(like(0.5).frames(), reference.frames());
    assert!(again(&like(0.9)) < again(&like(0.1)));
}

#[test]
fn hearing_what_is_followed_is_told_and_can_be_cancelled() {
    let like = |reference| MusicTask::Audio2Audio {
        reference,
        strength: 0.5,
    };
    // Longer than a piece of sixty-four latent frames, some six seconds.
    let asked = MusicParams {
        task: like(song(8.0)),
        ..params(8.0, 1)
    };
    let all = Watcher::default();
    composer().compose(&asked, &all).unwrap();
    let told = all.of(Stage::Arrange);
    assert!(told.contains(&(64, 90)), "{told:?}");
    let shares = told.iter().map(|(done, all)| *done as f64 / *all as f64);
    assert!(shares.is_sorted(), "{told:?}");
    let watcher = Watcher::that_cancels_at(Stage::Arrange, 64);
    let error = composer().compose(&asked, &watcher).unwrap_err();
    assert!(matches!(error, EngineError::Cancelled), "{error}");
    assert_eq!(watcher.of(Stage::Arrange).last(), Some(&(64, 90)));
}

#[test]
fn an_edit_is_as_long_as_its_song() {
    let source = song(2.5);
    let edit = |n_min, n_max| {
        made(MusicTask::Edit {
            source: source.clone(),
            made_from: MadeFrom {
                prompt: "jazz, piano".to_owned(),
                lyrics: "[verse]\nla".to_owned(),
                vocal_language: None,
            },
            n_min,
            n_max,
            n_avg: 1,
            retake_seed: Seed(3),
        })
    };
    assert_eq!(edit(0.2, 0.8).unwrap().frames(), source.frames());
    assert!(edit(0.8, 0.8).is_err());
}

#[test]
fn any_sample_rate_and_channels_are_taken() {
    let tone = |sample_rate: u32, channels: u16, seconds: f64| {
        let frames = (f64::from(sample_rate) * seconds) as usize;
        let samples = (0..frames * usize::from(channels))
            .map(|i| (i as f32 * 0.05).sin() * 0.3)
            .collect();
        Arc::new(Pcm {
            sample_rate,
            channels,
            samples,
        })
    };
    for (rate, channels) in [(8_000, 1), (22_050, 2), (96_000, 1), (192_000, 6)] {
        let mix = repaint(&tone(rate, channels, 1.5), 0.5, 1.0).unwrap();
        assert_eq!(mix.frames(), 72_000, "{rate} Hz, {channels} channels");
    }
    for seconds in [0.0001, 0.5, 241.0, 10_800.0] {
        let rate = if seconds > 1000.0 { 100 } else { 8_000 };
        let error = repaint(&tone(rate, 1, seconds), 0.0, 0.4).unwrap_err();
        assert!(error.to_string().contains("1 to 240 seconds"), "{error}");
    }
}
