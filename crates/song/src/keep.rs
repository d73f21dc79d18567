use bytes::Bytes;
use songwright_api::Whole;
use songwright_audio::{Pcm, Peaks, wav::WavFormat};
use songwright_base::{Code, EngineInfo, Failure, LyricSheet, Operation, OperationId, Seed};
use songwright_cover::{Cover, Fact};
use songwright_music::{Composition, Stem};
use songwright_storage::{
    Artwork, NewSong, ObjectKey, Recording, Song, SongText, StemFile, StoredFile,
};
use uuid::Uuid;

use crate::{
    Provenance, Studio,
    make::{Draft, Made},
    new_files::{NewFiles, delete, unless_cancelled},
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
    /// Writes audio as a WAV file that belongs to no song into the store, where the library knows
    /// it. Where the operation is stopped meanwhile, what was written goes again.
    ///
    /// # Errors
    /// 507 where there is no space; what else the store says.
    pub async fn keep_loose_audio(
        &self,
        operation: &Operation,
        pcm: Pcm,
    ) -> Result<KeptAudio, Failure> {
        let mut files = NewFiles::new(&self.objects);
        let kept = unless_cancelled(operation, put_audio(&mut files, pcm)).await?;
        self.keep_loose(files, &kept.file).await?;
        Ok(kept)
    }

    /// The same for a cover, as a PNG file.
    ///
    /// # Errors
    /// As [`Studio::keep_loose_audio`].
    pub async fn keep_loose_cover(
        &self,
        operation: &Operation,
        cover: &Cover,
    ) -> Result<StoredFile, Failure> {
        let mut files = NewFiles::new(&self.objects);
        let file = unless_cancelled(operation, put_cover(&mut files, cover)).await?;
        self.keep_loose(files, &file).await?;
        Ok(file)
    }

    pub(crate) async fn keep_loose(
        &self,
        files: NewFiles,
        file: &StoredFile,
    ) -> Result<(), Failure> {
        let file = file.clone();
        let keys = files.release();
        let known = self
            .library(move |library| library.add_loose_file(&file))
            .await;
        if known.is_err() {
            delete(&self.objects, keys).await;
        }
        known
    }

    /// Files first, the library's row last; where that fails the files go again.
    pub(crate) async fn keep_song(
        &self,
        operation: &Operation,
        draft: Draft,
        made: Made<'_>,
    ) -> Result<Song, Failure> {
        let mut files = NewFiles::new(&self.objects);
        let writing = write(&mut files, operation.id(), draft, made);
        let new = unless_cancelled(operation, writing).await?;
        operation.check()?;
        // Released before the row is asked for: should nobody wait for that, the row still has
        // its files.
        let keys = files.release();
        let added = self.library(move |library| library.add_song(&new)).await;
        if added.is_err() {
            delete(&self.objects, keys).await;
        }
        added
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

/// Writes audio as a WAV file.
pub(crate) async fn put_audio(files: &mut NewFiles, pcm: Pcm) -> Result<KeptAudio, Failure> {
    let encoded = tokio::task::spawn_blocking(move || {
        let peaks = Peaks::of(&pcm, PEAKS);
        songwright_audio::wav::encode(&pcm, WavFormat::Int24).map(|wav| (wav, peaks))
    });
    let (wav, peaks) = encoded
        .await
        .map_err(|e| Failure::internal("encoding the WAV file", &e))?
        .map_err(|e| Failure::internal("encoding the WAV file", &e))?;
    Ok(KeptAudio {
        file: files.put("wav", wav).await?,
        peaks,
    })
}

/// Writes parts as WAV files.
pub(crate) async fn put_stems(
    files: &mut NewFiles,
    stems: Vec<Stem>,
) -> Result<Vec<StemFile>, Failure> {
    let mut kept = Vec::new();
    for stem in stems {
        kept.push(StemFile {
            name: stem.name,
            file: put_audio(files, stem.audio).await?.file,
        });
    }
    Ok(kept)
}

/// How a cover came to be, as its files say it.
pub(crate) struct CoverFacts<'a> {
    pub(crate) engine: &'a EngineInfo,
    pub(crate) label: &'a str,
    /// Of the file, in pixels.
    pub(crate) size: (u32, u32),
    pub(crate) notes: &'a [String],
    pub(crate) parameters: &'a str,
}

impl CoverFacts<'_> {
    /// By PNG's own words, and the one under which image tools look for what a picture was made from.
    pub(crate) fn of_png(&self) -> Vec<Fact> {
        let program = format!("Songwright {}", env!("CARGO_PKG_VERSION"));
        let made = format!(
            "{} ({}), {}",
            self.engine.name, self.engine.model_id, self.label
        );
        let licence = format!("The model's licence: {}", self.engine.licence);
        let (width, height) = self.size;
        let comment = format!("{width} × {height} pixels. {}", self.notes.join(" "));
        let mut facts = vec![
            ("Software", program),
            ("Source", made),
            ("Copyright", licence),
            ("Comment", comment.trim_end().to_owned()),
        ];
        if !self.parameters.is_empty() {
            facts.push(("parameters", self.parameters.to_owned()));
        }
        facts
    }

    /// The same on lines, for files that have one comment.
    pub(crate) fn of_comment(&self) -> String {
        let facts = self.of_png();
        let lines: Vec<String> = facts
            .iter()
            .map(|(name, text)| format!("{name}: {text}"))
            .collect();
        lines.join("\n")
    }
}

