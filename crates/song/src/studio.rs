use std::sync::Arc;

use songwright_base::Failure;
use songwright_cover::CoverService;
use songwright_lyrics::LyricsService;
use songwright_music::MusicService;
use songwright_storage::{Library, Objects, Scratch};

/// What songs are made with: the three services, wherever they run, and where songs are kept.
pub struct Studio {
    /// Lyrics, tags prompt, title, categories.
    pub lyrics: LyricsService,
    /// Audio.
    pub music: MusicService,
    /// Covers.
    pub cover: CoverService,
    /// Files.
    pub objects: Objects,
    /// What is known of them.
    pub library: Arc<Library>,
    /// For files that live no longer than a request.
    pub scratch: Scratch,
}

impl Studio {
    /// Asks who works for each service now, so that what is said before a song is of those who make it.
    pub async fn renew_engines(&self) {
        tokio::join!(
            self.lyrics.chosen(),
            self.music.chosen(),
            self.cover.chosen()
        );
    }

    /// Runs a short call to the library off the async threads.
    ///
    /// # Errors
    /// What the call says, with its code.
    pub async fn library<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Library) -> Result<T, songwright_storage::Error> + Send + 'static,
    ) -> Result<T, Failure> {
        let library = self.library.clone();
        match tokio::task::spawn_blocking(move || call(&library)).await {
            Ok(result) => result.map_err(Failure::from),
            Err(error) => Err(Failure::internal("asking the library", &error)),
        }
    }
}
