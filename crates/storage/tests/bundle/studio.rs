//! A store and a library of their own, and what lies in a bundle.

use std::{
    fs,
    io::{Cursor, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use songwright_audio::wav;
use songwright_storage::{
    Library, Objects, Song,
    bundle::{BundleForm, ExportOptions, ExtraFormat, export},
};

use crate::fixture;

pub(crate) const TITLE: &str = "AC/DC: 夜航 🚢";

pub(crate) struct Studio {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) objects: Objects,
    pub(crate) library: Arc<Library>,
}

impl Studio {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self {
            objects: fixture::store(dir.path()),
            library: Arc::new(Library::open(&dir.path().join("library.db")).unwrap()),
            dir,
        }
    }

    pub(crate) async fn song(&self) -> Song {
        let new = fixture::song(&self.objects, TITLE).await.unwrap();
        self.library.add_song(&new).unwrap()
    }

    pub(crate) async fn bundle(&self, form: BundleForm) -> PathBuf {
        let options = ExportOptions {
            form,
            extra: vec![
                ExtraFormat::Flac,
                #[cfg(feature = "mp3")]
                ExtraFormat::Mp3,
            ],
            ..ExportOptions::default()
        };
        let into = self.dir.path().join("out");
        export(&self.objects, &self.song().await, &options, &into)
            .await
            .unwrap()
    }
}

/// Everything in a folder with its content, by path with `/`.
pub(crate) fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                found.push((name.replace('\\', "/"), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

pub(crate) fn unzip(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    (0..archive.len())
        .map(|i| {
            let mut entry = archive.by_index(i).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.name().unwrap().to_string(), content)
        })
        .collect()
}

pub(crate) fn zip_up(path: &Path, files: &[(String, Vec<u8>)]) {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive
            .start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(content).unwrap();
    }
    fs::write(path, archive.finish().unwrap().into_inner()).unwrap();
}

pub(crate) async fn pcm(objects: &Objects, song: &Song) -> Vec<wav::WavInfo> {
    let take = song.latest_take().unwrap();
    let files = take.recording.stems.iter().map(|stem| &stem.file);
    let mut all = Vec::new();
    for file in files.chain([&take.recording.audio]) {
        let content = objects.get(&file.key).await.unwrap();
        all.push(wav::info(&content[..]).unwrap());
    }
    all
}
