//! Takes by a music service elsewhere: what they are made from is sent there.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use songwright_api::ReferenceAudio;
use songwright_audio::{
    Pcm,
    wav::{self, WavFormat},
};
use songwright_base::{EngineError, Seed, Silent};
use songwright_music::{Composer as _, MadeFrom, MusicParams, MusicTask, Variation};

use crate::{
    server::{Reply, Server, metadata},
    targets::{composer, music_params},
};

fn tone(seconds: usize) -> Arc<Pcm> {
    Arc::new(Pcm {
        sample_rate: 8_000,
        channels: 2,
        samples: (0..8_000 * seconds * 2)
            .map(|i| 0.5 * (i as f32 * 0.05).sin())
            .collect(),
    })
}

/// A service that takes files beside its prefix, and makes music of so many seconds.
fn songwright(seconds: usize) -> Server {
    let wav = wav::encode(&tone(seconds), WavFormat::Float32).unwrap();
    let data = BASE64_STANDARD.encode(wav);
    Server::start(move |asked, _| match asked.path.as_str() {
        "/files" => Reply::Json(201, json!({"file_path": "sent.wav", "channels": 2})),
        "/music/generate_music" => {
            Reply::Json(200, json!({"audio_data": data, "metadata": metadata()}))
        }
        "/music/estimate" => Reply::Json(200, json!({"seconds": null})),
        _ => Reply::Json(404, json!({"detail": "There is nothing here."})),
    })
}

fn wished(task: MusicTask) -> MusicParams {
    let mut params = MusicParams {
        task,
        ..music_params(12.0)
    };
    // A name of this machine's store, which the other does not have.
    params.diffusion.reference = Some(ReferenceAudio {
        file_path: "here.wav".to_owned(),
        strength: 0.1,
    });
    params
}

/// Which paths were asked, and the fields of the request for music that are not in every one.
fn made(server: &Server, task: MusicTask) -> (Vec<String>, Value) {
    let before = server.asked().len();
    let wanted_s = task.duration_s(12.0);
    let made = composer(&format!("{}/music", server.url()))
        .compose(&wished(task), &Silent)
        .unwrap();
    assert_eq!(made.mix.duration_s(), wanted_s);
    let asked = server.asked().split_off(before);
    let mut fields = asked.last().unwrap().body.clone();
    for usual in [
        "prompt",
        "lyrics",
        "seed",
        "guidance_scale",
        "infer_step",
        "instrumental",
    ] {
        assert!(
            fields.as_object_mut().unwrap().remove(usual).is_some(),
            "{usual}"
        );
    }
    let paths = asked.into_iter().map(|asked| asked.path).collect();
    (paths, fields)
}

#[test]
fn audio_is_sent_and_named_in_the_request() {
    let server = songwright(3);
    // Where the file goes is asked first.
    let sent = ["/music/files", "/files", "/files", "/music/generate_music"];
    let (paths, fields) = made(
        &server,
        MusicTask::Repaint {
            source: tone(2),
            range_s: 0.5..1.5,
            variance: 0.25,
            retake_seed: Seed(5),
        },
    );
    assert_eq!(paths, sent);
    assert_eq!(
        fields,
        json!({"task": "repaint", "src_audio_input": "sent.wav", "repaint_start": 0.5,
            "repaint_end": 1.5, "retake_variance": 0.25, "retake_seed": 5})
    );
    let (paths, fields) = made(
        &server,
        MusicTask::Extend {
            source: tone(2),
            before_s: 0.5,
            after_s: 0.5,
            retake_seed: Seed(7),
        },
    );
    assert_eq!(paths, sent);
    assert_eq!(
        fields,
        json!({"task": "extend", "src_audio_input": "sent.wav", "left_extend_length": 0.5,
            "right_extend_length": 0.5, "retake_seed": 7})
    );
    let (paths, fields) = made(
        &server,
        MusicTask::Edit {
            source: tone(3),
            made_from: MadeFrom {
                prompt: "jazz, piano".to_owned(),
                lyrics: "[verse]\nla\n".to_owned(),
                vocal_language: Some("de".to_owned()),
            },
            n_min: 0.2,
            n_max: 0.9,
            n_avg: 2,
            retake_seed: Seed(6),
        },
    );
    assert_eq!(paths, sent);
    assert_eq!(
        fields,
        json!({"task": "edit", "src_audio_input": "sent.wav", "edit_source_prompt": "jazz, piano",
            "edit_source_lyrics": "[verse]\nla\n", "edit_source_language": "de", "edit_n_min": 0.2,
            "edit_n_max": 0.9, "edit_n_avg": 2, "retake_seed": 6})
    );
    let like = MusicTask::Audio2Audio {
        reference: tone(3),
        strength: 0.75,
    };
    let (paths, fields) = made(&server, like);
    assert_eq!(paths, sent);
    assert_eq!(
        fields,
        json!({"ref_audio_input": "sent.wav", "ref_audio_strength": 0.75})
    );
}

#[test]
fn a_retake_needs_no_audio_and_is_asked_for_where_it_is_known() {
    let server = songwright(12);
    let retake = MusicTask::Retake {
        before: vec![Variation {
            variance: 0.5,
            retake_seed: Seed(3),
        }],
        variance: 0.25,
        retake_seed: Seed(7),
    };
    let (paths, fields) = made(&server, retake);
    assert_eq!(paths, ["/music/estimate", "/music/generate_music"]);
    assert_eq!(
        fields,
        json!({"task": "retake", "retake_variance": 0.25, "retake_seed": 7, "audio_duration": 12.0,
            "earlier_retakes": [{"variance": 0.5, "seed": 3}]})
    );
}

#[test]
fn a_service_that_knows_words_alone_is_asked_for_nothing_else() {
    for unknown in [404, 405] {
        let server = Server::start(move |asked, _| match asked.path.as_str() {
            "/generate_music" => Reply::Json(500, json!({"detail": "It was asked after all."})),
            _ => Reply::Json(unknown, json!({"detail": "Not Found"})),
        });
        for task in [
            MusicTask::Retake {
                before: Vec::new(),
                variance: 0.25,
                retake_seed: Seed(7),
            },
            MusicTask::Audio2Audio {
                reference: tone(2),
                strength: 0.75,
            },
        ] {
            let error = composer(&server.url())
                .compose(&wished(task), &Silent)
                .unwrap_err();
            let EngineError::Unsupported { what } = error else {
                panic!("{error:?}");
            };
            assert!(what.contains(&server.url()), "{what}");
            assert!(
                what.contains("a Songwright with ACE-Step as the music service"),
                "{what}"
            );
        }
    }
}

#[test]
fn what_the_service_says_of_the_audio_is_passed_on() {
    let server = Server::saying(400, json!({"detail": "The audio is 0.100 s long."}));
    let like = MusicTask::Audio2Audio {
        reference: tone(1),
        strength: 0.75,
    };
    let error = composer(&server.url())
        .compose(&wished(like), &Silent)
        .unwrap_err();
    assert!(
        matches!(&error, EngineError::Refused { reason, .. } if reason.contains("0.100 s long")),
        "{error:?}"
    );
}
