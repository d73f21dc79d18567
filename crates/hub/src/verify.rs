use std::ops::ControlFlow;

use songwright_base::{Observer, Progress, Stage};

use crate::{
    Card, Error, Hub, Variant,
    fault::FileFault,
    hashing::{self, Compared, Hashed},
    install::named,
    installed::{Installed, damaged, look},
    record::{Kept, Records, Stamp},
};

impl Hub {
    /// Compares every byte of an installed variant, or the first that is installed, with its
    /// digest, and notes what was found. Reports in bytes.
    ///
    /// # Errors
    /// [`Error::NotInstalled`]; [`Error::Damaged`] naming every file that is wrong;
    /// [`Error::Cancelled`].
    pub fn verify(
        &self,
        card: &Card,
        variant: Option<&str>,
        observer: &dyn Observer,
    ) -> Result<Installed, Error> {
        let variant = self.present_variant(card, variant)?;
        let found = self.find(card, variant);
        let mut record = self.record_of(&found);
        let mut reading = Reading::new(
            observer,
            found
                .locations
                .iter()
                .flatten()
                .filter_map(|location| Some(location.metadata().ok()?.len()))
                .sum(),
        );
        let mut faults = Vec::new();
        for (file, location) in variant.files.iter().zip(&found.locations) {
            let Some(location) = location else {
                faults.push((file.path.to_string(), FileFault::Missing));
                continue;
            };
            let noted = record.digest(&file.path);
            // A file that nothing is known of is from now on what it is now.
            let digest = file.digest.or(noted).or_else(|| named(location));
            match reading.keep(location, digest.as_ref())? {
                Ok(mut seen) => {
                    seen.fetched = record.is_ours(&file.path);
                    record.files.insert(file.path.to_string(), seen);
                }
                Err(fault) => {
                    record.files.remove(file.path.as_str());
                    // That it is cut off says more than that its digest is another.
                    let fault = look(file, location, None).err().unwrap_or(fault);
                    faults.push((file.path.to_string(), fault));
                }
            }
        }
        Records::of(&self.models_dir, card).write(variant, &record)?;
        if faults.is_empty() {
            self.installed(card, Some(variant.name.as_str()))
        } else {
            Err(damaged(card, variant, faults, found.folder))
        }
    }

    /// The variant of that name; without a name the first that is there, damaged or not.
    ///
    /// # Errors
    /// [`Error::NotInstalled`].
    pub(crate) fn present_variant<'a>(
        &self,
        card: &'a Card,
        name: Option<&str>,
    ) -> Result<&'a Variant, Error> {
        let candidates = match name {
            Some(_) => std::slice::from_ref(card.variant(name)?),
            None => card.variants(),
        };
        let mut first = None;
        for variant in candidates {
            match self.find(card, variant).open(card, variant) {
                Err(error @ Error::NotInstalled { .. }) => first = first.or(Some(error)),
                Err(error @ Error::LicenceNotAccepted { .. }) => return Err(error),
                _ => return Ok(variant),
            }
        }
        first.map_or_else(|| card.variant(name), Err)
    }
}

/// Files that are read one after the other.
pub(crate) struct Reading<'a> {
    observer: &'a dyn Observer,
    done: u64,
    total: u64,
}

impl<'a> Reading<'a> {
    /// Files that have `total` bytes together.
    pub(crate) fn new(observer: &'a dyn Observer, total: u64) -> Self {
        let reading = Self {
            observer,
            done: 0,
            total: total.max(1),
        };
        reading.report();
        reading
    }

    /// Reads a file and says what to note of it; the inner result is what is wrong with it.
    pub(crate) fn keep(
        &mut self,
        location: &std::path::Path,
        wanted: Option<&crate::Digest>,
    ) -> Result<Result<Kept, FileFault>, Error> {
        // Looked at before, so that what is written meanwhile counts as new.
        let stamp = match Stamp::of(location) {
            Ok(stamp) => stamp,
            Err(error) => return Ok(Err(FileFault::reading(error))),
        };
        let step = |bytes| self.step(bytes);
        let digest = match wanted {
            Some(wanted) => match hashing::compare(location, wanted, step) {
                Compared::Same => *wanted,
                Compared::Wrong(fault) => return Ok(Err(fault)),
                Compared::Stopped => return Err(Error::Cancelled),
            },
            None => match hashing::digest(location, None, step) {
                Hashed::Is(digest) => digest,
                Hashed::Unreadable(error) => return Ok(Err(FileFault::reading(error))),
                Hashed::Stopped => return Err(Error::Cancelled),
            },
        };
        Ok(Ok(Kept {
            stamp,
            digest: digest.to_string(),
            fetched: false,
        }))
    }

    /// Counts bytes that were read or copied.
    pub(crate) fn step(&mut self, bytes: u64) -> ControlFlow<()> {
        self.done = (self.done + bytes).min(self.total);
        self.report();
        if self.observer.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn report(&self) {
        let progress = Progress::new(Stage::Verify, self.done, self.total);
        self.observer.report(progress);
    }
}
