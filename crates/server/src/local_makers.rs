//! Who works for a service on this machine: an installed model where there is one, else the built-in
//! sketch.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use songwright_base::{
    EngineError, EngineInfo, Service,
    config::{Config, ModelChoice},
};
use songwright_engine::{Chosen, Load, Maker, WorkersConfig};
use songwright_hub::{Card, Error as HubError, Hub, Installed};

use crate::{
    model_place::ModelPlace,
    named_model::{Absent, named},
};

/// The makers of one service.
pub(crate) trait LocalMakers: Send + Sync + 'static {
    /// What works.
    type Engine: ?Sized + Send + 'static;
    /// What else is known of it before it is loaded.
    type Facts: Send + Sync + 'static;

    /// Of which service.
    const SERVICE: Service;
    /// The families of models that this program can load for it, the first one first.
    const FAMILIES: &'static [Family<Self>];
    /// What models of other families do not do: "makes no music here".
    const NOT_HERE: &'static str;
    /// What the sketch does in the place of a model: "made this music".
    const STANDS_IN: &'static str;

    /// An engine of a model: of the family that its card names, and where it has none of the first family
    /// that can read it.
    ///
    /// # Errors
    /// Where the files are not those of such a model: what the first family says.
    fn model(&self, place: &ModelPlace) -> Result<MakerOf<Self>, EngineError> {
        let is_meant =
            |family: &&Family<Self>| place.family.as_ref().is_none_or(|name| family.name == name);
        let mut first = None;
        for family in Self::FAMILIES.iter().filter(is_meant) {
            match (family.open)(self, place) {
                Ok(making) => return Ok(making),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or_else(|| EngineError::Unavailable {
            what: format!("{} {}.", place.identity.name, Self::NOT_HERE),
        }))
    }

    /// The sketch. A note says why it stands in for a model, which every result repeats.
    fn sketch(&self, note: Option<String>) -> MakerOf<Self>;

    /// What to do for a repository that no card describes, a clause.
    fn fetching(repository: &str) -> String {
        format!("fetch it with the hub's own tools (hf download {repository})")
    }

    /// Which model the configuration chooses.
    fn wanted(&self, config: &Config) -> ModelChoice {
        config.service(Self::SERVICE).model.clone()
    }

    /// Which of the installed models works where none is named, in the order of their cards; there is one
    /// at least.
    fn best(&self, found: Vec<MakerOf<Self>>) -> Option<MakerOf<Self>> {
        found.into_iter().next()
    }
}

/// A family of models: networks of one shape, whatever their weights and their size.
pub(crate) struct Family<M: LocalMakers + ?Sized> {
    /// As cards call it.
    pub(crate) name: &'static str,
    /// An engine of a model of it, of which only the heads of files are read; fails where the files are not
    /// those of such a model.
    pub(crate) open: Open<M>,
}

/// As [`Family::open`].
pub(crate) type Open<M> = fn(&M, &ModelPlace) -> Result<MakerOf<M>, EngineError>;

impl<M: LocalMakers + ?Sized> Family<M> {
    /// Whether a card is of a family that is loaded here for this service.
    pub(crate) fn has(card: &Card) -> bool {
        card.service == M::SERVICE && M::FAMILIES.iter().any(|family| family.name == card.family)
    }
}

/// The maker of an engine, its memory in `workers` and everything else there left to the chooser.
pub(crate) type MakerOf<M> = Making<<M as LocalMakers>::Engine, <M as LocalMakers>::Facts>;

/// What a maker says of its engine.
pub(crate) struct Making<E: ?Sized, F> {
    pub(crate) info: EngineInfo,
    pub(crate) memory_bytes: u64,
    pub(crate) facts: F,
    pub(crate) load: Box<Load<E>>,
}

/// Chooses between the makers of a service, for [`songwright_engine::EnginePlace`].
pub(crate) struct Chooser<M> {
    pub(crate) makers: M,
    pub(crate) config: Config,
    /// How an engine of this service is kept.
    pub(crate) workers: WorkersConfig,
}

/// What the configuration comes to, as things stand.
enum Choice {
    Sketch,
    /// One that was named, or why it cannot be had.
    Named(Result<Found, Absent>),
    /// All that are installed.
    Installed(Vec<Result<Found, Damage>>),
}

/// A model that is here.
pub(crate) struct Found {
    place: ModelPlace,
    /// Another one for other files, and for the same that were written since.
    key: String,
}

/// A model that is here and cannot be used.
struct Damage {
    title: String,
    why: String,
}

impl<M: LocalMakers> Chooser<M> {
    /// As [`songwright_engine::Choose`].
    ///
    /// # Errors
    /// Where a list of models cannot be read.
    pub(crate) fn choose(&self, current: Option<&str>) -> Chosen<M::Engine, M::Facts> {
        let choice = self.choice()?;
        let key = choice.key();
        if current == Some(key.as_str()) {
            return Ok(None);
        }
        let (making, is_model) = self.making(choice);
        Ok(Some(Maker {
            key,
            info: making.info,
            workers: WorkersConfig {
                // A model fills the device.
                threads: if is_model { 1 } else { self.workers.threads },
                memory_bytes: making.memory_bytes,
                ..self.workers.clone()
            },
            facts: making.facts,
            load: making.load,
        }))
    }