pub(crate) async fn put_cover(files: &mut NewFiles, cover: &Cover) -> Result<StoredFile, Failure> {
    let facts = CoverFacts {
        engine: &cover.engine,
        label: &cover.label,
        size: cover.image.dimensions(),
        notes: &cover.notes,
        parameters: &cover.parameters,
    };
    let (image, facts) = (cover.image.clone(), facts.of_png());
    let encoded = tokio::task::spawn_blocking(move || songwright_cover::png(&image, &facts));
    let png = encoded
        .await
        .map_err(|e| Failure::internal("encoding the PNG file", &e))?
        .map_err(|e| Failure::internal("encoding the PNG file", &e))?;
    files.put("png", png).await
}

/// Writes the files of a song; what the library is to know of them.
async fn write(
    files: &mut NewFiles,
    operation_id: OperationId,
    draft: Draft,
    made: Made<'_>,
) -> Result<NewSong, Failure> {
    let mut artworks = Vec::new();
    if let Some(cover) = &made.cover {
        let image = put_cover(files, cover).await?;
        let style = made.request.cover_style.as_deref();
        let style = style.unwrap_or("album cover art").to_owned();
        artworks.push(artwork(cover, image, style, draft.audio.seed));
    }
    let sung_lyrics = draft.sheet.as_ref().map(LyricSheet::to_string);
    let provenance = Provenance {
        endpoint: made.endpoint.to_owned(),
        operation_id,
        engines: draft.engines,
        service_status: draft.status,
        errors: draft.errors,
        generation_time: made.begun.elapsed().as_secs_f64(),
        sung_prompt: draft.prompt.clone(),
        sung_lyrics: sung_lyrics.clone(),
        making: None,
        retake_seed: None,
        songwright_version: env!("CARGO_PKG_VERSION").to_owned(),
        request: made.request,
    };
    let mut recordings = Vec::new();
    for (n, composition) in made.compositions {
        recordings
            .push(recording(files, composition, draft.audio.seed.after(n), &provenance).await?);
    }
    Ok(NewSong {
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
        recordings,
        artworks,
        created_at_ms: None,
    })
}

/// Writes the files of one take.
async fn recording(
    files: &mut NewFiles,
    composition: Composition,
    seed: Seed,
    provenance: &Provenance,
) -> Result<Recording, Failure> {
    let duration_s = composition.mix.duration_s();
    let audio = put_audio(files, composition.mix).await?;
    let stems = if provenance.request.stems == Some(true) {
        put_stems(files, composition.stems).await?
    } else {
        Vec::new()
    };
    let midi = match composition.midi {
        Some(midi) => Some(files.put("mid", midi).await?),
        None => None,
    };
    let mut made = provenance.clone();
    made.request.batch_size = None;
    made.request.audio.seed = i64::try_from(seed.0).ok().map(Whole);
    made.request.audio.audio_duration = Some(duration_s);
    Ok(Recording {
        id: Uuid::new_v4(),
        duration_s,
        audio: audio.file,
        stems,
        midi,
        peaks: audio.peaks,
        params: serde_json::to_value(&made)
            .map_err(|e| Failure::internal("writing down the request", &e))?,
        engine: composition.engine,
        seed,
        facts: composition.facts,
        timed_lines: composition.timed_lines,
        lineage: None,
        words: made.words(),
        draft: made.is_draft(),
    })
}

pub(crate) fn artwork(cover: &Cover, image: StoredFile, style: String, seed: Seed) -> Artwork {
    Artwork {
        id: Uuid::new_v4(),
        width: cover.image.width(),
        height: cover.image.height(),
        image,
        style,
        seed,
        engine: cover.engine.clone(),
        label: cover.label.clone(),
        lettered: cover.lettered,
        notes: cover.notes.clone(),
        parameters: cover.parameters.clone(),
    }
}
