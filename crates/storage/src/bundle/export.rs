use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use songwright_audio::flac::{self, FlacFormat};
use songwright_audio::tags::{self, Tags};
use songwright_audio::wav::{self, WavFormat};
use songwright_audio::{Error as AudioError, Pcm};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::file_name::safe_file_name;
use super::lrc::lrc;
use super::manifest::{BundleCover, BundleFile, BundleSong, BundleTake, FILE_NAME, Manifest, Role};
use super::writer::{BundleForm, BundleWriter};
use crate::objects::sha256_hex;
use crate::{Error, Objects, Song, SongCover, StoredFile, Take};

/// A second form of the mix.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtraFormat {
    /// 16 bits, or 24 where the WAV has more than 16.
    Flac,
    /// 320 kbit/s.
    #[cfg(feature = "mp3")]
    Mp3,
}

/// What a bundle is to hold and how.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportOptions {
    /// Which take; `None` is the newest.
    pub take_id: Option<Uuid>,
    /// Folder or zip file.
    pub form: BundleForm,
    /// How the WAV keeps its samples.
    pub wav: WavFormat,
    /// Further forms of the mix.
    pub extra: Vec<ExtraFormat>,
    /// Whether the parts of the mix are put in.
    pub stems: bool,
    /// Whether the notes are put in.
    pub midi: bool,
    /// Who is named as the artist.
    pub artist: String,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self {
            take_id: None,
            form: BundleForm::Folder,
            wav: WavFormat::Int16,
            extra: Vec::new(),
            stems: true,
            midi: true,
            artist: "Songwright".to_owned(),
        }
    }
}

/// Writes a take of `song` as a bundle into the folder `into`, named after the song and, where it has
/// several, the take ("Night Ferry - take 2"), with a number where that name is taken. It appears whole or not at all. Gives back its path.
///
/// # Errors
/// [`Error::NoSuchTake`]; [`Error::NoSuchObject`] where a file of the song is lost;
/// [`Error::Full`]; [`Error::Io`].
pub async fn export(
    objects: &Objects,
    song: &Song,
    options: &ExportOptions,
    into: &Path,
) -> Result<PathBuf, Error> {
    let take = match options.take_id {
        Some(id) => song.takes.iter().find(|take| take.recording.id == id),
        None => song.latest_take(),
    };
    let take = take.cloned().ok_or(Error::NoSuchTake {
        id: options.take_id.unwrap_or(song.id),
    })?;
    let export = Export {
        cover: song.latest_cover().cloned(),
        song: Song {
            text: song.text_of(&take),
            ..song.clone()
        },
        take,
        options: options.clone(),
        objects: objects.clone(),
        runtime: Handle::current(),
    };
    let into = into.to_owned();
    tokio::task::spawn_blocking(move || export.write(&into))
        .await
        .map_err(|e| Error::Store {
            doing: "writing a bundle".to_owned(),
            remote: false,
            source: e.into(),
        })?
}

/// All that the blocking thread needs. One file is in memory at a time.
struct Export {
    /// With the words of the take.
    song: Song,
    take: Take,
    cover: Option<SongCover>,
    options: ExportOptions,
    objects: Objects,
    runtime: Handle,
}

impl Export {
    fn write(&self, into: &Path) -> Result<PathBuf, Error> {
        let text = &self.song.text;
        let mut name = safe_file_name(&text.title);
        if self.song.takes.len() > 1 {
            name = format!("{name} - take {}", self.take.number);
        }
        let mut bundle = Pack {
            writer: BundleWriter::new(self.options.form, into, &name)?,
            files: Vec::new(),
        };
        let png = match &self.cover {
            Some(cover) => Some(self.get(&cover.artwork.image)?),
            None => None,
        };
        let recording = &self.take.recording;
        self.write_mix(&mut bundle, &name, png.as_deref())?;
        if let Some(png) = &png {
            bundle.add(format!("{name}.png"), Role::Cover, png)?;
        }
        if !text.lyrics.is_empty() {
            bundle.add(
                "lyrics.txt".to_owned(),
                Role::Lyrics,
                text.lyrics.as_bytes(),
            )?;
        }
        if !recording.timed_lines.is_empty() {
            let lrc = lrc(
                &text.title,
                &self.options.artist,
                recording.duration_s,
                &recording.timed_lines,
            );
            bundle.add("lyrics.lrc".to_owned(), Role::TimedLyrics, lrc.as_bytes())?;
        }
        if let Some(midi) = recording.midi.as_ref().filter(|_| self.options.midi) {
            bundle.add(format!("{name}.mid"), Role::Midi, &self.get(midi)?)?;
        }
        for stem in recording.stems.iter().filter(|_| self.options.stems) {
            let extension = stem.file.key.extension();
            let path = format!("stems/{name} - {}.{extension}", safe_file_name(&stem.name));
            bundle.add(path, Role::Stem(stem.name.clone()), &self.get(&stem.file)?)?;
        }
        let mut manifest = self.manifest();
        manifest.files = bundle.files;
        let json = manifest.to_text().map_err(|e| Error::Io {
            path: FILE_NAME.into(),
            verb: "written",
            source: e.into(),
        })?;
        let mut writer = bundle.writer;
        writer.add(FILE_NAME, json.as_bytes())?;
        writer.publish()
    }

