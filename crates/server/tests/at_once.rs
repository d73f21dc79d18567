//! The cover of a song is drawn while its music is made, where there is memory for both.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::{
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use serde_json::json;
use songwright_base::{EngineError, EngineInfo, NoJournal, Observer, Operations, Service};
use songwright_cover::{Cover, CoverArtist, CoverParams, CoverService};
use songwright_engine::{Chosen, Load, Maker, Residency, WorkersConfig};
use songwright_lyrics::{Lyricist, LyricsService};
use songwright_music::{Composer, ComposerFacts, Composition, MusicParams, MusicService};
use songwright_sketch::{cover::SketchArtist, lyrics::SketchLyricist, music::SketchComposer};
use songwright_song::Studio;
use songwright_storage::{Library, ObjectConfig, Objects, Scratch};

/// What each of the two engines takes in memory, in bytes of a small budget.
const ENGINE_BYTES: u64 = 10;
const ENDPOINT: &str = "generate_from_description";

/// Where composer and artist wait for each other.
#[derive(Debug)]
struct Meeting {
    /// How many are at work, how many have been, and whether two were there at once.
    seen: Mutex<(usize, usize, bool)>,
    changed: Condvar,
    patience: Duration,
}

impl Meeting {
    fn new(patience: Duration) -> Arc<Self> {
        Arc::new(Self {
            seen: Mutex::default(),
            changed: Condvar::new(),
            patience,
        })
    }

    /// Waits for the other as long as its patience lasts.
    fn attend(&self) {
        let mut seen = self.seen.lock().unwrap();
        seen.0 += 1;
        seen.1 += 1;
        seen.2 |= seen.0 == 2;
        self.changed.notify_all();
        let alone = |seen: &mut (usize, usize, bool)| !seen.2;
        let waited = self.changed.wait_timeout_while(seen, self.patience, alone);
        waited.unwrap().0.0 -= 1;
    }

    /// How many came, and whether they met.
    fn result(&self) -> (usize, bool) {
        let seen = self.seen.lock().unwrap();
        (seen.1, seen.2)
    }
}

struct Meets<E> {
    sketch: E,
    meeting: Arc<Meeting>,
}

impl Composer for Meets<SketchComposer> {
    fn info(&self) -> EngineInfo {
        self.sketch.info()
    }

    fn compose(
        &mut self,
        params: &MusicParams,
        observer: &dyn Observer,
    ) -> Result<Composition, EngineError> {
        self.meeting.attend();
        self.sketch.compose(params, observer)
    }
}

impl CoverArtist for Meets<SketchArtist> {
    fn info(&self) -> EngineInfo {
        self.sketch.info()
    }

    fn draw(
        &mut self,
        params: &CoverParams,
        observer: &dyn Observer,
    ) -> Result<Cover, EngineError> {
        self.meeting.attend();
        self.sketch.draw(params, observer)
    }
}

/// Always the same engine.
fn always<E: ?Sized, F>(
    info: EngineInfo,
    facts: impl Fn() -> F + Send + Sync + 'static,
    make: impl Fn() -> Box<E> + Clone + Send + Sync + 'static,
) -> impl Fn(Option<&str>) -> Chosen<E, F> + Send + Sync + 'static {
    move |current| {
        let make = make.clone();
        let load: Box<Load<E>> = Box::new(move |_, _| Ok(make()));
        Ok(current.is_none().then(|| Maker {
            key: "always".to_owned(),
            info: info.clone(),
            workers: WorkersConfig {
                name: "test",
                threads: 1,
                idle: Duration::from_secs(60),
                memory_bytes: ENGINE_BYTES,
            },
            facts: facts(),
            load,
        }))
    }
}

/// A studio whose composer and artist wait for each other, with so much memory.
fn studio(folder: &std::path::Path, budget_bytes: u64, meeting: &Arc<Meeting>) -> Studio {
    let residency = Residency::new(budget_bytes);
    let library = Arc::new(Library::open(&folder.join("library.db")).unwrap());
    let dir = folder.join("files");
    let objects = Objects::open(&ObjectConfig::Local { dir }, &library).unwrap();
    let lyricist = SketchLyricist::in_place_of(None);
    let info = lyricist.info();
    let words = move || Box::new(lyricist.clone()) as Box<dyn Lyricist>;
    let at = meeting.clone();
    let music = move || {
        let (sketch, meeting) = (SketchComposer::new(), at.clone());
        Box::new(Meets { sketch, meeting }) as Box<dyn Composer>
    };
    let facts = || Box::new(SketchComposer::FACTS) as Box<dyn ComposerFacts>;
    let at = meeting.clone();
    let cover = move || {
        let (sketch, meeting) = (SketchArtist::new(), at.clone());
        Box::new(Meets { sketch, meeting }) as Box<dyn CoverArtist>
    };
    let composer = always(SketchComposer::new().info(), facts, music);
    let artist = always(SketchArtist::new().info(), || (), cover);
    Studio {
        lyrics: LyricsService::start(&residency, always(info, || (), words)).unwrap(),
        music: MusicService::start(&residency, composer).unwrap(),
        cover: CoverService::start(&residency, artist).unwrap(),
        objects,
        library,
        scratch: Scratch::of(folder),
    }
}

/// Makes a song with its cover; how many engines worked on both, and whether at once.
async fn made(budget_bytes: u64, patience: Duration) -> (usize, bool) {
    let folder = tempfile::tempdir().unwrap();
    let meeting = Meeting::new(patience);
    let studio = studio(folder.path(), budget_bytes, &meeting);
    let asked = json!({"full_described_song": "a folk song about a harbour", "audio_duration": 10,
        "cover_size": 256, "seed": 4});
    let operations = Operations::new(Arc::new(NoJournal));
    let operation = operations.start(Service::Integrated, ENDPOINT, asked.clone());
    let operation = operation.unwrap();
    operation.start(Duration::from_secs(600));
    let request = serde_json::from_value(asked).unwrap();
    let package = studio.make(&operation, ENDPOINT, request).await.unwrap();
    assert_eq!(package.errors, None);
    meeting.result()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cover_is_drawn_while_the_music_is_made() {
    // One after the other the first would wait in vain, and the song would take that long.
    let patience = Duration::from_secs(60);
    assert_eq!(made(3 * ENGINE_BYTES, patience).await, (2, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_memory_for_one_alone_they_take_turns() {
    let patience = Duration::from_millis(500);
    assert_eq!(made(ENGINE_BYTES, patience).await, (2, false));
}
