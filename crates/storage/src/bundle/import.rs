use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use songwright_audio::{Peaks, wav};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::BundleError;
use super::manifest::{self, BundleFile, FILE_NAME, Manifest, Role};
use super::source::{Source, refused, require_safe};
use crate::objects::hex;
use crate::{
    Artwork, Error, Library, Lineage, NewSong, ObjectKey, Objects, Recording, Song, SongText,
    StemFile, StoredFile, TakeWords,
};

/// The largest file of a bundle: a WAV file can be no larger.
const MAX_FILE_BYTES: u64 = 1 << 32;
/// The largest bundle.
const MAX_BUNDLE_BYTES: u64 = 1 << 34;
const MAX_FILES: usize = 100;
const MAX_TEXT_BYTES: usize = 100_000;
const MAX_TIMED_LINES: usize = 20_000;
const MAX_DURATION_S: f64 = 36_000.0;
/// What is kept of a file's beginning to see what it is.
const HEAD_BYTES: usize = 1 << 16;

/// A bundle whose every file was found as it was written.
#[derive(Clone, Debug)]
pub struct ImportedBundle {
    source: Source,
    manifest: Manifest,
}

/// Opens the bundle at `path`, a folder or a zip file, and checks every file that it names for
/// presence, size, SHA-256 and kind. What else lies there is left alone. Blocking.
///
/// # Errors
/// A [`BundleError`] that names the file at fault.
pub fn import(path: &Path) -> Result<ImportedBundle, BundleError> {
    let source = Source::open(path)?;
    let json = source.read(FILE_NAME, manifest::MAX_BYTES + 1, |content| {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        Ok(bytes)
    })?;
    if json.len() as u64 > manifest::MAX_BYTES {
        return Err(refused(FILE_NAME, "it is larger than a song's description"));
    }
    let manifest = Manifest::from_bytes(&json)?;
    require_sane(&manifest)?;
    for file in &manifest.files {
        let mut head = Vec::new();
        read_whole(&source, file, |piece| {
            let room = HEAD_BYTES.saturating_sub(head.len());
            head.extend_from_slice(&piece[..piece.len().min(room)]);
        })?;
        require_kind(file, &head)?;
    }
    Ok(ImportedBundle { source, manifest })
}

impl ImportedBundle {
    /// What the song says.
    #[must_use]
    pub fn text(&self) -> &SongText {
        &self.manifest.song.text
    }

    /// Who is named as the artist.
    #[must_use]
    pub fn artist(&self) -> &str {
        &self.manifest.song.artist
    }

    /// Length in seconds.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        self.manifest.take.duration_s
    }

    /// The program that wrote it: "Songwright 0.1.0".
    #[must_use]
    pub fn made_with(&self) -> &str {
        &self.manifest.made_with
    }

    /// The paths of its files, relative to `song.json`.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.manifest.files.iter().map(|file| file.path.as_str())
    }

    /// Stores the bundle's files and adds its song to the library, whole or not at all. The song
    /// and its take keep their ids where the library does not have them already.
    ///
    /// # Errors
    /// [`Error::Bundle`] where a file changed since [`import`]; [`Error::Full`]; [`Error::Store`].
    pub async fn import_into(
        &self,
        library: &Arc<Library>,
        objects: &Objects,
    ) -> Result<Song, Error> {
        let mut copy = Copy {
            bundle: self.clone(),
            library: Arc::clone(library),
            objects: objects.clone(),
            runtime: Handle::current(),
            stored: Vec::new(),
        };
        tokio::task::spawn_blocking(move || {
            let added = copy.run();
            if added.is_err() {
                copy.undo();
            }
            added
        })
        .await
        .map_err(|e| Error::Store {
            doing: "adding a bundle".to_owned(),
            remote: false,
            source: e.into(),
        })?
    }

    fn find(&self, role: &Role) -> Option<&BundleFile> {
        self.manifest.files.iter().find(|file| file.role == *role)
    }
}

/// All that the blocking thread needs. One file is in memory at a time.
struct Copy {
    bundle: ImportedBundle,
    library: Arc<Library>,
    objects: Objects,
    runtime: Handle,
    stored: Vec<ObjectKey>,
}

