//! MP3 files, in a build with LAME: `cargo xtask test mp3`.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::io::Cursor;

use lofty::file::AudioFile as _;
use lofty::probe::Probe;
use songwright_audio::tags::{self, Tags};
use songwright_audio::{Error, Pcm, mp3};

/// Three seconds of a tone.
fn tone(channels: u16, sample_rate: u32) -> Pcm {
    Pcm {
        sample_rate,
        channels,
        samples: (0..sample_rate as usize * 3 * usize::from(channels))
            .map(|i| 0.5 * (i as f32 * 0.03).sin())
            .collect(),
    }
}

#[test]
fn the_file_is_mp3_of_the_right_length() {
    for (channels, rate, kbps) in [(2, 44_100, 320), (1, 48_000, 320), (2, 22_050, 160)] {
        let bytes = mp3::encode(&tone(channels, rate)).unwrap();
        let found = Probe::new(Cursor::new(bytes))
            .guess_file_type()
            .unwrap()
            .read()
            .unwrap();
        let properties = found.properties();
        assert_eq!(properties.sample_rate(), Some(rate));
        assert_eq!(properties.channels(), u8::try_from(channels).ok());
        assert_eq!(properties.audio_bitrate(), Some(kbps));
        let seconds = properties.duration().as_secs_f64();
        // The encoder adds its delay and fills the last frame; it leaves nothing out.
        assert!((3.0..3.16).contains(&seconds), "{seconds}");
    }
    let odd = Pcm {
        sample_rate: 96_000,
        channels: 2,
        samples: vec![0.0; 10],
    };
    assert!(matches!(mp3::encode(&odd), Err(Error::Unsupported { .. })));
}

#[test]
fn tags_and_cover_lie_in_it_and_the_same_make_the_same_bytes() {
    let tags = Tags {
        title: "Night Ferry 🚢 夜航".to_owned(),
        artist: "Songwright".to_owned(),
        lyrics: "[verse]\nדון't stop\n".to_owned(),
        genres: vec!["Dream Pop".to_owned(), "Electronic".to_owned()],
        bpm: Some(92.0),
        cover_png: Some(b"\x89PNG\r\n\x1a\n picture".to_vec()),
        ..Tags::default()
    };
    let file = mp3::encode(&tone(2, 48_000)).unwrap();
    let first = tags::write(file.clone(), &tags).unwrap();
    assert_eq!(tags::read(&first).unwrap(), tags);
    assert!(first.ends_with(&file[file.len() - 1000..]));
    for _ in 0..20 {
        assert!(tags::write(file.clone(), &tags).unwrap() == first);
    }
}
