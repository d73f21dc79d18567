//! Which artist draws the cover: an installed model where there is one, else the built-in sketch.

use std::path::PathBuf;

use songwright_base::{
    EngineError, EngineInfo, Observer, Service,
    config::{Config, ModelChoice},
};
use songwright_cover::{
    Cover, CoverArtist, CoverParams,
    sdxl::{Checkpoint, Identity, SdxlArtist},
};
use songwright_hub::{Card, Error as HubError, Hub};
use songwright_nn::device;
use songwright_sketch::cover::SketchArtist;

/// The sketch artist takes next to nothing.
const SKETCH_BYTES: u64 = 8 << 20;

type Load = Box<dyn Fn() -> Result<Box<dyn CoverArtist>, EngineError> + Send + Sync>;

/// An artist of this process, before it is loaded.
pub(crate) struct LocalArtist {
    pub(crate) info: EngineInfo,
    pub(crate) memory_bytes: u64,
    /// Whether one engine serves all requests, because it fills the device.
    pub(crate) is_single: bool,
    pub(crate) load: Load,
}

impl LocalArtist {
    /// As the configuration chooses: a model by its name, the sketch, or of the installed models the first
    /// that this program can load.
    ///
    /// # Errors
    /// Where a list of models cannot be read.
    pub(crate) fn choose(config: &Config) -> Result<Self, EngineError> {
        let hub = Hub::open(&config.data_dir)?;
        match &config.service(Service::Image).model {
            ModelChoice::Sketch => Ok(Self::sketch(None)),
            ModelChoice::Named(id) => Ok(Self::named(config, &hub, id)),
            ModelChoice::Auto => Self::first_installed(config, &hub),
        }
    }

    fn first_installed(config: &Config, hub: &Hub) -> Result<Self, EngineError> {
        let mut damage = None;
        for card in &hub.catalogue()?.cards {
            if !is_sdxl(card) {
                continue;
            }
            match Self::model(config, hub, card) {
                Ok(artist) => return Ok(artist),
                Err(Failed::Absent) => {}
                Err(Failed::Broken(why)) => {
                    tracing::warn!(model = %card.id, %why, "the built-in sketch draws the covers");
                    damage = Some(format!(
                        "The built-in sketch drew this cover, because {} cannot be used: {why}",
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
                if !is_sdxl(&card) {
                    return Err(format!("{} draws no covers here.", card.title));
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

    /// The first of a card's variants that is installed.
    fn model(config: &Config, hub: &Hub, card: &Card) -> Result<Self, Failed> {
        let mut found = None;
        for variant in card.variants() {
            match hub.installed(card, Some(variant.name.as_str())) {
                Ok(installed) => {
                    found = Some(installed);
                    break;
                }
                Err(HubError::NotInstalled { .. }) => {}
                Err(error) => return Err(Failed::Broken(error.to_string())),
            }
        }
        let Some(installed) = found else {
            return Err(Failed::Absent);
        };
        let folders: Vec<PathBuf> = installed
            .folders()
            .into_iter()
            .map(std::path::Path::to_path_buf)
            .collect();
        let licence = &card.licence;
        let identity = Identity {
            name: card.title.clone(),
            model_id: card.id.to_string(),
            licence: licence.id.clone(),
            terms: licence.must_accept.then(|| {
                let what = licence.summary.clone().unwrap_or_default();
                format!("Made with {}. {what} {}", card.title, licence.url)
            }),
        };
        Self::sdxl(folders, identity, config).map_err(|error| Failed::Broken(error.to_string()))
    }

    fn sdxl(
        folders: Vec<PathBuf>,
        identity: Identity,
        config: &Config,
    ) -> Result<Self, EngineError> {
        let budget_bytes = config.memory_budget_bytes;
        let open = move || -> Result<SdxlArtist, EngineError> {
            let checkpoint = Checkpoint::open(&folders)?;
            let device = device::best();
            Ok(SdxlArtist::new(
                checkpoint,
                identity.clone(),
                device,
                budget_bytes,
            )?)
        };
        let artist = open()?;
        Ok(Self {
            info: artist.info(),
            memory_bytes: artist.memory_bytes(),
            is_single: true,
            load: Box::new(move || Ok(Box::new(open()?))),
        })
    }

    fn sketch(note: Option<String>) -> Self {
        Self {
            info: SketchArtist::new().info(),
            memory_bytes: SKETCH_BYTES,
            is_single: false,
            load: Box::new(move || {
                let sketch = SketchArtist::new();
                Ok(match note.clone() {
                    Some(note) => Box::new(Noted { sketch, note }) as Box<dyn CoverArtist>,
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

/// Whether a card is of the family that this program draws with.
fn is_sdxl(card: &Card) -> bool {
    card.service == Service::Image && card.family == "sdxl"
}

/// The sketch in place of a model that cannot be used, which every result says.
struct Noted {
    sketch: SketchArtist,
    note: String,
}

impl CoverArtist for Noted {
    fn info(&self) -> EngineInfo {
        self.sketch.info()
    }

    fn draw(
        &mut self,
        params: &CoverParams,
        observer: &dyn Observer,
    ) -> Result<Cover, EngineError> {
        let mut made = self.sketch.draw(params, observer)?;
        made.notes.push(self.note.clone());
        Ok(made)
    }
}
