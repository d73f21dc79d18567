//! Proves that what the sketch composer makes is music in the asked tempo, key and form, and a
//! master that a player can use.

#![allow(
    clippy::unwrap_used,
    reason = "a test's helper functions fail as its test functions do"
)]

mod listening;

use std::sync::atomic::{AtomicUsize, Ordering};

use listening::{chroma, fade_end_db, key_fit, longest_silence_s, tempo};
use midly::{MetaMessage, MidiMessage, Smf, TrackEventKind};
use songwright_audio::wav::{self, WavFormat};
use songwright_audio::{Pcm, integrated_loudness, true_peak};
use songwright_base::{EngineError, LyricSheet, Observer, Progress, Seed, Silent, Stage};
use songwright_music::{Composer as _, Composition, MusicParams};
use songwright_sketch::music::{
    LOUDNESS_LUFS, Mode, SAMPLE_RATE, SketchComposer, TRUE_PEAK_DBTP, plan, style_ids, sum, write,
};

const LYRICS: &str = "[verse]\nWalking down the empty street tonight\nEvery window has a broken light\nI can hear the river calling me\nTelling me of how it used to be\n[chorus]\nOh carry me home\nCarry me home again\nUnder the silver sky\nCarry me home again\n[verse]\nMorning comes with coffee and the rain\nSomebody is whispering my name\n[chorus]\nOh carry me home\nCarry me home again";

fn params(prompt: &str, duration_s: f64, seed: u64) -> MusicParams {
    MusicParams {
        prompt: prompt.to_owned(),
        lyrics: None,
        duration_s,
        seed: Seed(seed),
        guidance_scale: 15.0,
        infer_step: 60,
        diffusion: songwright_api::Diffusion::default(),
        task: songwright_music::MusicTask::Text2Music,
    }
}

fn sung(prompt: &str, duration_s: f64, seed: u64) -> MusicParams {
    MusicParams {
        lyrics: Some(LyricSheet::parse(LYRICS)),
        ..params(prompt, duration_s, seed)
    }
}

fn compose(params: &MusicParams) -> Composition {
    SketchComposer::new().compose(params, &Silent).unwrap()
}

/// All that must hold of every song.
fn check_song(params: &MusicParams) -> Composition {
    let song = compose(params);
    let what = format!("{} for {} s", params.prompt, params.duration_s);
    let frames = (params.duration_s * f64::from(SAMPLE_RATE)).round() as usize;
    assert_eq!(song.mix.frames(), frames, "{what}");
    assert!(song.mix.samples.iter().all(|x| x.is_finite()), "{what}");
    let lufs = integrated_loudness(&song.mix, &Silent).unwrap();
    assert!((lufs - LOUDNESS_LUFS).abs() <= 0.5, "{what}: {lufs} LUFS");
    let dbtp = true_peak(&song.mix, &Silent).unwrap();
    assert!(dbtp <= TRUE_PEAK_DBTP, "{what}: {dbtp} dBTP");
    let score = write(&plan(params).unwrap());
    let ending_s = score.seconds(score.final_chord);
    let gap_s = longest_silence_s(&song.mix, ending_s);
    assert!(gap_s < 1.5, "{what}: {gap_s} s of silence");
    let end_db = fade_end_db(&song.mix);
    assert!(end_db < -30.0, "{what}: ends at {end_db} dB");
    for stem in &song.stems {
        assert_eq!(stem.audio.frames(), frames, "{what}: {}", stem.name);
        let peak = stem
            .audio
            .samples
            .iter()
            .fold(0.0_f32, |a, x| a.max(x.abs()));
        assert!(peak > 1e-3, "{what}: {} is silent", stem.name);
    }
    song
}

#[test]
fn every_style_makes_a_finished_song() {
    for (i, id) in style_ids().unwrap().into_iter().enumerate() {
        let song = check_song(&params(id, 10.0 + i as f64, i as u64));
        assert!(song.stems.len() >= 3, "{id}");
        assert_eq!(song.engine.model_id, "songwright/sketch-composer-1");
    }
}

#[test]
fn lengths_from_ten_seconds_to_three_minutes() {
    for (prompt, duration_s) in [
        ("ambient, calm", 10.0),
        ("metal, aggressive", 37.3),
        ("lo-fi, 73 bpm", 60.0),
        ("pop", 180.0),
    ] {
        check_song(&sung(prompt, duration_s, 5));
    }
}

#[test]
fn the_asked_tempo_is_heard() {
    for (prompt, bpm) in [
        ("house", 123.0),
        ("rock", 141.0),
        ("hip hop", 86.0),
        ("country", 104.0),
        ("synthwave", 97.0),
    ] {
        let song = compose(&params(&format!("{prompt}, {bpm} BPM"), 30.0, 11));
        let heard = tempo(&song.mix, bpm);
        assert!((heard - bpm).abs() <= 1.0, "{prompt}: {heard} for {bpm}");
        assert_eq!(song.facts.bpm, Some(bpm));
    }
}

