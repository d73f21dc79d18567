use std::sync::Arc;

use bytes::Bytes;
use songwright_audio::wav::WavFormat;
use songwright_base::{Code, EngineKind, Failure, LyricSheet, Silent};
use songwright_music::{Composition, MusicParams};
use songwright_storage::{
    Song, StemFile, Take,
    bundle::{BundleForm, ExportOptions, ExtraFormat, export, import},
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{Studio, keep::put_audio, new_files::NewFiles, shelf::provenance};

/// What a bundle is to hold.
#[derive(Clone, Debug)]
pub struct BundleWish {
    /// Which take.
    pub take_id: Uuid,
    /// Folder or zip file.
    pub form: BundleForm,
    /// How the WAV keeps its samples.
    pub wav: WavFormat,
    /// Further forms of the mix.
    pub extra: Vec<ExtraFormat>,
    /// With a WAV for each part.
    pub stems: bool,
    /// With the MIDI file.
    pub midi: bool,
}

/// A bundle on its way to a client; deleted when dropped.
#[derive(Debug)]
pub struct BundleFile {
    /// The zip file's name, safe on every system.
    pub name: String,
    /// Where it lies.
    pub path: std::path::PathBuf,
    /// Its folder.
    pub folder: TempDir,
}

impl Studio {
    /// Writes a bundle into the folder `into`, named after the song. Stems that were not kept are
    /// played again.
    ///
    /// # Errors
    /// 404 for an unknown take, 400 where its engine has no stems, 507 where there is no space.
    pub async fn bundle(
        &self,
        song: &Song,
        wish: BundleWish,
        into: &std::path::Path,
    ) -> Result<std::path::PathBuf, Failure> {
        let mut song = song.clone();
        // Also where nobody waits for the bundle any more, what is played for it goes again.
        let mut borrowed = NewFiles::new(&self.objects);
        let take = song
            .takes
            .iter_mut()
            .find(|t| t.recording.id == wish.take_id)
            .ok_or_else(|| Failure::new(Code::NotFound, "This song has no such take."))?;
        if wish.stems && take.recording.stems.is_empty() {
            take.recording.stems = self.play_stems_again(take, &mut borrowed).await?;
        }
        let artist = provenance(take)
            .request
            .artist
            .unwrap_or_else(|| "Songwright".to_owned());
        let options = ExportOptions {
            take_id: Some(wish.take_id),
            form: wish.form,
            wav: wish.wav,
            extra: wish.extra,
            stems: wish.stems,
            midi: wish.midi,
            artist,
        };
        let written = export(&self.objects, &song, &options, into).await;
        borrowed.discard().await;
        Ok(written?)
    }

    /// A bundle as a zip in a temporary folder.
    ///
    /// # Errors
    /// As [`Studio::bundle`].
    pub async fn bundle_zip(&self, song: &Song, wish: BundleWish) -> Result<BundleFile, Failure> {
        let folder =
            tempfile::tempdir().map_err(|e| Failure::internal("making a temporary folder", &e))?;
        let path = self
            .bundle(
                song,
                BundleWish {
                    form: BundleForm::Zip,
                    ..wish
                },
                folder.path(),
            )
            .await?;
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Ok(BundleFile { name, path, folder })
    }

    /// Takes a zipped bundle into the library.
    ///
    /// # Errors
    /// 400 naming the file that is damaged or missing; 507 where there is no space.
    pub async fn import_zip(&self, zip: Bytes) -> Result<Song, Failure> {
        let file = tokio::task::spawn_blocking(move || {
            let file = tempfile::Builder::new().suffix(".zip").tempfile()?;
            std::fs::write(file.path(), &zip).map(|()| file)
        })
        .await
        .map_err(|e| Failure::internal("receiving a bundle", &e))?
        .map_err(|e| Failure::internal("receiving a bundle", &e))?;
        self.import(file.path()).await
    }

    /// Takes a bundle, a folder or a zip file, into the library.
    ///
    /// # Errors
    /// As [`Studio::import_zip`].
    pub async fn import(&self, path: &std::path::Path) -> Result<Song, Failure> {
        let path = path.to_owned();
        let bundle = tokio::task::spawn_blocking(move || import(&path))
            .await
            .map_err(|e| Failure::internal("reading a bundle", &e))?
            .map_err(songwright_storage::Error::from)?;
        Ok(bundle.import_into(&self.library, &self.objects).await?)
    }

    /// The same seed and request give the same parts again, where the same engine is at hand.
    async fn play_stems_again(
        &self,
        take: &Take,
        into: &mut NewFiles,
    ) -> Result<Vec<StemFile>, Failure> {
        let recording = &take.recording;
        let same_engine = *self.music.chosen().await.info() == recording.engine;
        if recording.engine.kind != EngineKind::Sketch || !same_engine {
            return Err(Failure::new(
                Code::BadRequest,
                format!(
                    "{} {} made this take without stems. Ask for the bundle without them.",
                    recording.engine.name, recording.engine.version
                ),
            ));
        }
        let composition = self.compose_again(take).await?;
        let mut stems = Vec::new();
        for stem in composition.stems {
            let file = put_audio(into, stem.audio).await?.file;
            stems.push(StemFile {
                name: stem.name,
                file,
            });
        }
        Ok(stems)
    }

    async fn compose_again(&self, take: &Take) -> Result<Composition, Failure> {
        let made = provenance(take);
        let audio = songwright_api::AudioGeneration::try_from(&made.request.audio)?;
        let sheet = made
            .sung_lyrics
            .as_deref()
            .map(LyricSheet::parse)
            .unwrap_or_default();
        let audio = songwright_api::AudioGeneration {
            instrumental: made.sung_lyrics.is_none(),
            ..audio
        };
        let params = MusicParams::new(made.sung_prompt, sheet, audio);
        Ok(self.music.compose(params, Arc::new(Silent)).await?)
    }
}
