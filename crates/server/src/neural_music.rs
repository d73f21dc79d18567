//! Which composer makes the music.

use songwright_base::{EngineError, Observer, Service};
use songwright_music::{
    Composer, ComposerFacts, Composition, MusicParams,
    ace_step::{AceStepComposer, AdapterFolder, Checkpoint},
};
use songwright_nn::device;
use songwright_sketch::music::SketchComposer;

use crate::{
    adapters,
    local_makers::{Family, LocalMakers, MakerOf, Making},
    model_place::ModelPlace,
};

/// The sketch, and ACE-Step v1.
pub(crate) struct LocalComposers {
    pub(crate) budget_bytes: u64,
    pub(crate) adapters: AdapterFolder,
}

impl LocalComposers {
    /// ACE-Step v1.
    fn ace_step_v1(&self, place: &ModelPlace) -> Result<MakerOf<Self>, EngineError> {
        let folder = place.folder().to_path_buf();
        let identity = place.identity.clone();
        let (adapters, budget_bytes) = (self.adapters.clone(), self.budget_bytes);
        let open = move || -> Result<AceStepComposer, EngineError> {
            let checkpoint = Checkpoint::open(folder.clone())?;
            let device = device::best();
            let composer = AceStepComposer::new(checkpoint, &identity, device, budget_bytes)?;
            Ok(composer.with_adapters(adapters.clone()))
        };
        let composer = open()?;
        Ok(Making {
            info: composer.info(),
            memory_bytes: composer.memory_bytes(),
            facts: Box::new(composer.facts()),
            load: Box::new(move |booking, _| Ok(Box::new(open()?.with_booking(booking.clone())))),
        })
    }
}

impl LocalMakers for LocalComposers {
    type Engine = dyn Composer;
    type Facts = Box<dyn ComposerFacts>;

    const SERVICE: Service = Service::Music;
    const FAMILIES: &'static [Family<Self>] = &[Family {
        name: adapters::ACE_STEP_V1,
        open: Self::ace_step_v1,
    }];
    const NOT_HERE: &'static str = "makes no music here";
    const STANDS_IN: &'static str = "made this music";

    fn sketch(&self, note: Option<String>) -> MakerOf<Self> {
        Making {
            info: SketchComposer::new().info(),
            memory_bytes: SketchComposer::FACTS.bytes,
            facts: Box::new(SketchComposer::FACTS),
            load: Box::new(move |_, _| {
                let sketch = SketchComposer::new();
                Ok(match note.clone() {
                    Some(note) => Box::new(Noted { sketch, note }) as Box<dyn Composer>,
                    None => Box::new(sketch),
                })
            }),
        }
    }
}

/// The sketch in place of a model that cannot be used, which every result says.
struct Noted {
    sketch: SketchComposer,
    note: String,
}

impl Composer for Noted {
    fn info(&self) -> songwright_base::EngineInfo {
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
