//! Which composer makes the music: an installed model where there is one, else the built-in sketch.

use std::path::PathBuf;

use songwright_base::{
    EngineError, EngineInfo, Observer, Service,
    config::{Config, ModelChoice},
};
use songwright_engine::WorkersConfig;
use songwright_hub::{Card, Error as HubError, Hub, Installed};
use songwright_music::{
    Composer, Composition, Maker, MusicParams,
    ace_step::{AceStepComposer, AdapterFolder, Checkpoint, Identity},
};
use songwright_nn::device;
use songwright_sketch::music::SketchComposer;

use crate::adapters;

/// What the sketch composer's SoundFont takes, decoded.
const SKETCH_BYTES: u64 = 80 << 20;
/// What the sketch's key starts with; why it is the sketch follows, where something is wrong.
const SKETCH: &str = "sketch: ";

/// Who makes the music of this process, as the configuration chooses: a model by its name, the sketch,
/// or of the installed models the first that this program can load. What looks for them is told the key
/// of who composes already, and finds nobody where that is right.
pub(crate) struct LocalMusic {
    pub(crate) config: Config,
    /// How an engine of this service is kept.
    pub(crate) workers: WorkersConfig,
}

/// Why a model was passed over.
enum Failed {
    Absent,
    Broken(String),
}

impl LocalMusic {
    /// As [`songwright_music::Choose`].
    ///
    /// # Errors
    /// Where a list of models cannot be read.
    pub(crate) fn choose(&self, current: Option<&str>) -> Result<Option<Maker>, EngineError> {
        let found = match &self.config.service(Service::Music).model {
            ModelChoice::Sketch => Some(self.sketch(None)),
            ModelChoice::Named(id) => self.named(&self.hub()?, id, current),
            ModelChoice::Auto => self.first_installed(&self.hub()?, current)?,
        };
        let Some(maker) = found else {
            return Ok(None);
        };
        if current == Some(maker.key.as_str()) {
            return Ok(None);
        }
        if let Some(why) = maker.key.strip_prefix(SKETCH).filter(|why| !why.is_empty()) {
            tracing::warn!("{why}");
        }
        Ok(Some(maker))
    }

    fn hub(&self) -> Result<Hub, EngineError> {
        Ok(Hub::open(&self.config.data_dir)?)
    }

    fn first_installed(
        &self,
        hub: &Hub,
        current: Option<&str>,
    ) -> Result<Option<Maker>, EngineError> {
        let mut damage = None;
        for card in &hub.catalogue()?.cards {
            if card.service != Service::Music || Family::of(card).is_none() {
                continue;
            }
            match self.model(hub, card, current) {
                Ok(found) => return Ok(found),
                Err(Failed::Absent) => {}
                Err(Failed::Broken(why)) => {
                    damage = Some(format!(
                        "The built-in sketch made this music, because {} cannot be used: {why}",
                        card.title
                    ));
                }
            }
        }
        Ok(Some(self.sketch(damage)))
    }

    /// A model that was asked for by name. Where it cannot be had, every request says why.
    fn named(&self, hub: &Hub, id: &str, current: Option<&str>) -> Option<Maker> {
        let found = hub
            .card(id)
            .map_err(|error| error.to_string())
            .and_then(|card| {
                if Family::of(&card).is_none() {
                    return Err(format!("{} makes no music here.", card.title));
                }
                self.model(hub, &card, current)
                    .map_err(|failed| match failed {
                        Failed::Absent => hub
                            .installed(&card, None)
                            .err()
                            .map_or_else(String::new, |error| error.to_string()),
                        Failed::Broken(why) => why,
                    })
            });
        found.unwrap_or_else(|what| {
            Some(Maker {
                key: format!("none: {what}"),
                load: Box::new(move || Err(EngineError::Unavailable { what: what.clone() })),
                ..self.sketch(None)
            })
        })
    }

