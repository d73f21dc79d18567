//! Which lyricist writes the words.

use std::path::{Path, PathBuf};

use songwright_base::{
    EngineError, Service,
    config::{Config, ModelChoice},
};
use songwright_lyrics::{
    Lyricist,
    qwen::{Checkpoint, Plan, QwenLyricist},
};
use songwright_nn::device;
use songwright_sketch::lyrics::SketchLyricist;

use crate::{
    local_makers::{Family, LocalMakers, MakerOf, Making},
    model_place::ModelPlace,
};

/// The family of Qwen's cards.
pub(crate) const QWEN: &str = "qwen";
/// The sketch of words takes next to nothing.
const SKETCH_BYTES: u64 = 8 << 20;

/// The sketch, and Qwen.
pub(crate) struct LocalLyricists {
    pub(crate) budget_bytes: u64,
}

impl LocalLyricists {
    /// Qwen, of a folder or a GGUF file.
    fn qwen(&self, place: &ModelPlace) -> Result<MakerOf<Self>, EngineError> {
        let (path, identity) = (weights_of(place), place.identity.clone());
        let (device, budget_bytes) = (device::best(), self.budget_bytes);
        let checkpoint = Checkpoint::open(&path)?;
        let plan = Plan::of(&checkpoint, &device, budget_bytes)?;
        Ok(Making {
            info: plan.engine(&checkpoint, &identity, &device),
            memory_bytes: plan.bytes,
            facts: (),
            load: Box::new(move |_, observer| {
                // Files may have changed since; their heads are read again.
                let checkpoint = Checkpoint::open(&path)?;
                let place = (&device, plan);
                let loaded = QwenLyricist::load(&checkpoint, &identity, place, observer);
                let lyricist = loaded.map_err(|error| {
                    if error.is_out_of_memory() {
                        EngineError::OutOfMemory {
                            needed_mib: plan.bytes >> 20,
                            available_mib: budget_bytes >> 20,
                        }
                    } else {
                        EngineError::from(error)
                    }
                })?;
                Ok(Box::new(lyricist))
            }),
        })
    }
}

impl LocalMakers for LocalLyricists {
    type Engine = dyn Lyricist;
    type Facts = ();

    const SERVICE: Service = Service::Lyrics;
    const FAMILIES: &'static [Family<Self>] = &[Family {
        name: QWEN,
        open: Self::qwen,
    }];
    const NOT_HERE: &'static str = "writes no words here";
    const STANDS_IN: &'static str = "writes the words";

    fn sketch(&self, note: Option<String>) -> MakerOf<Self> {
        let sketch = SketchLyricist::in_place_of(note);
        Making {
            info: sketch.info(),
            memory_bytes: SKETCH_BYTES,
            facts: (),
            load: Box::new(move |_, _| Ok(Box::new(sketch.clone()))),
        }
    }

    /// The hub is asked what is in it.
    fn fetching(repository: &str) -> String {
        format!("install it: songwright models install {repository}")
    }

    /// `LLM_MODEL_ID` too names one.
    fn wanted(&self, config: &Config) -> ModelChoice {
        match (&config.service(Service::Lyrics).model, &config.llm_model_id) {
            (ModelChoice::Auto, Some(name)) => ModelChoice::Named(name.clone()),
            (choice, _) => choice.clone(),
        }
    }

    /// The largest that fits, else the smallest.
    fn best(&self, mut found: Vec<MakerOf<Self>>) -> Option<MakerOf<Self>> {
        found.sort_by_key(|making| making.memory_bytes);
        let fitting = found
            .iter()
            .rposition(|making| making.memory_bytes <= self.budget_bytes);
        (!found.is_empty()).then(|| found.swap_remove(fitting.unwrap_or(0)))
    }
}

/// The GGUF file of an installed variant, or its folder.
fn weights_of(place: &ModelPlace) -> PathBuf {
    let is_gguf = |file: &&PathBuf| file.extension().is_some_and(|kind| kind == "gguf");
    let gguf = place.files.iter().find(is_gguf);
    gguf.map_or(place.folder(), |file| Path::new(file))
        .to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of models of these sizes is taken where there is room for so much.
    fn best(budget_bytes: u64, sizes: &[u64]) -> Option<u64> {
        let lyricists = LocalLyricists { budget_bytes };
        let making = |bytes: &u64| Making {
            memory_bytes: *bytes,
            ..lyricists.sketch(None)
        };
        let best = lyricists.best(sizes.iter().map(making).collect());
        best.map(|making| making.memory_bytes)
    }

    #[test]
    fn the_largest_that_fits_is_taken() {
        let sizes = [20, 5, 30, 10];
        for (budget, taken) in [
            (u64::MAX, 30),
            (30, 30),
            (29, 20),
            (20, 20),
            (19, 10),
            (10, 10),
            (9, 5),
            (5, 5),
        ] {
            assert_eq!(best(budget, &sizes), Some(taken), "{budget}");
        }
    }

    #[test]
    fn where_none_fits_the_smallest_is_taken() {
        assert_eq!(best(4, &[20, 5, 30]), Some(5));
        assert_eq!(best(0, &[30]), Some(30));
        assert_eq!(best(100, &[]), None);
    }
}
