use std::{fmt, time::Instant};

use reqwest::Method;
use serde::Serialize;
use serde_json::json;
use songwright_base::Service;

use super::probe::{Answer, Probe};

/// Seconds of the song that is timed.
const SONG_S: f64 = 30.0;

/// How long one thing took.
#[derive(Debug, Serialize)]
pub(crate) struct Speed {
    what: &'static str,
    seconds: f64,
    /// Seconds of audio made in one second of work, where audio is made.
    real_time_factor: Option<f64>,
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:.2} s", self.what, self.seconds)?;
        match self.real_time_factor {
            Some(factor) => write!(f, ", {factor:.1} seconds of audio a second"),
            None => Ok(()),
        }
    }
}

/// Times the service's main endpoint, its engine being loaded by now.
pub(super) async fn measure(probe: &mut Probe) -> Option<Speed> {
    let tags = "indie pop, female voice, guitar, drums, bright, 118 BPM, A major";
    let (what, path, body, makes_audio) = match probe.service {
        Service::Lyrics => (
            "lyrics for a song of 180 s",
            "/generate_lyrics",
            json!({"description": "the first warm evening of the year", "audio_duration": 180}),
            false,
        ),
        Service::Music => (
            "30 s of music",
            "/generate_music_to_storage",
            json!({"prompt": tags, "lyrics": "", "audio_duration": SONG_S, "seed": 1}),
            true,
        ),
        Service::Image => (
            "a cover of 512 × 512 pixels",
            "/generate_cover_image",
            json!({"prompt": tags, "width": 512, "height": 512, "seed": 1}),
            false,
        ),
        Service::Integrated => (
            "a song of 30 s with lyrics and cover",
            "/generate_from_description",
            json!({"full_described_song": "the first warm evening of the year",
                   "audio_duration": SONG_S, "seed": 1}),
            true,
        ),
    };
    let request = probe.request(Method::POST, path).json(&body);
    let begun = Instant::now();
    let done = |answer: &Answer| match answer.status.as_u16() {
        200 => Ok(()),
        status => Err(format!("{status} is not 200")),
    };
    probe
        .send(&format!("POST {path}, timed"), request, done)
        .await?;
    let seconds = begun.elapsed().as_secs_f64();
    Some(Speed {
        what,
        seconds,
        real_time_factor: makes_audio.then(|| SONG_S / seconds.max(1e-6)),
    })
}
