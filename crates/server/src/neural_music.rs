//! Which composer makes the music: an installed model where there is one, else the built-in sketch.

use std::path::PathBuf;

use songwright_base::{
    EngineError, EngineInfo, Observer, Service,
    config::{Config, ModelChoice},
};
use songwright_hub::{Card, Error as HubError, Hub};
use songwright_music::{
    Composer, Composition, MusicParams,
    ace_step::{AceStepComposer, AdapterFolder, Checkpoint, Identity},
};
use songwright_nn::device;
use songwright_sketch::music::SketchComposer;

/// What the sketch composer's SoundFont takes, decoded.
const SKETCH_BYTES: u64 = 80 << 20;

type Load = Box<dyn Fn() -> Result<Box<dyn Composer>, EngineError> + Send + Sync>;

/// A composer of this process, before it is loaded.
pub(crate) struct LocalComposer {
    pub(crate) info: EngineInfo,
    pub(crate) memory_bytes: u64,
    /// Whether one engine serves all requests, because it fills the device.
    pub(crate) is_single: bool,
    pub(crate) load: Load,
}

impl LocalComposer {
    /// As the configuration chooses: a model by its name, the sketch, or of the installed models the
    /// first that this program can load.
    ///
    /// # Errors
    /// Where a list of models cannot be read.
    pub(crate) fn choose(config: &Config) -> Result<Self, EngineError> {
        let hub = Hub::open(&config.data_dir)?;
        match &config.service(Service::Music).model {
            ModelChoice::Sketch => Ok(Self::sketch(None)),
            ModelChoice::Named(id) => Ok(Self::named(config, &hub, id)),
            ModelChoice::Auto => Self::first_installed(config, &hub),
        }
    }

    fn first_installed(config: &Config, hub: &Hub) -> Result<Self, EngineError> {
        let mut damage = None;
        for card in &hub.catalogue()?.cards {
            if card.service != Service::Music || Family::of(card).is_none() {
                continue;
            }
            match Self::model(config, hub, card) {
                Ok(composer) => return Ok(composer),
                Err(Failed::Absent) => {}
                Err(Failed::Broken(why)) => {
                    tracing::warn!(model = %card.id, %why, "the built-in sketch makes the music");
                    damage = Some(format!(
                        "The built-in sketch made this music, because {} cannot be used: {why}",
                        card.title
                    ));
                }
            }
        }
        Ok(Self::sketch(damage))
    }

    /// A model that was asked for by name. Where it cannot be had, every request says why.
    fn named(config: &Config, hub: &Hub, id: &str) -> Self {
        let found = hub
            .card(id)
            .map_err(|error| error.to_string())
            .and_then(|card| {
                if Family::of(&card).is_none() {
                    return Err(format!("{} makes no music here.", card.title));
                }
                Self::model(config, hub, &card).map_err(|failed| match failed {
                    Failed::Absent => hub
                        .installed(&card, None)
                        .err()
                        .map_or_else(String::new, |error| error.to_string()),
                    Failed::Broken(why) => why,
                })
            });
        found.unwrap_or_else(|what| Self {
            load: Box::new(move || Err(EngineError::Unavailable { what: what.clone() })),
            ..Self::sketch(None)
        })
    }

    fn model(config: &Config, hub: &Hub, card: &Card) -> Result<Self, Failed> {
        let Some(family) = Family::of(card) else {
            return Err(Failed::Absent);
        };
        let installed = match hub.installed(card, None) {
            Ok(installed) => installed,
            Err(HubError::NotInstalled { .. }) => return Err(Failed::Absent),
            Err(error) => return Err(Failed::Broken(error.to_string())),
        };
        let Some(folder) = installed
            .folders()
            .first()
            .map(|folder| folder.to_path_buf())
        else {
            return Err(Failed::Absent);
        };
        let identity = Identity {
            name: card.title.clone(),
            model_id: card.id.to_string(),
            licence: card.licence.id.clone(),
        };
        family
            .composer(folder, identity, config)
            .map_err(|error| Failed::Broken(error.to_string()))
    }

    fn sketch(note: Option<String>) -> Self {
        Self {
            info: SketchComposer::new().info(),
            memory_bytes: SKETCH_BYTES,
            is_single: false,
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

/// Why a model was passed over.
enum Failed {
    Absent,
    Broken(String),
}

/// The families of models that this program can load.
#[derive(Clone, Copy)]
enum Family {
    AceStepV1,
}

impl Family {
    fn of(card: &Card) -> Option<Self> {
        (card.family == "ace-step-v1").then_some(Self::AceStepV1)
    }

    fn composer(
        self,
        folder: PathBuf,
        identity: Identity,
        config: &Config,
    ) -> Result<LocalComposer, EngineError> {
        match self {
            Self::AceStepV1 => {
                let budget_bytes = config.memory_budget_bytes;
                let adapters = AdapterFolder::at(&config.data_dir.join("adapters/ace-step-v1"));
                let open = move || -> Result<AceStepComposer, EngineError> {
                    let checkpoint = Checkpoint::open(folder.clone())?;
                    let identity = identity.clone();
                    let device = device::best();
                    let composer =
                        AceStepComposer::new(checkpoint, identity, device, budget_bytes)?;
                    Ok(composer.with_adapters(adapters.clone()))
                };
                let composer = open()?;
                Ok(LocalComposer {
                    info: composer.info(),
                    memory_bytes: composer.memory_bytes(),
                    is_single: true,
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
