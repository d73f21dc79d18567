use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    Card, Error, Hub, Variant,
    cache::HubCache,
    card::CardFile,
    listing::forget_listed,
    lock::Lock,
    record::{Place, Record, Records},
};

/// What became of a model's files.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Removed {
    /// What is free now.
    pub freed_bytes: u64,
    /// Folders with files of the model that stay, because they were not fetched by Songwright.
    pub kept: Vec<PathBuf>,
}

impl Hub {
    /// Forgets a variant, or the first that is there. What Songwright fetched or copied for it and
    /// nothing else uses is deleted, and so is what a stopped download left; what others fetched,
    /// and a folder of the user's own, stay.
    ///
    /// # Errors
    /// [`Error::NotInstalled`] where there is nothing of it; what the disk says.
    pub fn remove(&self, card: &Card, variant: Option<&str>) -> Result<Removed, Error> {
        let variant = match self.noted_variant(card, variant)? {
            Some(variant) => variant,
            None => match self.present_variant(card, variant) {
                Ok(variant) => variant,
                // A download that was stopped has left something all the same.
                Err(error @ Error::NotInstalled { .. }) => {
                    let freed_bytes = self.delete_partials(card.variant(variant)?)?;
                    return match freed_bytes {
                        0 => Err(error),
                        freed_bytes => Ok(Removed {
                            freed_bytes,
                            kept: Vec::new(),
                        }),
                    };
                }
                Err(error) => return Err(error),
            },
        };
        let records = Records::of(&self.models_dir, card);
        let record = self.record_of(&self.find(card, variant));
        let mut removed = Removed::default();
        match &record.place {
            Place::Folder(folder) => removed.kept.push(folder.clone()),
            Place::Copied => {
                let copies = records.copies(variant);
                removed.freed_bytes = variant
                    .files
                    .iter()
                    .filter_map(|file| Some(file.path.inside(&copies).metadata().ok()?.len()))
                    .sum();
                fs::remove_dir_all(&copies).map_err(Error::io(&copies, "deleted"))?;
            }
            Place::Cache(root) => {
                let cache = HubCache::new(root.clone());
                let used = self.used_by_others(card, variant, &cache)?;
                for file in &variant.files {
                    delete_cached(&cache, file, &record, &used, &mut removed)?;
                }
            }
        }
        removed.freed_bytes += self.delete_partials(variant)?;
        records.forget(variant)?;
        forget_listed(self, card)?;
        Ok(removed)
    }

    /// The first variant with a record.
    fn noted_variant<'a>(
        &self,
        card: &'a Card,
        name: Option<&str>,
    ) -> Result<Option<&'a Variant>, Error> {
        let records = Records::of(&self.models_dir, card);
        let candidates = match name {
            Some(_) => std::slice::from_ref(card.variant(name)?),
            None => card.variants(),
        };
        Ok(candidates.iter().find(|v| records.read(v).is_some()))
    }

    /// The pointers that installed variants of all cards but this one use.
    fn used_by_others(
        &self,
        card: &Card,
        variant: &Variant,
        cache: &HubCache,
    ) -> Result<HashSet<PathBuf>, Error> {
        let mut used = HashSet::new();
        for other in &self.catalogue()?.cards {
            let records = Records::of(&self.models_dir, other);
            let others = other
                .variants()
                .iter()
                .filter(|v| (&other.id, &v.name) != (&card.id, &variant.name))
                .filter(|v| records.read(v).is_some());
            used.extend(others.flat_map(|v| &v.files).filter_map(|f| cache.find(f)));
        }
        Ok(used)
    }

    /// What a stopped download left; one that runs keeps its own.
    fn delete_partials(&self, variant: &Variant) -> Result<u64, Error> {
        let cache = self.cache();
        let mut freed_bytes = 0;
        for file in &variant.files {
            let Some(etag) = file.digest.map(|digest| digest.to_string()) else {
                continue;
            };
            let partial = cache.partial(&file.source, &etag);
            let Ok(metadata) = partial.metadata() else {
                continue;
            };
            let lock = Lock::try_take(&cache.lock(&file.source, &etag))?;
            if lock.is_some() {
                fs::remove_file(&partial).map_err(Error::io(&partial, "deleted"))?;
                freed_bytes += metadata.len();
            }
        }
        Ok(freed_bytes)
    }
}

fn delete_cached(
    cache: &HubCache,
    file: &CardFile,
    record: &Record,
    used: &HashSet<PathBuf>,
    removed: &mut Removed,
) -> Result<(), Error> {
    let Some(pointer) = cache.find(file) else {
        return Ok(());
    };
    if !record.is_ours(&file.path) {
        let root = cache.root().to_owned();
        if !removed.kept.contains(&root) {
            removed.kept.push(root);
        }
        return Ok(());
    }
    if used.contains(&pointer) {
        return Ok(());
    }
    let blob = fs::canonicalize(&pointer).map_err(Error::io(&pointer, "read"))?;
    fs::remove_file(&pointer).map_err(Error::io(&pointer, "deleted"))?;
    let Some(repository) = cache.snapshots(&file.source) else {
        return Ok(());
    };
    if !points_to(&repository, &blob) {
        removed.freed_bytes += blob.metadata().map_or(0, |metadata| metadata.len());
        match fs::remove_file(&blob) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::io(&blob, "deleted")(error));
            }
            _ => {}
        }
    }
    // Folders that are empty now; the first that is not ends it.
    let mut folder = pointer.parent();
    while let Some(empty) = folder.filter(|f| f.starts_with(&repository) && **f != *repository) {
        if fs::remove_dir(empty).is_err() {
            break;
        }
        folder = empty.parent();
    }
    Ok(())
}

/// Whether any pointer below `folder` leads to `blob`.
fn points_to(folder: &Path, blob: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            points_to(&path, blob)
        } else {
            fs::canonicalize(&path).is_ok_and(|leads_to| leads_to == blob)
        }
    })
}