    fn model(
        &self,
        hub: &Hub,
        card: &Card,
        current: Option<&str>,
    ) -> Result<Option<Maker>, Failed> {
        let Some(family) = Family::of(card) else {
            return Err(Failed::Absent);
        };
        let installed = match hub.installed(card, None) {
            Ok(installed) => installed,
            Err(HubError::NotInstalled { .. }) => return Err(Failed::Absent),
            Err(error) => return Err(Failed::Broken(error.to_string())),
        };
        let key = key(&installed);
        if current == Some(key.as_str()) {
            return Ok(None);
        }
        let Some(folder) = installed.folders().first().map(|path| path.to_path_buf()) else {
            return Err(Failed::Absent);
        };
        let identity = Identity {
            name: card.title.clone(),
            model_id: card.id.to_string(),
            licence: card.licence.id.clone(),
            digest: digest(&installed),
        };
        let made = family.maker(&self.config, folder, identity);
        let maker = made.map_err(|error| Failed::Broken(error.to_string()))?;
        Ok(Some(Maker {
            key,
            workers: WorkersConfig {
                // It fills the device.
                threads: 1,
                memory_bytes: maker.workers.memory_bytes,
                ..self.workers.clone()
            },
            ..maker
        }))
    }

    fn sketch(&self, note: Option<String>) -> Maker {
        Maker {
            key: format!("{SKETCH}{}", note.as_deref().unwrap_or_default()),
            info: SketchComposer::new().info(),
            workers: WorkersConfig {
                memory_bytes: SKETCH_BYTES,
                ..self.workers.clone()
            },
            bytes_for: Box::new(|_| SKETCH_BYTES),
            load: Box::new(move || {
                let sketch = SketchComposer::new();
                Ok(match note.clone() {
                    Some(note) => Box::new(Noted { sketch, note }) as Box<dyn Composer>,
                    None => Box::new(sketch),
                })
            }),
        }
    }
}

/// Another one for other files, and for the same that were written since.
fn key(installed: &Installed) -> String {
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
    format!(
        "{} {}\n{}",
        installed.id,
        installed.variant,
        files.join("\n")
    )
}

/// The start of the digest of its largest file, where its bytes are known to have it.
fn digest(installed: &Installed) -> Option<String> {
    let largest = installed.files().iter().max_by_key(|file| file.bytes)?;
    let digest = largest.digest.filter(|_| largest.is_verified)?.to_string();
    digest.get(..8).map(str::to_owned)
}

/// The families of models that this program can load.
#[derive(Clone, Copy)]
enum Family {
    AceStepV1,
}

impl Family {
    fn of(card: &Card) -> Option<Self> {
        (card.family == adapters::ACE_STEP_V1).then_some(Self::AceStepV1)
    }

    /// Of a model in a folder; how its engine is kept is the caller's to say.
    fn maker(
        self,
        config: &Config,
        folder: PathBuf,
        identity: Identity,
    ) -> Result<Maker, EngineError> {
        match self {
            Self::AceStepV1 => {
                let budget_bytes = config.memory_budget_bytes;
                let adapters = AdapterFolder::at(&adapters::folder(&config.data_dir));
                let open = move || -> Result<AceStepComposer, EngineError> {
                    let checkpoint = Checkpoint::open(folder.clone())?;
                    let identity = identity.clone();
                    let device = device::best();
                    let composer =
                        AceStepComposer::new(checkpoint, identity, device, budget_bytes)?;
                    Ok(composer.with_adapters(adapters.clone()))
                };
                let composer = open()?;
                let needs = composer.needs();
                Ok(Maker {
                    key: String::new(),
                    info: composer.info(),
                    workers: WorkersConfig {
                        name: Service::Music.word(),
                        threads: 1,
                        idle: config.service(Service::Music).scaledown_window,
                        memory_bytes: composer.memory_bytes(),
                    },
                    bytes_for: Box::new(move |duration_s| needs.bytes_for(duration_s)),
                    load: Box::new(move || Ok(Box::new(open()?))),
                })
            }
        }
    }
}

/// The sketch in place of a model that cannot be used, which every result says.
struct Noted {
    sketch: SketchComposer,
    note: String,
}

impl Composer for Noted {
    fn info(&self) -> EngineInfo {
        self.sketch.info()
    }

    fn compose(
        &mut self,
        params: &MusicParams,
        observer: &dyn Observer,
    ) -> Result<Composition, EngineError> {
        let mut made = self.sketch.compose(params, observer)?;
        made.facts.notes.push(self.note.clone());
        Ok(made)
    }
}