impl Copy {
    fn run(&mut self) -> Result<Song, Error> {
        let Manifest {
            song, take, cover, ..
        } = self.bundle.manifest.clone();
        let audio_file = self.bundle.find(&Role::Audio).cloned();
        let audio_file = audio_file.ok_or_else(|| refused(FILE_NAME, "it names no audio"))?;
        let content = self.read(&audio_file)?;
        let pcm = wav::read(&content[..]).map_err(|e| not_as_named(&audio_file, &e.to_string()))?;
        let peaks = Peaks::of(&pcm, Peaks::DEFAULT_SPANS);
        drop(pcm);
        let audio = self.put("wav", content)?;
        let mut stems = Vec::new();
        for file in self.bundle.manifest.files.clone() {
            if let Role::Stem(name) = &file.role {
                let name = name.clone();
                let content = self.read(&file)?;
                let file = self.put("wav", content)?;
                stems.push(StemFile { name, file });
            }
        }
        let midi = self.copy(&Role::Midi, "mid")?;
        let image = self.copy(&Role::Cover, "png")?;
        let draft = take.is_draft();
        let recording = Recording {
            id: self.free_take_id(take.id)?,
            audio,
            stems,
            midi,
            peaks,
            params: take.params,
            engine: take.engine,
            seed: take.seed,
            duration_s: take.duration_s,
            facts: take.facts,
            timed_lines: take.timed_lines,
            // The take that it was made from has stayed where it came from.
            lineage: take.lineage.map(|lineage| Lineage {
                parent_take_id: None,
                ..lineage
            }),
            words: TakeWords {
                prompt: song.text.prompt.clone(),
                lyrics: song.text.lyrics.clone(),
            },
            draft,
        };
        let artworks = cover
            .zip(image)
            .map(|(cover, image)| Artwork {
                lettered: cover.is_lettered(),
                id: Uuid::new_v4(),
                image,
                width: cover.width,
                height: cover.height,
                style: cover.style,
                seed: cover.seed,
                engine: cover.engine,
                label: cover.label,
                notes: cover.notes,
                parameters: cover.parameters,
            })
            .into_iter()
            .collect();
        self.library.add_song(&NewSong {
            id: self.free_song_id(song.id)?,
            text: song.text,
            recordings: vec![recording],
            artworks,
            created_at_ms: Some(song.created_at_ms),
        })
    }

    fn copy(&mut self, role: &Role, extension: &str) -> Result<Option<StoredFile>, Error> {
        let Some(file) = self.bundle.find(role).cloned() else {
            return Ok(None);
        };
        let content = self.read(&file)?;
        self.put(extension, content).map(Some)
    }

    fn read(&self, file: &BundleFile) -> Result<Vec<u8>, Error> {
        let mut content = Vec::new();
        read_whole(&self.bundle.source, file, |piece| {
            content.extend_from_slice(piece);
        })?;
        Ok(content)
    }

    fn put(&mut self, extension: &str, content: Vec<u8>) -> Result<StoredFile, Error> {
        let key = ObjectKey::random(extension)?;
        self.stored.push(key.clone());
        self.runtime
            .block_on(self.objects.put(&key, Bytes::from(content)))
    }

    fn free_song_id(&self, wanted: Uuid) -> Result<Uuid, Error> {
        match self.library.song(wanted) {
            Err(Error::NoSuchSong { .. }) => Ok(wanted),
            Ok(_) => Ok(Uuid::new_v4()),
            Err(e) => Err(e),
        }
    }

    fn free_take_id(&self, wanted: Uuid) -> Result<Uuid, Error> {
        match self.library.take(wanted) {
            Err(Error::NoSuchTake { .. }) => Ok(wanted),
            Ok(_) => Ok(Uuid::new_v4()),
            Err(e) => Err(e),
        }
    }

    /// Deletes what was stored; what cannot be deleted now is swept later.
    fn undo(&self) {
        for key in &self.stored {
            if let Err(e) = self.runtime.block_on(self.objects.delete(key)) {
                tracing::warn!(%key, error = %e, "could not delete a file of a failed import");
            }
        }
    }
}

