//! Which artist draws the covers.

use songwright_base::{EngineError, EngineInfo, Observer, Service};
use songwright_cover::{
    Cover, CoverArtist, CoverParams,
    sdxl::{Checkpoint, SdxlArtist},
};
use songwright_nn::device;
use songwright_sketch::cover::SketchArtist;

use crate::{
    local_makers::{Family, LocalMakers, MakerOf, Making},
    model_place::ModelPlace,
};

/// The family of SDXL's cards.
pub(crate) const SDXL: &str = "sdxl";
/// The sketch artist takes next to nothing.
const SKETCH_BYTES: u64 = 8 << 20;

/// The sketch, and SDXL.
pub(crate) struct LocalArtists {
    pub(crate) budget_bytes: u64,
}

impl LocalArtists {
    /// SDXL and what was distilled from it.
    fn sdxl(&self, place: &ModelPlace) -> Result<MakerOf<Self>, EngineError> {
        let (folders, files) = (place.folders.clone(), place.files.clone());
        let (identity, budget_bytes) = (place.identity.clone(), self.budget_bytes);
        let (native_pixels, terms) = (place.native_pixels, place.terms.clone());
        let open = move || -> Result<SdxlArtist, EngineError> {
            let checkpoint = Checkpoint::open_own(&folders, &files)?;
            let artist = SdxlArtist::new(checkpoint, &identity, device::best(), budget_bytes)?;
            Ok(artist.with_terms(terms.clone()).with_native(native_pixels))
        };
        let artist = open()?;
        Ok(Making {
            info: artist.info(),
            memory_bytes: artist.memory_bytes(),
            facts: (),
            load: Box::new(move |booking, _| Ok(Box::new(open()?.with_booking(booking.clone())))),
        })
    }
}

impl LocalMakers for LocalArtists {
    type Engine = dyn CoverArtist;
    type Facts = ();

    const SERVICE: Service = Service::Image;
    const FAMILIES: &'static [Family<Self>] = &[Family {
        name: SDXL,
        open: Self::sdxl,
    }];
    const NOT_HERE: &'static str = "draws no covers here";
    const STANDS_IN: &'static str = "drew this cover";

    fn sketch(&self, note: Option<String>) -> MakerOf<Self> {
        Making {
            info: SketchArtist::new().info(),
            memory_bytes: SKETCH_BYTES,
            facts: (),
            load: Box::new(move |_, _| {
                let sketch = SketchArtist::new();
                Ok(match note.clone() {
                    Some(note) => Box::new(Noted { sketch, note }) as Box<dyn CoverArtist>,
                    None => Box::new(sketch),
                })
            }),
        }
    }
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
