use std::{
    fs, io,
    path::{Path, PathBuf},
};

use songwright_base::Observer;

use crate::{
    Acceptance, Card, Error, Hub, Variant,
    install::accepted,
    installed::{Installed, damaged, look},
    record::{Place, Record, Records, Stamp},
    verify::Reading,
};

/// Files that the user has already.
#[derive(Clone, Copy, Debug)]
pub struct Import<'a> {
    /// Where they are, laid out as in the repository.
    pub folder: &'a Path,
    /// What becomes of them.
    pub by: ImportBy,
    /// Whether the licence was accepted just now.
    pub acceptance: Acceptance,
}

/// What becomes of files that are taken in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ImportBy {
    /// They stay where they are, and have to.
    Reference,
    /// They are in the data folder too: under a second name where the disk is the same, else as
    /// copies.
    Copy,
}

impl Hub {
    /// Takes a model's files from a folder. Every byte is compared with its digest first. Without a
    /// name it is the first variant that the folder has every file of. Reports in bytes.
    ///
    /// # Errors
    /// [`Error::Damaged`] naming every file that is missing or wrong, and then nothing is taken;
    /// [`Error::LicenceNotAccepted`]; [`Error::Cancelled`].
    pub fn import(
        &self,
        card: &Card,
        variant: Option<&str>,
        import: &Import<'_>,
        observer: &dyn Observer,
    ) -> Result<Installed, Error> {
        let folder = fs::canonicalize(import.folder).map_err(Error::io(import.folder, "opened"))?;
        let variant = match variant {
            Some(_) => card.variant(variant)?,
            None => card
                .variants()
                .iter()
                .find(|variant| is_whole(variant, &folder))
                .map_or_else(|| card.variant(None), Ok)?,
        };
        let records = Records::of(&self.models_dir, card);
        let earlier = records.read(variant);
        let mut record = Record::new(match import.by {
            ImportBy::Reference => Place::Folder(folder.clone()),
            ImportBy::Copy => Place::Copied,
        });
        record.accepted = accepted((card, variant), import.acceptance, earlier.as_ref())?;
        compare(card, variant, &folder, &mut record, observer)?;
        if import.by == ImportBy::Copy {
            copy(variant, &folder, &records.copies(variant), &mut record)?;
        }
        records.write(variant, &record)?;
        self.installed(card, Some(variant.name.as_str()))
    }
}

fn is_whole(variant: &Variant, folder: &Path) -> bool {
    let mut paths = variant.files.iter().map(|file| file.path.inside(folder));
    paths.all(|path| path.is_file())
}

fn compare(
    card: &Card,
    variant: &Variant,
    folder: &Path,
    record: &mut Record,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let mut faults = Vec::new();
    let mut looked: Vec<(_, PathBuf)> = Vec::new();
    // What can be told without reading it all is told first.
    for file in &variant.files {
        let location = file.path.inside(folder);
        match look(file, &location, None) {
            Ok(_) => looked.push((file, location)),
            Err(fault) => faults.push((file.path.to_string(), fault)),
        }
    }
    if faults.is_empty() {
        let sizes = looked
            .iter()
            .filter_map(|(_, at)| Some(at.metadata().ok()?.len()));
        let mut reading = Reading::new(observer, sizes.sum());
        for (file, location) in looked {
            match reading.keep(&location, file.digest.as_ref())? {
                Ok(kept) => drop(record.files.insert(file.path.to_string(), kept)),
                Err(fault) => faults.push((file.path.to_string(), fault)),
            }
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(damaged(card, variant, faults, Some(folder.to_owned())))
}

fn copy(variant: &Variant, folder: &Path, copies: &Path, record: &mut Record) -> Result<(), Error> {
    for file in &variant.files {
        let (from, to) = (file.path.inside(folder), file.path.inside(copies));
        let place = to.parent().unwrap_or(copies);
        fs::create_dir_all(place).map_err(Error::io(place, "made"))?;
        copy_file(&from, &to, place).map_err(Error::io(&to, "written"))?;
        if let Some(kept) = record.files.get_mut(file.path.as_str()) {
            kept.stamp = Stamp::of(&to).map_err(Error::io(&to, "read"))?;
        }
    }
    Ok(())
}

/// Whole or not at all.
fn copy_file(from: &Path, to: &Path, place: &Path) -> io::Result<()> {
    // Through links: a link in the folder may lead to anywhere.
    let from = fs::canonicalize(from)?;
    match fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if fs::hard_link(&from, to).is_ok() {
        return Ok(());
    }
    let mut copy = tempfile::NamedTempFile::new_in(place)?;
    io::copy(&mut fs::File::open(&from)?, &mut copy)?;
    copy.as_file().sync_all()?;
    copy.persist(to)?;
    Ok(())
}