#[test]
fn the_asked_key_is_heard() {
    for (prompt, tonic, mode) in [
        ("pop, A minor", 9, Mode::Minor),
        ("folk, E major", 4, Mode::Major),
        ("synthwave, F# minor", 6, Mode::Minor),
        ("waltz, B flat major", 10, Mode::Major),
    ] {
        let song = compose(&params(prompt, 24.0, 2));
        let pitched: Vec<_> = song
            .stems
            .into_iter()
            .filter(|s| s.name != "drums")
            .collect();
        let frames = pitched[0].audio.frames();
        let chroma = chroma(&sum(&pitched, frames));
        let asked = key_fit(&chroma, tonic, mode == Mode::Minor);
        assert!(asked > 0.55, "{prompt}: {asked}, {chroma:?}");
        // A key and its relative share their notes; every other key must fit worse.
        let relative = (tonic + if mode == Mode::Minor { 3 } else { 9 }) % 12;
        for other in (0..12).filter(|t| *t != tonic) {
            for minor in [false, true] {
                let is_relative = other == relative && minor != (mode == Mode::Minor);
                let fit = key_fit(&chroma, other, minor);
                assert!(
                    is_relative || fit < asked,
                    "{prompt}: {other} {minor} {fit} > {asked}"
                );
            }
        }
    }
}

#[test]
fn the_midi_file_is_the_score() {
    let params = sung("blues, 92 bpm, A major", 45.0, 9);
    let song = compose(&params);
    let score = write(&plan(&params).unwrap());
    let midi = song.midi.unwrap();
    let smf = Smf::parse(&midi).unwrap();
    assert_eq!(smf.tracks.len(), score.parts.len() + 1);
    for (track, part) in smf.tracks[1..].iter().zip(&score.parts) {
        let mut open = [None; 128];
        let mut notes = Vec::new();
        let mut now = 0;
        for event in track {
            now += event.delta.as_int();
            let TrackEventKind::Midi { message, .. } = event.kind else {
                continue;
            };
            match message {
                MidiMessage::NoteOn { key, vel } => {
                    let was: Option<(u32, u8)> = open[usize::from(key.as_int())];
                    assert_eq!(was, None, "two notes of one key in {}", part.name);
                    open[usize::from(key.as_int())] = Some((now, vel.as_int()));
                }
                MidiMessage::NoteOff { key, .. } => {
                    let (start, velocity) = open[usize::from(key.as_int())].take().unwrap();
                    notes.push((start, now - start, key.as_int(), velocity));
                }
                _ => {}
            }
        }
        assert!(
            open.iter().all(Option::is_none),
            "a stuck note in {}",
            part.name
        );
        notes.sort_unstable();
        let written: Vec<_> = part
            .notes
            .iter()
            .map(|n| (n.start, n.length, n.key, n.velocity))
            .collect();
        let mut written = written;
        written.sort_unstable();
        assert_eq!(notes, written, "{}", part.name);
    }
    let conductor: Vec<MetaMessage<'_>> = smf.tracks[0]
        .iter()
        .filter_map(|e| match e.kind {
            TrackEventKind::Meta(m) => Some(m),
            _ => None,
        })
        .collect();
    assert!(conductor.contains(&MetaMessage::KeySignature(3, false)));
    assert!(conductor.contains(&MetaMessage::TimeSignature(4, 2, 24, 8)));
    assert!(conductor.contains(&MetaMessage::Marker(b"chorus")));
    let words: String = conductor
        .iter()
        .filter_map(|m| match m {
            MetaMessage::Lyric(text) => std::str::from_utf8(text).ok(),
            _ => None,
        })
        .collect();
    assert!(
        words.starts_with("Walking down the empty street tonight "),
        "{words}"
    );
}

#[test]
fn the_master_is_the_sum_of_the_stems() {
    let song = compose(&params("rnb", 20.0, 4));
    let mix = sum(&song.stems, song.mix.frames());
    // But for rumble and a slowly moving gain, the master is that sum. Differences between
    // neighbouring frames leave the rumble out.
    let slopes = |pcm: &Pcm| -> Vec<f64> {
        let frames = pcm.samples.windows(3);
        frames.map(|w| f64::from(w[2]) - f64::from(w[0])).collect()
    };
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(x, y)| x * y).sum() };
    let (a, b) = (slopes(&mix), slopes(&song.mix));
    let likeness = dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt();
    assert!(likeness > 0.97, "{likeness}");
}

