//! Which lyricist writes the words: an installed language model where there is one, else the built-in
//! sketch.

use std::path::{Path, PathBuf};

use songwright_base::{
    EngineError, EngineInfo, LyricSheet, Observer, Service,
    config::{Config, ModelChoice},
};
use songwright_hub::{Card, Error as HubError, Hub, Installed};
use songwright_lyrics::{
    Categories, CategoriesParams, Lyricist, LyricsParams, PromptParams, TagsPrompt, TitleParams,
    qwen::{Checkpoint, Identity, Plan, QwenLyricist},
};
use songwright_nn::device;
use songwright_sketch::lyrics::SketchLyricist;

/// The sketch of words takes next to nothing.
const SKETCH_BYTES: u64 = 8 << 20;
/// The family of cards that this program can load.
const FAMILY: &str = "qwen";

type Load = Box<dyn Fn() -> Result<Box<dyn Lyricist>, EngineError> + Send + Sync>;

/// A lyricist of this process, before it is loaded.
pub(crate) struct LocalLyricist {
    pub(crate) info: EngineInfo,
    pub(crate) memory_bytes: u64,
    /// Whether one engine serves all requests, because it fills the device.
    pub(crate) is_single: bool,
    pub(crate) load: Load,
}

/// Why a model was passed over.
enum Failed {
    Absent(HubError),
    Broken(String),
}

impl LocalLyricist {
    /// As `LLM_MODEL_ID` or the configuration chooses: a model by its name, a repository that is in the
    /// hub's cache, a folder or a GGUF file; the sketch; or of the installed models the first that fits.
    ///
    /// # Errors
    /// Where a list of models cannot be read.
    pub(crate) fn choose(config: &Config) -> Result<Self, EngineError> {
        let hub = Hub::open(&config.data_dir)?;
        match (&config.service(Service::Lyrics).model, &config.llm_model_id) {
            (ModelChoice::Sketch, _) => Ok(Self::sketch(None)),
            (ModelChoice::Named(name), _) | (ModelChoice::Auto, Some(name)) => {
                Ok(Self::named(config, &hub, name))
            }
            (ModelChoice::Auto, None) => Self::first_fitting(config, &hub),
        }
    }

    /// Of the installed models the largest that fits, else the smallest.
    fn first_fitting(config: &Config, hub: &Hub) -> Result<Self, EngineError> {
        let (mut damage, mut found) = (None, Vec::new());
        for card in &hub.catalogue()?.cards {
            if card.service != Service::Lyrics || card.family != FAMILY {
                continue;
            }
            match Self::installed(config, hub, card) {
                Ok(lyricist) => found.push(lyricist),
                Err(Failed::Absent(_)) => {}
                Err(Failed::Broken(why)) => {
                    tracing::warn!(model = %card.id, %why, "passed over");
                    damage = Some(format!(
                        "The built-in sketch writes the words, because {} cannot be used: {why}",
                        card.title
                    ));
                }
            }
        }
        found.sort_by_key(|lyricist| lyricist.memory_bytes);
        let fitting = found
            .iter()
            .rposition(|lyricist| lyricist.memory_bytes <= config.memory_budget_bytes);
        if found.is_empty() {
            return Ok(Self::sketch(damage));
        }
        Ok(found.swap_remove(fitting.unwrap_or(0)))
    }

    /// A model that was asked for by name. Where it cannot be had, every request says why.
    fn named(config: &Config, hub: &Hub, name: &str) -> Self {
        Self::by_name(config, hub, name).unwrap_or_else(|failed| {
            let what = match failed {
                Failed::Absent(error) => error.to_string(),
                Failed::Broken(why) => why,
            };
            Self {
                load: Box::new(move || Err(EngineError::Unavailable { what: what.clone() })),
                ..Self::sketch(None)
            }
        })
    }

    fn by_name(config: &Config, hub: &Hub, name: &str) -> Result<Self, Failed> {
        let path = Path::new(name);
        if path.exists() {
            return Self::at(config, path, own(name));
        }
        let catalogue = hub
            .catalogue()
            .map_err(|error| Failed::Broken(error.to_string()))?;
        let card = catalogue.cards.iter().find(|card| {
            card.id.as_str() == name
                || card.variants().iter().any(|variant| {
                    let mut files = variant.files.iter();
                    files.any(|file| file.source.repository.as_str() == name)
                })
        });
        if let Some(card) = card {
            if card.service != Service::Lyrics || card.family != FAMILY {
                return Err(Failed::Broken(format!(
                    "{} writes no words here.",
                    card.title
                )));
            }
            return Self::installed(config, hub, card);
        }
        if let Some(folder) = hub.snapshot(name) {
            return Self::at(config, &folder, own(name));
        }
        Err(Failed::Broken(format!(
            "There is no language model {name}: it is no card (songwright models list), no \
             repository that was fetched, and no file or folder here. Fetch it with the hub's own \
             tools (hf download {name}), or name one of the cards."
        )))
    }