    fn write_mix(&self, bundle: &mut Pack, name: &str, png: Option<&[u8]>) -> Result<(), Error> {
        let stored = self.get(&self.take.recording.audio)?;
        let tags = self.tags(png);
        let file = format!("{name}.wav");
        let failed = |source| Error::Audio {
            file: file.clone(),
            source,
        };
        let info = wav::info(&stored[..]).map_err(failed)?;
        let same = info.format() == Some(self.options.wav);
        let pcm = if same && self.options.extra.is_empty() {
            None
        } else {
            Some(wav::read(&stored[..]).map_err(failed)?)
        };
        // What is in the wanted format already is taken as it is, not dithered again.
        let plain = match &pcm {
            Some(pcm) if !same => wav::encode(pcm, self.options.wav).map_err(failed)?,
            _ => stored.to_vec(),
        };
        let tagged = tags::write(plain, &tags).map_err(failed)?;
        bundle.add(file.clone(), Role::Audio, &tagged)?;
        drop(tagged);
        if let Some(pcm) = &pcm {
            for extra in &self.options.extra {
                let (extension, role) = extra.file();
                let file = format!("{name}.{extension}");
                let content = extra
                    .encode(pcm, self.options.wav)
                    .and_then(|content| tags::write(content, &tags))
                    .map_err(|source| Error::Audio {
                        file: file.clone(),
                        source,
                    })?;
                bundle.add(file, role, &content)?;
            }
        }
        Ok(())
    }

    fn get(&self, file: &StoredFile) -> Result<bytes::Bytes, Error> {
        self.runtime.block_on(self.objects.get(&file.key))
    }

    fn tags(&self, png: Option<&[u8]>) -> Tags {
        let (text, recording) = (&self.song.text, &self.take.recording);
        let encoder = concat!("Songwright ", env!("CARGO_PKG_VERSION")).to_owned();
        let engine = &recording.engine;
        Tags {
            title: text.title.clone(),
            artist: self.options.artist.clone(),
            album: None,
            comment: format!(
                "Made with {encoder}: {} {}, seed {}{}",
                engine.name,
                engine.version,
                recording.seed.0,
                if recording.draft { ", a draft" } else { "" }
            ),
            lyrics: text.lyrics.clone(),
            genres: text.categories.clone(),
            bpm: recording.facts.bpm,
            encoder,
            cover_png: png.map(<[u8]>::to_vec),
        }
    }

    fn manifest(&self) -> Manifest {
        let recording = self.take.recording.clone();
        let song = BundleSong {
            id: self.song.id,
            text: self.song.text.clone(),
            artist: self.options.artist.clone(),
            created_at_ms: self.song.created_at_ms,
        };
        let take = BundleTake {
            id: recording.id,
            params: recording.params,
            engine: recording.engine,
            seed: recording.seed,
            duration_s: recording.duration_s,
            facts: recording.facts,
            timed_lines: recording.timed_lines,
            number: Some(self.take.number),
            lineage: recording.lineage,
            draft: Some(recording.draft),
        };
        let cover = self.cover.clone().map(|cover| BundleCover {
            width: cover.artwork.width,
            height: cover.artwork.height,
            style: cover.artwork.style,
            seed: cover.artwork.seed,
            engine: cover.artwork.engine,
            label: cover.artwork.label,
            lettered: Some(cover.artwork.lettered),
            notes: cover.artwork.notes,
            parameters: cover.artwork.parameters,
        });
        Manifest::new(song, take, cover)
    }
}

impl ExtraFormat {
    fn file(self) -> (&'static str, Role) {
        match self {
            Self::Flac => ("flac", Role::Flac),
            #[cfg(feature = "mp3")]
            Self::Mp3 => ("mp3", Role::Mp3),
        }
    }

    fn encode(self, pcm: &Pcm, wav: WavFormat) -> Result<Vec<u8>, AudioError> {
        match self {
            Self::Flac => {
                let format = match wav {
                    WavFormat::Int16 => FlacFormat::Int16,
                    WavFormat::Int24 | WavFormat::Float32 => FlacFormat::Int24,
                };
                flac::encode(pcm, format)
            }
            #[cfg(feature = "mp3")]
            Self::Mp3 => songwright_audio::mp3::encode(pcm),
        }
    }
}

/// A bundle that is being written, with the list of what is in it.
struct Pack {
    writer: BundleWriter,
    files: Vec<BundleFile>,
}

impl Pack {
    fn add(&mut self, path: String, role: Role, content: &[u8]) -> Result<(), Error> {
        self.writer.add(&path, content)?;
        self.files.push(BundleFile {
            path,
            role,
            bytes: content.len() as u64,
            sha256: sha256_hex(content),
        });
        Ok(())
    }
}
