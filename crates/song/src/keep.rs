use std::io::Cursor;

use bytes::Bytes;
use songwright_audio::{Pcm, Peaks, wav::WavFormat};
use songwright_base::{Code, Failure, LyricSheet, Operation};
use songwright_cover::Cover;
use songwright_storage::{
    Artwork, NewSong, ObjectKey, Recording, Song, SongText, StemFile, StoredFile,
};
use uuid::Uuid;

use crate::{
    Provenance, Studio,
    make::{Draft, Made},
};

/// How many pieces a stored waveform has.
const PEAKS: usize = 2000;

/// A WAV file in the store.
#[derive(Clone, Debug)]
pub struct KeptAudio {
    /// Where.
    pub file: StoredFile,
    /// Its waveform.
    pub peaks: Peaks,
}

impl Studio {
    /// Writes audio as a WAV file into the store.
    ///
    /// # Errors
    /// 507 where there is no space; what else the store says.
    pub async fn keep_audio(&self, pcm: Pcm) -> Result<KeptAudio, Failure> {
        let encoded = tokio::task::spawn_blocking(move || {
            let peaks = Peaks::of(&pcm, PEAKS);
            songwright_audio::wav::encode(&pcm, WavFormat::Int24).map(|wav| (wav, peaks))
        });
        let (wav, peaks) = encoded
            .await
            .map_err(|e| Failure::internal("encoding the WAV file", &e))?
            .map_err(|e| Failure::internal("encoding the WAV file", &e))?;
        Ok(KeptAudio {
            file: self.keep_file("wav", wav).await?,
            peaks,
        })
    }

    /// Writes a cover as a PNG file into the store.
    ///
    /// # Errors
    /// As [`Studio::keep_audio`].
    pub async fn keep_cover(&self, cover: &Cover) -> Result<StoredFile, Failure> {
        let image = cover.image.clone();
        let encoded = tokio::task::spawn_blocking(move || {
            let mut png = Cursor::new(Vec::new());
            image
                .write_to(&mut png, image::ImageFormat::Png)
                .map(|()| png.into_inner())
        });
        let png = encoded
            .await
            .map_err(|e| Failure::internal("encoding the PNG file", &e))?
            .map_err(|e| Failure::internal("encoding the PNG file", &e))?;
        self.keep_file("png", png).await
    }

    /// Writes a file that belongs to no song yet into the store, where the library knows it.
    ///
    /// # Errors
    /// As [`Studio::keep_audio`].
    pub async fn keep_loose(&self, file: &StoredFile) -> Result<(), Failure> {
        let file = file.clone();
        self.library(move |library| library.add_loose_file(&file))
            .await
    }

    /// The key of a cover whose song failed.
    pub(crate) async fn keep_loose_cover(&self, cover: Option<&Cover>) -> Option<String> {
        let file = self.keep_cover(cover?).await.ok()?;
        self.keep_loose(&file).await.ok()?;
        Some(file.key.as_str().to_owned())
    }

    /// Files first, the library's row last; where that fails the files go again.
    pub(crate) async fn keep_song(
        &self,
        operation: &Operation,
        draft: Draft,
        made: Made<'_>,
    ) -> Result<Song, Failure> {
        let mut written = Vec::new();
        let kept = self.try_keep(operation, draft, made, &mut written).await;
        if kept.is_err() {
            for key in written {
                if let Err(error) = self.objects.delete(&key).await {
                    // The sweep at the next start finds it.
                    tracing::warn!("[{}] {key:?} stays behind: {error}", operation.id());
                }
            }
        }
        kept
    }

    async fn try_keep(
        &self,
        operation: &Operation,
        draft: Draft,
        made: Made<'_>,
        written: &mut Vec<ObjectKey>,
    ) -> Result<Song, Failure> {
        let composition = made.composition;
        let audio = self.keep_audio(composition.mix).await?;
        written.push(audio.file.key.clone());
        let mut stems = Vec::new();
        if made.request.stems == Some(true) {
            for stem in composition.stems {
                let kept = self.keep_audio(stem.audio).await?;
                written.push(kept.file.key.clone());
                stems.push(StemFile {
                    name: stem.name,
                    file: kept.file,
                });
            }
        }
        let midi = match composition.midi {
            Some(midi) => Some(self.keep_file("mid", midi).await?),
            None => None,
        };
        written.extend(midi.iter().map(|f| f.key.clone()));
        let mut artworks = Vec::new();
        if let Some(cover) = &made.cover {
            let image = self.keep_cover(cover).await?;
            written.push(image.key.clone());
            artworks.push(artwork(cover, image, &draft, &made.request));
        }
        operation.check()?;
        let sung_lyrics = draft.sheet.as_ref().map(LyricSheet::to_string);
        let provenance = Provenance {
            endpoint: made.endpoint.to_owned(),
            operation_id: operation.id(),
            engines: draft.engines,
            service_status: draft.status,
            errors: draft.errors,
            generation_time: made.begun.elapsed().as_secs_f64(),
            sung_prompt: draft.prompt.clone(),
            sung_lyrics: sung_lyrics.clone(),
            songwright_version: env!("CARGO_PKG_VERSION").to_owned(),
            request: made.request,
        };
        let recording = Recording {
            id: Uuid::new_v4(),
            duration_s: provenance.request.audio.audio_duration.unwrap_or_default(),
            audio: audio.file,
            stems,
            midi,
            peaks: audio.peaks,
            params: serde_json::to_value(&provenance)
                .map_err(|e| Failure::internal("writing down the request", &e))?,
            engine: composition.engine,
            seed: draft.audio.seed,
            facts: composition.facts,
            timed_lines: composition.timed_lines,
            lineage: None,
        };
        let new = NewSong {
            id: draft.song_id,
            text: SongText {
                title: draft.title,
                description: made.about.to_owned(),
                prompt: draft.prompt,
                lyricist: provenance.engines.lyrics.clone(),
                instrumental: sung_lyrics.is_none(),
                lyrics: sung_lyrics.unwrap_or_default(),
                language: provenance.request.language.clone(),
                categories: draft.categories,
            },
            recordings: vec![recording],
            artworks,
            created_at_ms: None,
        };
        self.library(move |library| library.add_song(&new)).await
    }

    pub(crate) async fn keep_file(
        &self,
        extension: &str,
        content: Vec<u8>,
    ) -> Result<StoredFile, Failure> {
        let key = ObjectKey::random(extension)?;
        Ok(self.objects.put(&key, Bytes::from(content)).await?)
    }

    /// Reads a file of the store whole.
    ///
    /// # Errors
    /// 404 for an unknown key.
    pub async fn read_file(&self, key: &str) -> Result<Bytes, Failure> {
        let key = ObjectKey::parse(key).map_err(|e| Failure::new(Code::NotFound, e.to_string()))?;
        Ok(self.objects.get(&key).await?)
    }
}

fn artwork(
    cover: &Cover,
    image: StoredFile,
    draft: &Draft,
    request: &songwright_api::SongRequest,
) -> Artwork {
    Artwork {
        id: Uuid::new_v4(),
        width: cover.image.width(),
        height: cover.image.height(),
        image,
        style: request
            .cover_style
            .clone()
            .unwrap_or_else(|| "album cover art".to_owned()),
        seed: draft.audio.seed,
        engine: cover.engine.clone(),
        label: cover.label.clone(),
    }
}
