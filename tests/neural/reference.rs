use serde_json::json;
use songwright_tests::Server;

use crate::home::{Form, Home, PLAIN, answered, music, refused, song, tone};

/// Sends a file; its key.
fn sent(server: &Server, file: &[u8]) -> String {
    let answer = server.send("/files", "audio/wav", file);
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.json()["file_path"].as_str().unwrap().to_owned()
}

#[test]
fn a_song_is_made_like_reference_audio_and_as_long() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let key = sent(&server, &tone(44_100, 2.5, PLAIN));
    let like = |strength: f64| {
        let wish = json!({"ref_audio_input": key, "ref_audio_strength": strength});
        answered(&server.post("/generate_with_lyrics", &song(&wish)))
    };
    let near = like(0.9);
    assert_eq!(near["audio_duration"], 2.5, "{near}");
    server.assert_whole(&near);
    let audio =
        |song: &serde_json::Value| server.get(song["links"]["audio"].as_str().unwrap()).bytes;
    assert_ne!(audio(&near), audio(&like(0.2)));
    // A draft of it is promoted from the same audio.
    let draft = json!({"ref_audio_input": key, "draft": true, "infer_step": 14});
    let draft = answered(&server.post("/generate_with_lyrics", &song(&draft)));
    let promote = format!("/songs/{}/promote", draft["song_id"].as_str().unwrap());
    let whole = answered(&server.post(&promote, &json!({})));
    assert_eq!(whole["audio_duration"], 2.5, "{whole}");
    let alone = json!({"ref_audio_input": key});
    let alone = answered(&server.post("/music/generate_music", &music(&alone)));
    assert_eq!(alone["audio_duration"], 2.5);
}

#[test]
fn every_kind_of_wav_file_is_taken() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    for (rate, channels, bits, float) in [
        (8_000, 1, 16, false),
        (96_000, 2, 24, false),
        (44_100, 2, 32, true),
        (22_050, 1, 8, false),
        // Rates that have no factor in common with the model's.
        (44_101, 2, 16, false),
        (192_001, 1, 16, false),
    ] {
        let form = Form {
            channels,
            bits,
            float,
        };
        let key = sent(&server, &tone(rate, 1.2, form));
        let made = json!({"ref_audio_input": key});
        let made = answered(&server.post("/music/generate_music", &music(&made)));
        assert_eq!(made["audio_duration"], 1.2, "{rate} Hz, {form:?}");
    }
}

#[test]
fn what_is_no_audio_of_a_usable_length_is_named() {
    let home = Home::with_model();
    let server = home.serve(&[]);
    let said = |file: &[u8]| refused(&server.send("/files", "audio/wav", file));
    assert!(said(b"ID3 and so on").contains("not a WAV file"));
    assert!(said(b"").contains("not a WAV file"));
    let one = tone(44_100, 1.0 / 44_100.0, PLAIN);
    assert!(said(&one).contains("0.000 s long"), "{}", said(&one));
    let whole = tone(8_000, 2.0, PLAIN);
    assert!(said(&whole[..whole.len() - 500]).contains("cut off"));
    let mut broken = tone(
        8_000,
        2.0,
        Form {
            bits: 32,
            float: true,
            ..PLAIN
        },
    );
    let end = broken.len();
    broken[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(said(&broken).contains("not a finite number"));
    for rate in [999, 768_001] {
        let strange = tone(rate, 1.5, PLAIN);
        assert!(
            said(&strange).contains("1000 to 768000 Hz"),
            "{}",
            said(&strange)
        );
    }
    // Three hours, small enough to be sent; and too large to be.
    let bytes = Form { bits: 8, ..PLAIN };
    let hours = tone(1_000, 10_800.0, bytes);
    assert!(said(&hours).contains("10800.000 s long"));
    assert_eq!(server.announced("/files", (192 << 20) + 1), 413);
    // More than the model takes, and less than the program does.
    let key = sent(&server, &tone(1_000, 300.0, bytes));
    let long = music(&json!({"ref_audio_input": key}));
    let long = refused(&server.post("/music/generate_music", &long));
    assert!(long.contains("1 to 240 seconds"), "{long}");
    for key in ["no-such.wav", "../library.db"] {
        let gone = server.post(
            "/music/generate_music",
            &music(&json!({"ref_audio_input": key})),
        );
        assert_eq!(gone.status, 404, "{}", gone.json());
    }
}
