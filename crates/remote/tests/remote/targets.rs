//! What the tests ask, and who watches.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use songwright_base::{LyricSheet, Observer, Progress, Seed, Service};
use songwright_cover::{CoverParams, CoverStyle, CoverWords, StylePreset};
use songwright_lyrics::{LyricsParams, PromptParams, TitleParams};
use songwright_music::MusicParams;
use songwright_remote::{RemoteArtist, RemoteComposer, RemoteLyricist, RemoteTarget};

pub(crate) fn target(service: Service, url: &str) -> RemoteTarget {
    RemoteTarget {
        service,
        base_url: url.to_owned(),
        key: None,
        modal: None,
        max_runtime: Duration::from_secs(30),
    }
}

pub(crate) fn lyricist(url: &str) -> RemoteLyricist {
    RemoteLyricist::new(target(Service::Lyrics, url)).unwrap()
}

pub(crate) fn composer(url: &str) -> RemoteComposer {
    RemoteComposer::new(target(Service::Music, url)).unwrap()
}

pub(crate) fn artist(url: &str) -> RemoteArtist {
    RemoteArtist::new(target(Service::Image, url)).unwrap()
}

pub(crate) fn lyrics_params() -> LyricsParams {
    LyricsParams {
        description: "a train leaving at night".to_owned(),
        style: Some("folk".to_owned()),
        language: None,
        mood: None,
        duration_s: Some(60.0),
        seed: Seed(7),
    }
}

pub(crate) fn prompt_params() -> PromptParams {
    PromptParams {
        description: "a train leaving at night".to_owned(),
        genre: None,
        instruments: Vec::new(),
        tempo: None,
        instrumental: true,
        seed: Seed(7),
    }
}

pub(crate) fn title_params(lyrics: Option<&str>) -> TitleParams {
    TitleParams {
        description: "slow blues about a train, harmonica".to_owned(),
        lyrics: lyrics.map(str::to_owned),
        seed: Seed(7),
    }
}

pub(crate) fn music_params(duration_s: f64) -> MusicParams {
    MusicParams {
        prompt: "folk, male vocal, guitar".to_owned(),
        lyrics: Some(LyricSheet::parse("[verse]\nThe train is leaving")),
        duration_s,
        seed: Seed(7),
        guidance_scale: 7.5,
        infer_step: 27,
        diffusion: songwright_api::Diffusion::default(),
        task: songwright_music::MusicTask::Text2Music,
    }
}

pub(crate) fn cover_params() -> CoverParams {
    CoverParams {
        prompt: "a train at night".to_owned(),
        also: Vec::new(),
        style: CoverStyle::Preset(StylePreset::Vintage),
        width: 256,
        height: 256,
        exact_size: false,
        num_inference_steps: 4,
        seed: Seed(7),
        words: CoverWords {
            title: Some("Night Train".to_owned()),
            artist: None,
        },
        typography: None,
        negative_prompt: None,
        guidance_scale: 0.0,
        redraw: None,
    }
}

/// Cancels after a time.
pub(crate) struct CancelAt(pub(crate) Instant);

impl Observer for CancelAt {
    fn report(&self, _: Progress) {}
    fn is_cancelled(&self) -> bool {
        Instant::now() >= self.0
    }
}

/// Remembers what is reported.
#[derive(Default)]
pub(crate) struct Watching(pub(crate) Mutex<Vec<Progress>>);

impl Observer for Watching {
    fn report(&self, progress: Progress) {
        self.0.lock().unwrap().push(progress);
    }
    fn is_cancelled(&self) -> bool {
        false
    }
}
