//! The melody as a singer would judge it, over all styles and several seeds.

use songwright_base::{LyricSheet, Seed};
use songwright_music::MusicParams;
use songwright_sketch::music::{Note, Score, TICKS_PER_BEAT, plan, style_ids, write};

const LYRICS: &str = "[verse]\nWalking down the empty street tonight\nEvery window has a broken light\nI can hear the river calling me\nTelling me of how it used to be\n[chorus]\nOh carry me home\nCarry me home again\nUnder the silver sky\nCarry me home again";

struct Tune {
    score: Score,
    verse: Vec<Note>,
    chorus: Vec<Note>,
}

fn tune(style: &str, seed: u64) -> Tune {
    let params = MusicParams {
        prompt: style.to_owned(),
        lyrics: Some(LyricSheet::parse(LYRICS)),
        duration_s: 60.0,
        seed: Seed(seed),
        guidance_scale: 15.0,
        infer_step: 60,
        diffusion: songwright_api::Diffusion::default(),
        task: songwright_music::MusicTask::Text2Music,
    };
    let Ok(plan) = plan(&params) else {
        panic!("{style} has no plan");
    };
    let score = write(&plan);
    let sung = |section: &str| {
        let lead = score.parts.iter().filter(|p| p.name == "lead");
        let lines: Vec<_> = score
            .lines
            .iter()
            .filter(|l| l.section == section)
            .collect();
        lead.flat_map(|p| p.notes.iter().copied())
            .filter(|n| lines.iter().any(|l| (l.start..l.end).contains(&n.start)))
            .collect()
    };
    Tune {
        verse: sung("verse"),
        chorus: sung("chorus"),
        score,
    }
}

fn mean_key(notes: &[Note]) -> f64 {
    notes.iter().map(|n| f64::from(n.key)).sum::<f64>() / notes.len() as f64
}

#[test]
fn a_singable_tune_in_every_style() {
    let (mut higher, mut songs, mut on_chord, mut strong) = (0, 0, 0, 0);
    let (mut steps, mut leaps) = (0, 0);
    for id in style_ids().unwrap() {
        for seed in 0..6 {
            let tune = tune(id, seed);
            songs += 1;
            higher += usize::from(mean_key(&tune.chorus) > mean_key(&tune.verse) + 1.0);
            for notes in [&tune.verse, &tune.chorus] {
                assert!(notes.len() > 8, "{id} {seed}");
                for pair in notes.windows(2) {
                    assert!(pair[1].start > pair[0].start, "{id} {seed}: two voices");
                    assert!(
                        pair[0].start + pair[0].length <= pair[1].start + 30,
                        "{id} {seed}: a note hangs into the next"
                    );
                    let leap = pair[0].key.abs_diff(pair[1].key);
                    assert!(leap <= 14, "{id} {seed}: a leap of {leap} semitones");
                    steps += 1;
                    leaps += usize::from(leap > 7);
                }
                let same = notes
                    .chunk_by(|a, b| a.key == b.key)
                    .map(<[Note]>::len)
                    .max();
                assert!(same < Some(9), "{id} {seed}: {same:?} times the same note");
                let range = |f: fn(u8, u8) -> u8| notes.iter().map(|n| n.key).reduce(f).unwrap();
                let compass = range(u8::max) - range(u8::min);
                assert!(
                    (4..=21).contains(&compass),
                    "{id} {seed}: {compass} semitones"
                );
                for note in notes {
                    let beat = (note.start + 20) % TICKS_PER_BEAT < 40;
                    let sounding = tune
                        .score
                        .chords
                        .iter()
                        .rfind(|c| c.start <= note.start + 20);
                    if let (true, Some(at)) = (beat, sounding) {
                        strong += 1;
                        on_chord += usize::from(at.chord.contains(i32::from(note.key)));
                    }
                }
            }
        }
    }
    assert!(
        on_chord * 10 >= strong * 9,
        "{on_chord} of {strong} on chord tones"
    );
    assert!(leaps * 12 <= steps, "{leaps} leaps in {steps} steps");
    assert!(
        higher * 10 >= songs * 8,
        "the chorus lies higher in {higher} of {songs}"
    );
}
