use std::{sync::Arc, thread};

use songwright_base::{EngineError, EngineKind, Silent, Stage};
use songwright_music::{Composer as _, MusicParams, MusicTask, ace_step::DURATION_S};

use crate::{composer, params, watcher::Watcher};

#[test]
fn a_song_is_as_long_as_asked_and_sounds() {
    let mut composer = composer();
    let watcher = Watcher::default();
    let made = composer.compose(&params(3.0, 5), &watcher).unwrap();
    assert_eq!((made.mix.sample_rate, made.mix.channels), (48_000, 2));
    assert_eq!(made.mix.frames(), 144_000);
    assert!(made.mix.samples.iter().all(|sample| sample.abs() <= 1.0));
    let loud = made
        .mix
        .samples
        .iter()
        .filter(|sample| sample.abs() > 1e-4)
        .count();
    assert!(loud > 100_000, "{loud}");
    let (left, right): (Vec<f32>, Vec<f32>) = made
        .mix
        .samples
        .chunks(2)
        .map(|frame| (frame[0], frame[1]))
        .unzip();
    assert_ne!(left, right);
    assert_eq!(made.engine.kind, EngineKind::Neural);
    // Every model call is told, in order, and the decoding to its end.
    assert_eq!(
        watcher.of(Stage::Render),
        [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    );
    let decoding = watcher.of(Stage::Master);
    assert!(decoding.is_sorted() && decoding.last().unwrap().0 == decoding.last().unwrap().1);
}

#[test]
fn one_seed_is_one_song() {
    let mut composer = composer();
    let mut song = |seed| composer.compose(&params(1.5, seed), &Silent).unwrap().mix;
    let first = song(11);
    assert_eq!(first, song(11));
    assert_ne!(first, song(12));
    assert_eq!(
        first,
        crate::composer()
            .compose(&params(1.5, 11), &Silent)
            .unwrap()
            .mix
    );
}

#[test]
fn words_and_tags_are_heard() {
    let mut composer = composer();
    let mut made = |change: &dyn Fn(&mut MusicParams)| {
        let mut params = params(1.5, 3);
        change(&mut params);
        composer.compose(&params, &Silent).unwrap().mix
    };
    let song = made(&|_| {});
    assert_ne!(
        song,
        made(&|params| params.prompt = "metal, fast".to_owned())
    );
    assert_ne!(song, made(&|params| params.lyrics = None));
    assert_ne!(song, made(&|params| params.guidance_scale = 1.0));
    assert_ne!(song, made(&|params| params.diffusion.use_erg_tag = false));
    assert_ne!(
        song,
        made(&|params| params.diffusion.vocal_language = Some("de".to_owned()))
    );
    let by_line = made(&|params| {
        // Short lines are taken for other languages.
        params.lyrics = Some(songwright_base::LyricSheet::parse("[verse]\nlove me do"));
        params.diffusion.lyric_language = songwright_api::LyricLanguage::Reference;
    });
    let in_english = made(&|params| {
        params.lyrics = Some(songwright_base::LyricSheet::parse("[verse]\nlove me do"));
    });
    assert_ne!(by_line, in_english);
    assert_ne!(song, made(&|params| params.diffusion.omega_scale = -50.0));
    assert_ne!(
        song,
        made(&|params| params.diffusion.oss_steps = vec![1, 3])
    );
    assert_ne!(
        song,
        made(&|params| params.diffusion.scheduler_type = songwright_api::SchedulerType::Heun)
    );
}

#[test]
fn cancelling_stops_within_a_step() {
    for (stage, at) in [(Stage::Arrange, 1), (Stage::Render, 2), (Stage::Master, 1)] {
        let watcher = Watcher::that_cancels_at(stage, at);
        let error = composer().compose(&params(8.0, 1), &watcher).unwrap_err();
        assert!(matches!(error, EngineError::Cancelled), "{error}");
        let last = watcher.of(stage).last().copied().unwrap();
        // One piece of sixty-four frames in the decoder.
        assert!(last.0 <= at + 64, "{stage:?} went on to {last:?}");
    }
}

#[test]
fn cancelling_stops_within_every_network() {
    let mut composer = composer();
    let reference = composer.compose(&params(2.0, 5), &Silent).unwrap().mix;
    let asked = MusicParams {
        task: MusicTask::Audio2Audio {
            reference: Arc::new(reference),
            strength: 0.5,
        },
        ..params(2.0, 6)
    };
    let whole = Watcher::default();
    composer.compose(&asked, &whole).unwrap();
    let all = whole.asked();
    // The way from audio, the text encoder, the transformer and the way back have hundreds of layers.
    assert!(all > 500, "{all}");
    for count in (1..=all).step_by(all / 30) {
        let watcher = Watcher::that_cancels_on(count);
        let stopped = composer.compose(&asked, &watcher);
        assert!(matches!(stopped, Err(EngineError::Cancelled)), "{count}");
        // Nothing goes on after the answer but what each thread has begun, and what comes after the last piece.
        let most = count + thread::available_parallelism().unwrap().get() + 1;
        assert!(watcher.asked() <= most, "{} of {count}", watcher.asked());
    }
}

#[test]
fn both_sides_of_the_duration() {
    let mut composer = composer();
    for seconds in [*DURATION_S.start(), 1.01] {
        let made = composer.compose(&params(seconds, 1), &Silent).unwrap();
        assert!((made.mix.duration_s() - seconds).abs() < 1e-4);
    }
    for seconds in [0.99, 240.01, f64::NAN] {
        let error = composer.compose(&params(seconds, 1), &Silent).unwrap_err();
        assert!(matches!(error, EngineError::Unsupported { .. }), "{error}");
    }
}

#[test]
fn an_unknown_language_is_named_with_those_there_are() {
    let mut asked = params(1.0, 1);
    asked.diffusion.vocal_language = Some("tlh".to_owned());
    let error = composer().compose(&asked, &Silent).unwrap_err().to_string();
    assert!(error.contains("\"tlh\"") && error.contains("ko"), "{error}");
}

#[test]
fn long_lyrics_emoji_and_an_empty_prompt_are_sung() {
    let mut asked = params(1.0, 1);
    asked.prompt = String::new();
    let sheet = "🎸 la la 🎤 ñandú\n".repeat(260);
    assert!(sheet.len() > 6000);
    asked.lyrics = Some(songwright_base::LyricSheet::parse(&sheet));
    assert_eq!(
        composer().compose(&asked, &Silent).unwrap().mix.frames(),
        48_000
    );
}
