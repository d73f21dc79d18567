use bytes::Bytes;
use songwright_audio::wav::WavFormat;
use songwright_base::{Code, Failure};
use songwright_storage::{
    Song, StemFile,
    bundle::{BundleForm, ExportOptions, ExtraFormat, export, import},
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{Studio, new_files::NewFiles, shelf::provenance};

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
    /// Writes a bundle into the folder `into`, named after the song. `played` are the stems of the take
    /// where it has none of its own ([`Studio::play_stems`]); they go when it is written.
    ///
    /// # Errors
    /// 404 for an unknown take, 507 where there is no space.
    pub async fn bundle(
        &self,
        song: &Song,
        wish: BundleWish,
        played: Vec<StemFile>,
        into: &std::path::Path,
    ) -> Result<std::path::PathBuf, Failure> {
        let mut song = song.clone();
        // Also where nobody waits for the bundle any more, what was played for it goes again.
        let keys = played.iter().map(|stem| stem.file.key.clone());
        let borrowed = NewFiles::written(&self.objects, keys.collect());
        let take = song
            .takes
            .iter_mut()
            .find(|t| t.recording.id == wish.take_id)
            .ok_or_else(|| Failure::new(Code::NotFound, "This song has no such take."))?;
        take.recording.stems.extend(played);
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

    /// A bundle as a zip in a folder that lives as long as it.
    ///
    /// # Errors
    /// As [`Studio::bundle`].
    pub async fn bundle_zip(
        &self,
        song: &Song,
        wish: BundleWish,
        played: Vec<StemFile>,
    ) -> Result<BundleFile, Failure> {
        let scratch = self.scratch.clone();
        let folder = tokio::task::spawn_blocking(move || scratch.folder())
            .await
            .map_err(|e| Failure::internal("making a folder", &e))??;
        let wish = BundleWish {
            form: BundleForm::Zip,
            ..wish
        };
        let path = self.bundle(song, wish, played, folder.path()).await?;
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
        let scratch = self.scratch.clone();
        let file = tokio::task::spawn_blocking(move || scratch.file(".zip", &zip))
            .await
            .map_err(|e| Failure::internal("receiving a bundle", &e))??;
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
}
