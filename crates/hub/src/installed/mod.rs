//! A model on this machine.

mod head;

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

pub use head::TensorHead;
pub(crate) use head::length;

use crate::{
    ByteCount, Digest, Error,
    card::{Card, CardFile, FilePath, Licence, ModelName, Variant},
    fault::{Accepting, Advice, Faults, FileFault, TensorFault},
    hashing::{self, Compared},
    record::{Record, Stamp},
};

/// Files up to this size are compared with their digest whenever a model is opened.
const SMALL_BYTES: u64 = 1 << 20;

/// A model whose files are all there and look right.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Which model.
    pub id: ModelName,
    /// What people call it.
    pub title: String,
    /// Which loader can read it.
    pub family: String,
    /// Which form of it.
    pub variant: ModelName,
    /// Under which terms.
    pub licence: Licence,
    files: Vec<InstalledFile>,
    command: String,
}

/// A file of an installed model.
#[derive(Clone, Debug)]
pub struct InstalledFile {
    /// Its path in the repository.
    pub path: FilePath,
    /// Where it is on this machine.
    pub location: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Whether its bytes were compared with the published digest since it was last written.
    pub is_verified: bool,
    /// What its bytes have to be, where that is known.
    pub digest: Option<Digest>,
    /// What a safetensors file has in it; empty for other files.
    pub tensors: Vec<TensorHead>,
}

impl Installed {
    /// Its files, in the order of the card.
    #[must_use]
    pub fn files(&self) -> &[InstalledFile] {
        &self.files
    }

    /// Where a file is, by its path in the repository.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the card has no such file.
    pub fn path(&self, file: &str) -> Result<&Path, Error> {
        Ok(&self.file(file)?.location)
    }

    /// All files together, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Whether every file was compared with its digest since it was last written.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.files.iter().all(|file| file.is_verified)
    }

    /// The folders that paths of the repositories begin in, each once.
    #[must_use]
    pub fn folders(&self) -> Vec<&Path> {
        let mut folders: Vec<&Path> = Vec::new();
        for file in &self.files {
            let depth = file.path.as_str().split('/').count();
            if let Some(folder) = file.location.ancestors().nth(depth)
                && !folders.contains(&folder)
            {
                folders.push(folder);
            }
        }
        folders
    }

    /// Compares the tensors of a safetensors file with those that a network will ask for, each a
    /// name and a shape with the outermost side first. Others may be there too.
    ///
    /// # Errors
    /// [`Error::Tensor`] naming the first that is missing or has another shape.
    pub fn require_tensors<'a>(
        &self,
        file: &str,
        wanted: impl IntoIterator<Item = (&'a str, &'a [usize])>,
    ) -> Result<(), Error> {
        let file = self.file(file)?;
        let by_name: std::collections::HashMap<_, _> =
            file.tensors.iter().map(|t| (t.name.as_str(), t)).collect();
        for (name, shape) in wanted {
            let is = match by_name.get(name) {
                None => TensorFault::Missing,
                Some(tensor) if tensor.shape != shape => TensorFault::Shape {
                    found: tensor.shape.clone(),
                    wanted: shape.to_vec(),
                },
                Some(_) => continue,
            };
            return Err(Error::Tensor {
                file: file.path.to_string(),
                name: name.to_owned(),
                is: Box::new(is),
                command: self.command.clone(),
            });
        }
        Ok(())
    }

    fn file(&self, path: &str) -> Result<&InstalledFile, Error> {
        self.files
            .iter()
            .find(|file| file.path.as_str() == path)
            .ok_or_else(|| Error::Damaged {
                title: self.title.clone(),
                faults: Faults(vec![(path.to_owned(), FileFault::Missing)]),
                advice: Advice::Install {
                    command: self.command.clone(),
                },
            })
    }
}

/// Where files of a variant were found, as far as they were.
pub(crate) struct Found {
    pub(crate) record: Option<Record>,
    /// In the order of the variant's files.
    pub(crate) locations: Vec<Option<PathBuf>>,
    /// The folder of the user's own, where they are in one.
    pub(crate) folder: Option<PathBuf>,
}