    fn choice(&self) -> Result<Choice, EngineError> {
        let wanted = self.makers.wanted(&self.config);
        if wanted == ModelChoice::Sketch {
            return Ok(Choice::Sketch);
        }
        let hub = Hub::open(&self.config.data_dir)?;
        match wanted {
            ModelChoice::Named(name) => Ok(Choice::Named(named::<M>(&hub, &name)?)),
            _ => Ok(Choice::Installed(Self::installed(&hub)?)),
        }
    }

    fn installed(hub: &Hub) -> Result<Vec<Result<Found, Damage>>, EngineError> {
        let mut all = Vec::new();
        for card in &hub.catalogue()?.cards {
            if !Family::<M>::has(card) {
                continue;
            }
            match hub.installed(card, None) {
                Ok(installed) => all.push(Ok(Found::of(card, &installed))),
                Err(HubError::NotInstalled { .. }) => {}
                Err(error) => all.push(Err(Damage {
                    title: card.title.clone(),
                    why: error.to_string(),
                })),
            }
        }
        Ok(all)
    }

    /// The chosen one, and whether it is a model.
    fn making(&self, choice: Choice) -> (MakerOf<M>, bool) {
        match choice {
            Choice::Sketch => (self.makers.sketch(None), false),
            Choice::Named(found) => {
                let found = found.and_then(|found| {
                    let made = self.makers.model(&found.place);
                    made.map_err(|error| Absent::new(error.to_string()))
                });
                match found {
                    Ok(making) => (making, true),
                    // It was asked for by name: every request says why it cannot be had.
                    Err(absent) => (self.unavailable(absent), false),
                }
            }
            Choice::Installed(all) => {
                let (mut usable, mut damage) = (Vec::new(), None);
                for found in all {
                    let made = found.and_then(|found| {
                        self.makers.model(&found.place).map_err(|error| Damage {
                            title: found.place.identity.name,
                            why: error.to_string(),
                        })
                    });
                    match made {
                        Ok(making) => usable.push(making),
                        Err(found) => damage = Some(found),
                    }
                }
                if let Some(making) = self.makers.best(usable) {
                    return (making, true);
                }
                let note = damage.map(|Damage { title, why }| {
                    let does = M::STANDS_IN;
                    format!("The built-in sketch {does}, because {title} cannot be used: {why}")
                });
                if let Some(note) = &note {
                    tracing::warn!("{note}");
                }
                (self.makers.sketch(note), false)
            }
        }
    }

    fn unavailable(&self, absent: Absent) -> MakerOf<M> {
        tracing::warn!("{absent}");
        Making {
            load: Box::new(move |_, _| Err(absent.error())),
            ..self.makers.sketch(None)
        }
    }
}

impl Choice {
    /// Tells one state of things from another, at the cost of looking at files.
    fn key(&self) -> String {
        let of = |found: &Result<Found, Absent>| match found {
            Ok(found) => found.key.clone(),
            Err(why) => format!("none: {why}"),
        };
        match self {
            Self::Sketch => "sketch".to_owned(),
            Self::Named(found) => of(found),
            Self::Installed(all) => {
                let keys = all.iter().map(|found| match found {
                    Ok(found) => found.key.clone(),
                    Err(Damage { title, why }) => format!("{title}: {why}"),
                });
                let keys: Vec<String> = keys.collect();
                format!("installed:\n{}", keys.join("\n"))
            }
        }
    }
}

impl Found {
    pub(crate) fn of(card: &Card, installed: &Installed) -> Self {
        let files = installed.files().iter().map(|file| {
            let digest = file.digest.map(|digest| digest.to_string());
            format!(
                "{} {} {} {}",
                file.location.display(),
                file.bytes,
                file.is_verified,
                digest.unwrap_or_default()
            )
        });
        let files: Vec<String> = files.collect();
        Self {
            place: ModelPlace::installed(card, installed),
            key: format!(
                "{} {}\n{}",
                installed.id,
                installed.variant,
                files.join("\n")
            ),
        }
    }

    pub(crate) fn at(name: &str, path: PathBuf) -> Self {
        Self {
            key: format!("{name}\n{}", written(&path)),
            place: ModelPlace::own(name, path),
        }
    }
}

/// When, and how long, the files of a folder, or a file, were written.
fn written(path: &Path) -> String {
    let mut all: Vec<(PathBuf, u64, Option<SystemTime>)> = Vec::new();
    let mut look = |path: PathBuf| {
        if let Ok(found) = fs::metadata(&path) {
            all.push((path, found.len(), found.modified().ok()));
        }
    };
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| look(entry.path())),
        Err(_) => look(path.to_path_buf()),
    }
    all.sort();
    format!("{all:?}")
}

#[cfg(test)]
mod tests;
