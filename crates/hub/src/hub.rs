use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    Card, Catalogue, Error, HubEnvironment, Patience, Variant,
    cache::HubCache,
    card::Source,
    disk,
    installed::{Found, Installed},
    record::{Place, Record, Records},
};

/// The folder of the models in the data folder.
const MODELS: &str = "models";

/// Says how many bytes are free where a folder is, if it can.
pub type FreeBytes = Arc<dyn Fn(&Path) -> Option<u64> + Send + Sync>;

/// The models of this machine: which there are, where their files are, how they come here and go.
///
/// Its methods block for as long as reading small files takes; those that read or write much take
/// an observer, and all of them but [`Hub::install`] belong on a thread that may block.
#[derive(Clone)]
pub struct Hub {
    pub(crate) models_dir: PathBuf,
    pub(crate) environment: HubEnvironment,
    pub(crate) patience: Patience,
    pub(crate) free_bytes: FreeBytes,
}

impl Hub {
    /// The models of a data folder, with what the environment says about the hub. Nothing is made.
    ///
    /// # Errors
    /// As [`HubEnvironment::read`].
    pub fn open(data_dir: &Path) -> Result<Self, Error> {
        Ok(Self::with_environment(data_dir, HubEnvironment::read()?))
    }

    /// The models of a data folder.
    #[must_use]
    pub fn with_environment(data_dir: &Path, environment: HubEnvironment) -> Self {
        Self {
            models_dir: data_dir.join(MODELS),
            environment,
            patience: Patience::default(),
            free_bytes: Arc::new(disk::free_bytes),
        }
    }

    /// The same with another patience.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The same with another way to learn what is free on the disk.
    #[must_use]
    pub fn with_free_bytes(self, free_bytes: FreeBytes) -> Self {
        Self { free_bytes, ..self }
    }

    /// All cards: the built-in ones and the user's own.
    ///
    /// # Errors
    /// As [`Catalogue::built_in`].
    pub fn catalogue(&self) -> Result<Catalogue, Error> {
        Catalogue::read(&self.models_dir)
    }

    /// The card of that id.
    ///
    /// # Errors
    /// [`Error::UnknownModel`], and as [`Hub::catalogue`].
    pub fn card(&self, id: &str) -> Result<Card, Error> {
        Ok(self.catalogue()?.find(id)?.clone())
    }

    /// The folder of a repository (`owner/name`) that any program fetched into the shared cache, as its
    /// branch `main` was last; `None` where there is none. Nothing in it is checked.
    #[must_use]
    pub fn snapshot(&self, repository: &str) -> Option<PathBuf> {
        let source = Source {
            repository: repository.parse().ok()?,
            revision: "main".parse().ok()?,
        };
        let (cache, commit) = (self.cache(), self.cache().commit(&source)?);
        let folder = cache.snapshots(&source)?.join(commit);
        folder.is_dir().then_some(folder)
    }

    /// Opens a variant of a model, or without a name the first of the card that is installed. Every
    /// file is looked at: its size, the head of weights, the digest of small ones.
    ///
    /// # Errors
    /// [`Error::NotInstalled`] with the command that installs it; [`Error::Damaged`] naming the
    /// files; [`Error::LicenceNotAccepted`].
    pub fn installed(&self, card: &Card, variant: Option<&str>) -> Result<Installed, Error> {
        if variant.is_some() {
            return self.open_variant(card, card.variant(variant)?);
        }
        let mut first = None;
        for variant in card.variants() {
            match self.open_variant(card, variant) {
                Err(error @ Error::NotInstalled { .. }) => first = first.or(Some(error)),
                opened_or_wrong => return opened_or_wrong,
            }
        }
        first.map_or_else(|| self.open_variant(card, card.variant(None)?), Err)
    }

    fn open_variant(&self, card: &Card, variant: &Variant) -> Result<Installed, Error> {
        self.find(card, variant).open(card, variant)
    }

    /// Where the files of a variant are: where its record says, else in the shared cache.
    pub(crate) fn find(&self, card: &Card, variant: &Variant) -> Found {
        let records = Records::of(&self.models_dir, card);
        let record = records.read(variant);
        let in_folder = |folder: &Path| -> Vec<Option<PathBuf>> {
            let joined = variant.files.iter().map(|file| file.path.inside(folder));
            joined.map(|path| path.is_file().then_some(path)).collect()
        };
        let in_cache = |cache: &HubCache| -> Vec<Option<PathBuf>> {
            variant.files.iter().map(|file| cache.find(file)).collect()
        };
        let (locations, folder) = match record.as_ref().map(|record| &record.place) {
            Some(Place::Folder(folder)) => (in_folder(folder), Some(folder.clone())),
            Some(Place::Copied) => (in_folder(&records.copies(variant)), None),
            // Where the variables name another cache now, what was installed is still there.
            Some(Place::Cache(root)) => {
                let noted = in_cache(&HubCache::new(root.clone()));
                let is_whole = noted.iter().all(Option::is_some);
                (
                    if is_whole {
                        noted
                    } else {
                        in_cache(&self.cache())
                    },
                    None,
                )
            }
            None => (in_cache(&self.cache()), None),
        };
        Found {
            record,
            locations,
            folder,
        }
    }

    pub(crate) fn cache(&self) -> HubCache {
        HubCache::new(self.environment.cache_dir.clone())
    }

    /// The noted record of a variant, or a new one for where it was found.
    pub(crate) fn record_of(&self, found: &Found) -> Record {
        found
            .record
            .clone()
            .unwrap_or_else(|| Record::new(Place::Cache(self.environment.cache_dir.clone())))
    }
}