#[test]
fn stems_that_are_kept_sum_to_the_mix_before_mastering() {
    for style in style_ids().unwrap() {
        let song = compose(&params(style, 12.0, 4));
        let mix = sum(&song.stems, song.mix.frames());
        // As they lie in files: 24 bits, and nothing above full scale.
        let kept = song.stems.iter().map(|stem| {
            let peak = stem
                .audio
                .samples
                .iter()
                .fold(0.0_f32, |m, x| m.max(x.abs()));
            assert!(peak < 1.0, "{style}: {} is cut off at {peak}", stem.name);
            let file = wav::encode(&stem.audio, WavFormat::Int24).unwrap();
            wav::read(&file[..]).unwrap()
        });
        let kept: Vec<Pcm> = kept.collect();
        let (mut error, mut power) = (0.0, 0.0);
        for (i, x) in mix.samples.iter().enumerate() {
            let added: f64 = kept.iter().map(|stem| f64::from(stem.samples[i])).sum();
            error += (f64::from(*x) - added).powi(2);
            power += f64::from(*x).powi(2);
        }
        let apart_db = 10.0 * (error / power).log10();
        assert!(apart_db < -80.0, "{style}: {apart_db} dB");
    }
}

#[test]
fn one_seed_one_song() {
    let first = compose(&params("jazz, piano", 10.0, 21));
    assert_eq!(first, compose(&params("jazz, piano", 10.0, 21)));
    let other = compose(&params("jazz, piano", 10.0, 22));
    assert_ne!(first.mix, other.mix);
    assert_ne!(first.midi, other.midi);
}

#[test]
fn lines_are_sung_in_order_inside_the_song() {
    for duration_s in [10.0, 25.0, 60.0, 240.0] {
        let params = sung("pop", duration_s, 3);
        let plan = plan(&params).unwrap();
        let score = write(&plan);
        assert!(!score.lines.is_empty());
        let mut last = 0;
        for line in &score.lines {
            assert!(line.start >= last && line.end > line.start, "{line:?}");
            last = line.end;
        }
        assert!(last <= score.final_chord + 60, "{duration_s}");
        let all = LyricSheet::parse(LYRICS);
        let cut = plan.notes.iter().any(|n| n.contains("left out"));
        assert_eq!(cut, score.lines.len() < all.lines().count(), "{duration_s}");
        for (line, text) in score.lines.iter().zip(all.lines()) {
            assert_eq!(line.text, text);
        }
    }
}

#[test]
fn songs_end_on_the_tonic_and_choruses_are_fuller() {
    for id in style_ids().unwrap() {
        for seed in 0..4 {
            let params = sung(id, 75.0, seed);
            let plan = plan(&params).unwrap();
            let score = write(&plan);
            let last = score.chords.last().unwrap();
            assert_eq!(last.chord.root, plan.key.tonic, "{id}");
            let bass = score.parts.iter().find(|p| p.name == "bass").unwrap();
            assert_eq!(bass.notes.last().unwrap().key % 12, plan.key.tonic, "{id}");
            let notes_a_bar = |tag: &str| {
                let (mut notes, mut bars) = (0, 0);
                for s in plan.sections.iter().filter(|s| s.tag == tag) {
                    let bar = u32::from(score.beats) * 960;
                    let range = s.first_bar * bar..(s.first_bar + s.bars) * bar;
                    bars += s.bars;
                    let all = score.parts.iter().filter(|p| p.name != "lead");
                    let inside = all
                        .flat_map(|p| &p.notes)
                        .filter(|n| range.contains(&n.start));
                    notes += inside.count() as u32;
                }
                f64::from(notes) / f64::from(bars.max(1))
            };
            let (verse, chorus) = (notes_a_bar("verse"), notes_a_bar("chorus"));
            assert!(
                chorus > verse * 1.1,
                "{id}: {verse} and {chorus} notes a bar"
            );
        }
    }
}

#[derive(Default)]
struct StopsInRender {
    reports: AtomicUsize,
}

impl Observer for StopsInRender {
    fn report(&self, progress: Progress) {
        assert!(progress.done <= progress.total && progress.total > 0);
        if progress.stage == Stage::Render {
            self.reports.fetch_add(1, Ordering::Relaxed);
        }
    }
    fn is_cancelled(&self) -> bool {
        self.reports.load(Ordering::Relaxed) > 5
    }
}

#[test]
fn cancelling_stops_within_a_step() {
    let observer = StopsInRender::default();
    let result = SketchComposer::new().compose(&params("pop", 600.0, 1), &observer);
    assert!(matches!(result, Err(EngineError::Cancelled)));
    assert!(observer.reports.load(Ordering::Relaxed) < 40);
}
