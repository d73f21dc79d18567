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
fn a_range_beyond_the_song_is_repainted_to_its_end() {
    let source = song(3.0);
    let of = |to: f64, seed: u64| {
        let mut params = params(2.0, 21);
        params.task = MusicTask::Repaint {
            source: source.clone(),
            range_s: 1.5..to,
            variance: 1.0,
            retake_seed: Seed(seed),
        };
        composer().compose(&params, &Silent).unwrap()
    };
    let whole = of(3.0, 5);
    assert_eq!(whole.mix.frames(), source.frames());
    assert_eq!(whole.facts.notes, [] as [String; 0]);
    for to in [3.05, 6.0, 600.0] {
        let made = of(to, 5);
        assert!(made.mix == whole.mix, "to {to} s");
        let said = made.facts.notes.concat();
        assert_eq!(said.contains("Extend"), to > 3.1, "{said}");
    }
    // Two seeds differ in all of the range, also in the last frame, which the song fills only partly.
    let other = of(6.0, 6).mix;
    for (from, to) in [(1.6, 2.0), (2.5, 2.9), (2.98, 3.0)] {
        let apart = difference(&whole.mix, &other, from, to);
        assert!(apart > 1e-3, "{from} to {to} s: {apart}");
    }
    assert!(difference(&whole.mix, &other, 0.0, 1.0) < 1e-3);
}

fn extend(source: &Arc<Pcm>, before_s: f64, after_s: f64) -> Result<Pcm, EngineError> {
    made(MusicTask::Extend {
        source: source.clone(),
        before_s,
        after_s,
        retake_seed: Seed(5),
    })
}

#[test]
fn extending_goes_both_ways_and_exactly_as_far_as_asked() {
    let source = song(3.0);
    // What the reference cannot do too: both ways, and by more than the song's own length.
    for (before_s, after_s) in [(2.0, 0.0), (0.0, 1.5), (1.0, 1.0), (0.0, 7.0), (0.3, 0.0)] {
        let made = extend(&source, before_s, after_s).unwrap();
        let wanted = ((3.0 + before_s + after_s) * 48_000.0_f64).round() as usize;
        assert_eq!(made.frames(), wanted, "{before_s} {after_s}");
    }
}

/// The longest silence in seconds from `from` seconds on.
fn silence(pcm: &Pcm, from: f64) -> f64 {
    let mut longest = 0;
    let mut now = 0;
    for frame in pcm.samples.chunks(2).skip((from * 48_000.0) as usize) {
        now = if frame == [0.0, 0.0] { now + 1 } else { 0 };
        longest = longest.max(now);
    }
    f64::from(longest) / 48_000.0
}

#[test]
fn what_follows_a_song_begins_where_it_stops_to_sound() {
    let source = song(3.0);
    // The model's frames end before the song does.
    assert!(silence(&source, 0.0) > 0.02);
    let longer = Arc::new(extend(&source, 0.0, 2.0).unwrap());
    let longest = extend(&longer, 0.0, 2.0).unwrap();
    assert_eq!(longest.frames(), 7 * 48_000);
    for pcm in [&longer, &longest] {
        assert!(silence(pcm, 0.0) < 1e-3, "{}", silence(pcm, 0.0));
    }
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
        (2.95, 300.0),
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