    fn installed(config: &Config, hub: &Hub, card: &Card) -> Result<Self, Failed> {
        let installed = match hub.installed(card, None) {
            Ok(installed) => installed,
            Err(error @ HubError::NotInstalled { .. }) => return Err(Failed::Absent(error)),
            Err(error) => return Err(Failed::Broken(error.to_string())),
        };
        let identity = Identity {
            name: card.title.clone(),
            model_id: card.id.to_string(),
            licence: card.licence.id.clone(),
        };
        let Some(path) = weights_of(&installed) else {
            return Err(Failed::Broken(format!("{} has no files", card.title)));
        };
        Self::at(config, &path, identity)
    }

    fn at(config: &Config, path: &Path, identity: Identity) -> Result<Self, Failed> {
        let broken = |error: songwright_lyrics::qwen::Error| {
            Failed::Broken(EngineError::from(error).to_string())
        };
        let budget_bytes = config.memory_budget_bytes;
        let device = device::best();
        let checkpoint = Checkpoint::open(path).map_err(broken)?;
        let plan = Plan::of(&checkpoint, &device, budget_bytes).map_err(broken)?;
        let info = identity.info(&checkpoint, &device, plan);
        let path = path.to_owned();
        Ok(Self {
            info,
            memory_bytes: plan.bytes,
            is_single: true,
            load: Box::new(move || {
                // Files may have changed since; their heads are read again.
                let checkpoint = Checkpoint::open(&path)?;
                let lyricist = QwenLyricist::load(&checkpoint, &identity, &device, plan)?;
                Ok(Box::new(lyricist) as Box<dyn Lyricist>)
            }),
        })
    }

    fn sketch(note: Option<String>) -> Self {
        let mut info = SketchLyricist::new().info();
        if let Some(note) = &note {
            tracing::warn!("{note}");
            info.name = format!("{} ({note})", info.name);
        }
        let noted = info.clone();
        Self {
            info,
            memory_bytes: SKETCH_BYTES,
            is_single: false,
            load: Box::new(move || {
                Ok(Box::new(Noted {
                    sketch: SketchLyricist::new(),
                    info: noted.clone(),
                }) as Box<dyn Lyricist>)
            }),
        }
    }
}

/// A model that no card describes.
fn own(name: &str) -> Identity {
    Identity {
        name: name.to_owned(),
        model_id: name.to_owned(),
        licence: "LicenseRef-Unknown".to_owned(),
    }
}

/// The GGUF file of an installed variant, or its folder.
fn weights_of(installed: &Installed) -> Option<PathBuf> {
    let files = installed.files();
    let gguf = files
        .iter()
        .find(|file| file.path.as_str().ends_with(".gguf"));
    match gguf {
        Some(file) => Some(file.location.clone()),
        None => installed
            .folders()
            .first()
            .map(|folder| folder.to_path_buf()),
    }
}

/// The sketch, which says who it stands in for.
struct Noted {
    sketch: SketchLyricist,
    info: EngineInfo,
}

impl Lyricist for Noted {
    fn info(&self) -> EngineInfo {
        self.info.clone()
    }

    fn lyrics(
        &mut self,
        params: &LyricsParams,
        observer: &dyn Observer,
    ) -> Result<LyricSheet, EngineError> {
        self.sketch.lyrics(params, observer)
    }

    fn prompt(
        &mut self,
        params: &PromptParams,
        observer: &dyn Observer,
    ) -> Result<TagsPrompt, EngineError> {
        self.sketch.prompt(params, observer)
    }

    fn categories(
        &mut self,
        params: &CategoriesParams,
        observer: &dyn Observer,
    ) -> Result<Categories, EngineError> {
        self.sketch.categories(params, observer)
    }

    fn title(
        &mut self,
        params: &TitleParams,
        observer: &dyn Observer,
    ) -> Result<String, EngineError> {
        self.sketch.title(params, observer)
    }
}
