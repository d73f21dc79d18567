use candle_core::Device;
use songwright_base::{EngineError, EngineInfo, ModelIdentity, Observer};
use songwright_nn::device;

use super::{
    Error,
    checkpoint::{Checkpoint, Part},
    networks::Networks,
    plan::{Plan, Sizes},
    prompt::Words,
    run::{Made, Run},
};
use crate::{Cover, CoverArtist, CoverParams, letter};

/// SDXL, distilled to a few steps, as a cover artist.
pub struct SdxlArtist {
    networks: Networks,
    plan: Plan,
    sizes: Sizes,
    budget_bytes: u64,
    info: EngineInfo,
    terms: Option<String>,
}

impl SdxlArtist {
    /// Of a checkpoint that was opened, on a device, within `budget_bytes`. Networks are loaded when they are
    /// first needed.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where the tokenizer cannot be read.
    pub fn new(
        checkpoint: Checkpoint,
        identity: &ModelIdentity,
        device: Device,
        budget_bytes: u64,
    ) -> Result<Self, Error> {
        let sizes = Sizes::of(&checkpoint)?;
        let plan = Plan::of(&device, sizes, budget_bytes);
        Ok(Self {
            info: identity.engine(
                &device::precision(plan.dtype, plan.blocks),
                device::word(&device),
            ),
            networks: Networks::new(checkpoint, device)?,
            plan,
            sizes,
            budget_bytes,
            terms: None,
        })
    }

    /// The same with what has to be said of every picture, where the licence asks for it.
    #[must_use]
    pub fn with_terms(self, terms: Option<String>) -> Self {
        Self { terms, ..self }
    }

    /// What it does to fit.
    #[must_use]
    pub fn plan(&self) -> Plan {
        self.plan
    }

    /// What it takes at its fullest, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.plan.bytes(self.sizes)
    }

    fn attempt(
        &mut self,
        plan: Plan,
        params: &CoverParams,
        observer: &dyn Observer,
    ) -> Result<Made, Error> {
        let run = Run {
            networks: &mut self.networks,
            plan,
            params,
            words: &Words::of(params),
            observer,
        };
        run.draw()
    }

    /// Once more, where memory ran out or numbers did.
    fn made(&mut self, params: &CoverParams, observer: &dyn Observer) -> Result<Made, Error> {
        let first = match self.attempt(self.plan, params, observer) {
            Err(error) if error.is_out_of_memory() || matches!(error, Error::NotFinite) => error,
            other => return other,
        };
        self.networks.clear();
        if first.is_out_of_memory() {
            let Some(smaller) = self.plan.smaller() else {
                return Err(first);
            };
            tracing::warn!(%first, "out of memory: once more with a smaller plan");
            self.plan = smaller;
            return self.attempt(smaller, params, observer);
        }
        let Some(exact) = self.plan.exact() else {
            return Err(first);
        };
        tracing::warn!(%first, "once more in full precision");
        let made = self.attempt(exact, params, observer);
        self.networks.clear();
        let mut made = made?;
        made.notes.push(
            "The model's first result was no picture; this one was drawn in full precision."
                .to_owned(),
        );
        Ok(made)
    }
}

impl Sizes {
    fn of(checkpoint: &Checkpoint) -> Result<Self, Error> {
        let all = |part| -> Result<u64, Error> {
            let (others, matrices) = checkpoint.parameters(part)?;
            Ok(others + matrices)
        };
        let (convolutions, matrices) = checkpoint.parameters(Part::Unet)?;
        Ok(Self {
            text: all(Part::FirstText)? + all(Part::SecondText)?,
            matrices,
            convolutions,
            vae: all(Part::Vae)? + all(Part::Tiny)?,
        })
    }
}

impl CoverArtist for SdxlArtist {
    fn info(&self) -> EngineInfo {
        self.info.clone()
    }

    fn draw(
        &mut self,
        params: &CoverParams,
        observer: &dyn Observer,
    ) -> Result<Cover, EngineError> {
        let made = self.made(params, observer);
        let made = made.map_err(|error| {
            if error.is_out_of_memory() {
                self.networks.clear();
                return EngineError::OutOfMemory {
                    needed_mib: self.plan.bytes(self.sizes) >> 20,
                    available_mib: self.budget_bytes >> 20,
                };
            }
            EngineError::from(error)
        })?;
        let steps = made.steps;
        let plural = if steps == 1 { "step" } else { "steps" };
        let mut notes = made.notes;
        let words = params.lettering(false);
        let lettered = words.map(|words| letter(&made.image, words, &params.style));
        let lettered = lettered.transpose()?.flatten();
        if words.is_some() && lettered.is_none() {
            notes.push(
                "No font here has the letters of the title: it is not on the cover.".to_owned(),
            );
        }
        notes.extend(self.terms.clone());
        Ok(Cover {
            lettered: lettered.is_some(),
            image: lettered.unwrap_or(made.image),
            label: format!("{}, {steps} {plural}", self.info.name),
            parameters: params.told(&self.info),
            engine: self.info.clone(),
            notes,
        })
    }
}
