use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;
use songwright_audio::{
    Pcm,
    wav::{self, WavFormat},
};
use songwright_base::{EngineError, Progress, Silent, Stage};
use songwright_music::Composer as _;

use crate::{
    server::{Reply, Server, metadata},
    targets::{Watching, composer, music_params},
};

fn song(channels: u16, seconds: usize) -> Pcm {
    Pcm {
        sample_rate: 8_000,
        channels,
        samples: (0..8_000 * seconds * usize::from(channels))
            .map(|i| 0.5 * (i as f32 * 0.05).sin())
            .collect(),
    }
}

fn file(pcm: &Pcm) -> Vec<u8> {
    wav::encode(pcm, WavFormat::Float32).unwrap()
}

#[test]
fn audio_in_the_answer_becomes_the_mix() {
    let pcm = song(2, 12);
    let data = BASE64_STANDARD.encode(file(&pcm));
    let server = Server::start(move |_, _| {
        Reply::Json(
            200,
            json!({
                "audio_data": format!("data:audio/wav;base64,{data}"),
                "generation_time": 2.0,
                "audio_duration": 12.0,
                "metadata": metadata(),
                "seed": 7,
                "bpm": 96.5,
                "key": "A minor",
                "instruments": ["guitar"],
                "notes": ["No sitar is known here."],
                "timed_lines": [
                    {"start_s": 1.0, "end_s": 3.0, "text": "The train is leaving", "section": "verse"},
                    {"start_s": 90.0, "end_s": 93.0, "text": "past the end", "section": "verse"},
                ],
            }),
        )
    });
    let mut composer = composer(&server.url());
    let watching = Watching::default();
    let made = composer.compose(&music_params(12.0), &watching).unwrap();
    assert!(made.mix == pcm, "the samples changed on the way");
    assert_eq!(made.facts.bpm, Some(96.5));
    assert_eq!(made.facts.key.as_deref(), Some("A minor"));
    assert_eq!(made.facts.instruments, ["guitar"]);
    assert_eq!(made.facts.notes, ["No sitar is known here."]);
    assert_eq!(made.timed_lines.len(), 1);
    assert_eq!(made.timed_lines[0].text, "The train is leaving");
    assert_eq!(made.engine, composer.info());
    assert_eq!(made.engine.device, "L40S");
    assert_eq!(
        *watching.0.lock().unwrap(),
        [
            Progress::new(Stage::Render, 0, 1),
            Progress::new(Stage::Render, 1, 1)
        ]
    );
    let asked = server.asked();
    assert_eq!(asked[0].path, "/generate_music");
    assert_eq!(
        asked[0].body,
        json!({
            "prompt": "folk, male vocal, guitar",
            "lyrics": "[verse]\nThe train is leaving\n",
            "audio_duration": 12.0,
            "seed": 7,
            "guidance_scale": 7.5,
            "infer_step": 27,
            "instrumental": false,
        })
    );
}

#[test]
fn a_file_that_is_only_named_is_fetched_also_beside_the_prefix() {
    let bytes = file(&song(1, 12));
    let server = Server::start(move |asked, _| match asked.path.as_str() {
        "/music/generate_music" => Reply::Json(
            200,
            json!({"audio_data": null, "file_path": "audio/x y.wav", "bpm": "fast", "metadata": null}),
        ),
        "/files/audio/x%20y.wav" => Reply::Bytes("audio/wav", bytes.clone()),
        _ => Reply::Json(404, json!({"detail": "no such file"})),
    });
    let mut instrumental = music_params(12.0);
    instrumental.lyrics = None;
    let made = composer(&format!("{}/music", server.url()))
        .compose(&instrumental, &Silent)
        .unwrap();
    assert_eq!((made.mix.channels, made.mix.frames()), (2, 96_000));
    assert_eq!(made.mix.samples[2], made.mix.samples[3]);
    assert_eq!(made.facts.bpm, None);
    let asked = server.asked();
    assert_eq!(asked[0].body["lyrics"], "[instrumental]");
    assert_eq!(asked[0].body["instrumental"], true);
    let paths: Vec<_> = asked.iter().map(|a| a.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/music/generate_music",
            "/music/files/audio/x%20y.wav",
            "/files/audio/x%20y.wav"
        ]
    );
}

#[test]
fn a_service_that_makes_too_little_is_not_padded_in_silence() {
    let data = BASE64_STANDARD.encode(file(&song(2, 3)));
    let server = Server::saying(200, json!({"audio_data": data}));
    let made = composer(&server.url())
        .compose(&music_params(12.0), &Silent)
        .unwrap();
    assert_eq!(made.mix.duration_s(), 3.0);
    assert_eq!(
        made.facts.notes,
        ["The music service made 3.0 s of the 12.0 s that were asked for."]
    );
}

#[test]
fn what_is_no_audio_is_refused_with_the_reason() {
    let whole = file(&song(2, 1));
    let cut = BASE64_STANDARD.encode(&whole[..whole.len() / 2]);
    for (body, reason) in [
        (json!({"audio_data": "????"}), "audio_data is not base64"),
        (
            json!({"audio_data": BASE64_STANDARD.encode("ID3 music")}),
            "not a WAV file",
        ),
        (json!({"audio_data": cut}), "cut off"),
        (
            json!({"audio_data": BASE64_STANDARD.encode(file(&song(2, 0)))}),
            "is empty",
        ),
        (json!({"audio_data": 5}), "audio_data"),
        (
            json!({"generation_time": 1.0}),
            "neither audio_data nor file_path",
        ),
        (json!([null, null]), "a JSON list instead of an object"),
    ] {
        let server = Server::saying(200, body.clone());
        let error = composer(&server.url())
            .compose(&music_params(12.0), &Silent)
            .unwrap_err();
        let EngineError::Remote {
            service, problem, ..
        } = &error
        else {
            panic!("{error:?}");
        };
        assert_eq!(*service, "music-generator");
        assert!(problem.contains(reason), "{problem}");
        assert_eq!(server.asked().len(), 1);
    }
}
