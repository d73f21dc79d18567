use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::Error;

/// What a bundle is on the disk.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BundleForm {
    /// A folder.
    #[default]
    Folder,
    /// One zip file.
    Zip,
}

/// How many numbers are tried where a name is taken.
const MAX_NUMBER: u32 = 10_000;

/// Writes a bundle beside its place under a temporary name, which goes where it is dropped.
pub(super) struct BundleWriter {
    into: PathBuf,
    name: String,
    /// The folder or file that will be renamed.
    made: PathBuf,
    zip: Option<ZipWriter<File>>,
    staging: TempDir,
}

impl BundleWriter {
    pub(super) fn new(form: BundleForm, into: &Path, name: &str) -> Result<Self, Error> {
        fs::create_dir_all(into).map_err(Error::io(into, "made"))?;
        let staging = tempfile::Builder::new()
            .prefix(".songwright-")
            .tempdir_in(into)
            .map_err(Error::io(into, "written"))?;
        let made = staging.path().join("bundle");
        let zip = match form {
            BundleForm::Folder => {
                fs::create_dir(&made).map_err(Error::io(&made, "made"))?;
                None
            }
            BundleForm::Zip => Some(ZipWriter::new(
                File::create(&made).map_err(Error::io(&made, "made"))?,
            )),
        };
        Ok(Self {
            into: into.to_owned(),
            name: name.to_owned(),
            made,
            zip,
            staging,
        })
    }

    /// Adds a file at `path`, relative and with `/`.
    pub(super) fn add(&mut self, path: &str, content: &[u8]) -> Result<(), Error> {
        let written = match &mut self.zip {
            Some(zip) => add_to_zip(zip, path, content),
            None => add_to_folder(&self.made.join(path), content),
        };
        written.map_err(Error::io(self.into.join(&self.name).join(path), "written"))
    }

    /// Syncs the bundle and gives it its name.
    pub(super) fn publish(mut self) -> Result<PathBuf, Error> {
        let extension = if self.zip.is_some() { ".zip" } else { "" };
        let synced = match self.zip.take() {
            Some(zip) => zip
                .finish()
                .map_err(io::Error::from)
                .and_then(|file| file.sync_all()),
            None => sync_folder(&self.made),
        };
        synced.map_err(Error::io(&self.made, "written"))?;
        for number in 1..=MAX_NUMBER {
            let place = match number {
                1 => format!("{}{extension}", self.name),
                n => format!("{} ({n}){extension}", self.name),
            };
            let place = self.into.join(place);
            if fs::symlink_metadata(&place).is_ok() {
                continue;
            }
            fs::rename(&self.made, &place).map_err(Error::io(&place, "written"))?;
            sync_folder(&self.into).map_err(Error::io(&self.into, "written"))?;
            self.staging
                .close()
                .map_err(Error::io(&self.into, "cleaned"))?;
            return Ok(place);
        }
        Err(Error::Io {
            path: self.into.join(&self.name),
            verb: "written, for every number of its name is taken",
            source: io::ErrorKind::AlreadyExists.into(),
        })
    }
}

fn add_to_zip(zip: &mut ZipWriter<File>, path: &str, content: &[u8]) -> io::Result<()> {
    // Audio and pictures hardly get smaller.
    let text = [".txt", ".lrc", ".json", ".mid"];
    let method = if text.iter().any(|extension| path.ends_with(extension)) {
        CompressionMethod::Deflated
    } else {
        CompressionMethod::Stored
    };
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .unix_permissions(0o644);
    zip.start_file(path, options).map_err(io::Error::from)?;
    zip.write_all(content)
}

fn add_to_folder(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create_new(path)?;
    file.write_all(content)?;
    file.sync_all()?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Puts the names in a folder on the disk. Windows does that by itself.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()?;
    }
    Ok(())
}