impl Found {
    /// Looks at every file: its size, the head of weights, the digest of small ones.
    ///
    /// # Errors
    /// [`Error::LicenceNotAccepted`]; [`Error::NotInstalled`]; [`Error::Damaged`].
    pub(crate) fn open(self, card: &Card, variant: &Variant) -> Result<Installed, Error> {
        let is_whole = self.locations.iter().all(Option::is_some);
        let command = install_command(card, variant);
        let is_noted = self
            .record
            .as_ref()
            .is_some_and(|record| record.fetching.is_empty());
        if !is_whole && !is_noted {
            return Err(Error::NotInstalled {
                title: card.title.clone(),
                size: ByteCount(variant.bytes()),
                command,
            });
        }
        let accepted = self.record.as_ref().and_then(|r| r.accepted.as_ref());
        if card.licence.must_accept && accepted != Some(&card.licence.id) {
            return Err(licence_not_accepted(card, variant));
        }
        let mut files = Vec::new();
        let mut faults = Vec::new();
        for (file, location) in variant.files.iter().zip(&self.locations) {
            let looked = match location {
                Some(location) => look(file, location, self.record.as_ref()),
                None => Err(FileFault::Missing),
            };
            match looked {
                Ok(file) => files.push(file),
                Err(fault) => faults.push((file.path.to_string(), fault)),
            }
        }
        if !faults.is_empty() {
            return Err(damaged(card, variant, faults, self.folder));
        }
        Ok(Installed {
            id: card.id.clone(),
            title: card.title.clone(),
            family: card.family.clone(),
            variant: variant.name.clone(),
            licence: card.licence.clone(),
            files,
            command,
        })
    }
}

/// Looks at one file without reading all of it.
pub(crate) fn look(
    file: &CardFile,
    location: &Path,
    record: Option<&Record>,
) -> Result<InstalledFile, FileFault> {
    let stamp = Stamp::of(location).map_err(FileFault::reading)?;
    if let Some(wanted) = file.bytes {
        length(stamp.bytes, wanted)?;
    }
    // The location's own name may be that of a blob.
    let tensors = head::read(location, stamp.bytes)?;
    let digest = file.digest.or_else(|| record?.digest(&file.path));
    let mut is_verified = digest
        .zip(record)
        .is_some_and(|(digest, record)| record.knows(&file.path, stamp, &digest));
    if let Some(digest) = digest
        && !is_verified
        && stamp.bytes <= SMALL_BYTES
    {
        match hashing::compare(location, &digest, |_| ControlFlow::Continue(())) {
            Compared::Wrong(fault) => return Err(fault),
            same => is_verified = matches!(same, Compared::Same),
        }
    }
    Ok(InstalledFile {
        path: file.path.clone(),
        location: location.to_owned(),
        bytes: stamp.bytes,
        is_verified,
        digest,
        tensors,
    })
}

/// Files are there and wrong.
pub(crate) fn damaged(
    card: &Card,
    variant: &Variant,
    faults: Vec<(String, FileFault)>,
    folder: Option<PathBuf>,
) -> Error {
    let command = install_command(card, variant);
    Error::Damaged {
        title: card.title.clone(),
        faults: Faults(faults),
        advice: match folder {
            Some(folder) => Advice::Replace { folder, command },
            None => Advice::Install { command },
        },
    }
}

/// Says how the licence of a variant is accepted, for which nothing is fetched that is here.
pub(crate) fn licence_not_accepted(card: &Card, variant: &Variant) -> Error {
    let of_variant = match is_usual(card, variant) {
        true => String::new(),
        false => format!("\"variant\": \"{}\", ", variant.name),
    };
    Error::LicenceNotAccepted {
        title: card.title.clone(),
        licence: card.licence.id.clone(),
        url: card.licence.url.clone(),
        accepting: Box::new(Accepting {
            id: card.id.to_string(),
            command: install_command(card, variant),
            body: format!("{{{of_variant}\"accept_licence\": true}}"),
        }),
    }
}

/// What to type to fetch a variant.
fn install_command(card: &Card, variant: &Variant) -> String {
    let mut command = format!("songwright models install {}", card.id);
    if !is_usual(card, variant) {
        command = format!("{command} --variant {}", variant.name);
    }
    if card.licence.must_accept {
        command.push_str(" --accept-licence");
    }
    command
}

/// Whether it is the variant that is meant where none is named.
fn is_usual(card: &Card, variant: &Variant) -> bool {
    card.variants().first().map(|v| &v.name) == Some(&variant.name)
}