/// Reads `file` in pieces, and holds it to the size and SHA-256 that it was written with.
fn read_whole(
    source: &Source,
    file: &BundleFile,
    mut each: impl FnMut(&[u8]),
) -> Result<(), BundleError> {
    let damaged = |problem: String| BundleError::Damaged {
        file: file.path.clone(),
        problem,
    };
    // One byte more than there should be shows that there is more, and a bomb ends there.
    let (bytes, sha256) = source.read(&file.path, file.bytes + 1, |content| {
        let mut hash = Sha256::new();
        let mut bytes = 0_u64;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let n = match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            hash.update(&buffer[..n]);
            each(&buffer[..n]);
            bytes += n as u64;
        }
        Ok((bytes, hex(hash.finalize().as_slice())))
    })?;
    if bytes > file.bytes {
        return Err(damaged(format!(
            "it is larger than the {} bytes that {FILE_NAME} names",
            file.bytes
        )));
    }
    if bytes < file.bytes {
        return Err(damaged(format!(
            "it has {bytes} bytes and not the {} that {FILE_NAME} names",
            file.bytes
        )));
    }
    if sha256 != file.sha256 {
        return Err(damaged(format!(
            "its SHA-256 is not the one in {FILE_NAME}"
        )));
    }
    Ok(())
}

/// Whether what a manifest says can be a song.
fn require_sane(manifest: &Manifest) -> Result<(), BundleError> {
    let refuse = |problem: &str| Err(refused(FILE_NAME, problem));
    let text = &manifest.song.text;
    let take = &manifest.take;
    let texts = [
        &text.title,
        &text.description,
        &text.prompt,
        &text.lyrics,
        &manifest.song.artist,
    ];
    if texts.iter().any(|t| t.len() > MAX_TEXT_BYTES) || text.categories.len() > 100 {
        return refuse("its texts are longer than a song's");
    }
    if !(0.0..=MAX_DURATION_S).contains(&take.duration_s) {
        return refuse("its duration cannot be a song's");
    }
    let in_song = |s: f64| (0.0..=MAX_DURATION_S).contains(&s);
    let lines_fit = take
        .timed_lines
        .iter()
        .all(|line| in_song(line.start_s) && in_song(line.end_s));
    if take.timed_lines.len() > MAX_TIMED_LINES || !lines_fit {
        return refuse("its timed lines cannot be a song's");
    }
    if manifest.files.len() > MAX_FILES {
        return refuse("it names more files than a song has");
    }
    let mut paths = HashSet::new();
    let mut roles = HashSet::new();
    let mut total = 0_u64;
    for file in &manifest.files {
        require_safe(&file.path)?;
        total = total.saturating_add(file.bytes);
        if file.bytes > MAX_FILE_BYTES || total > MAX_BUNDLE_BYTES {
            return Err(refused(&file.path, "it is larger than a song can be"));
        }
        if !paths.insert(&file.path) || !roles.insert(&file.role) {
            return Err(refused(&file.path, "song.json names it twice"));
        }
    }
    if !roles.contains(&Role::Audio) {
        return refuse("it names no audio");
    }
    Ok(())
}

/// Whether a file is what its role says.
fn require_kind(file: &BundleFile, head: &[u8]) -> Result<(), BundleError> {
    let fits = match &file.role {
        Role::Audio | Role::Stem(_) => wav::info(head).is_ok(),
        Role::Flac => head.starts_with(b"fLaC"),
        Role::Mp3 => head.starts_with(b"ID3") || head.starts_with(&[0xff]),
        Role::Cover => head.starts_with(b"\x89PNG\r\n\x1a\n"),
        Role::Midi => head.starts_with(b"MThd"),
        Role::Lyrics | Role::TimedLyrics => true,
    };
    if fits {
        Ok(())
    } else {
        Err(not_as_named(file, "it is another kind of file"))
    }
}

fn not_as_named(file: &BundleFile, problem: &str) -> BundleError {
    BundleError::Damaged {
        file: file.path.clone(),
        problem: problem.trim_end_matches('.').to_owned(),
    }
}
