use candle_core::Device;
use songwright_base::{EngineError, EngineInfo, ModelIdentity, Observer};
use songwright_engine::Booking;
use songwright_nn::{device, stop};

use super::{
    Error,
    adapter_folder::AdapterFolder,
    checkpoint::{Checkpoint, Part},
    facts::AceStepFacts,
    lyric_text::LyricText,
    networks::Networks,
    plan::{Attempts, Needs, Plan, Sizes},
    run::Run,
    tags::TagsTokenizer,
};
use crate::{Composer, Composition, MusicParams};

/// ACE-Step v1 as a composer.
pub struct AceStepComposer {
    networks: Networks,
    needs: Needs,
    booking: Booking,
    tags: TagsTokenizer,
    lyrics: LyricText,
    adapters: AdapterFolder,
    info: EngineInfo,
}

impl AceStepComposer {
    /// Of a checkpoint that was opened, on a device, within `budget_bytes`. Networks are loaded when
    /// they are first needed.
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
        let plan = Plan::of(&device, sizes, budget_bytes, checkpoint.stored_blocks());
        Ok(Self {
            tags: TagsTokenizer::open(checkpoint.tokenizer())?,
            lyrics: LyricText::new()?,
            adapters: AdapterFolder::default(),
            info: identity.engine(
                &device::precision(plan.dtype, plan.blocks),
                device::word(&device),
            ),
            networks: Networks::new(checkpoint, device),
            booking: Booking::alone(budget_bytes, plan.bytes(sizes)),
            needs: Needs {
                plan,
                sizes,
                budget_bytes,
            },
        })
    }

    /// The same with the memory that it has booked beside others.
    #[must_use]
    pub fn with_booking(self, booking: Booking) -> Self {
        Self { booking, ..self }
    }

    /// The same with adapters to choose from.
    #[must_use]
    pub fn with_adapters(self, adapters: AdapterFolder) -> Self {
        Self { adapters, ..self }
    }

    /// What it takes, and does to fit.
    #[must_use]
    pub fn needs(&self) -> Needs {
        self.needs
    }

    /// What can be known of it without its networks.
    #[must_use]
    pub fn facts(&self) -> AceStepFacts {
        AceStepFacts {
            checkpoint: self.networks.checkpoint().clone(),
            adapters: self.adapters.clone(),
            needs: self.needs,
        }
    }

    /// What it takes at its fullest, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.needs.plan.bytes(self.needs.sizes)
    }

    fn attempt(
        &mut self,
        plan: Plan,
        params: &MusicParams,
        observer: &dyn Observer,
    ) -> Result<Composition, Error> {
        let run = Run {
            networks: &mut self.networks,
            plan,
            texts: (&self.tags, &self.lyrics),
            adapters: &self.adapters,
            params,
            observer,
        };
        let (mix, facts) = stop::asking(&|| !observer.is_cancelled(), || run.compose())?;
        Ok(Composition {
            mix,
            stems: Vec::new(),
            midi: None,
            timed_lines: Vec::new(),
            facts,
            engine: self.info.clone(),
        })
    }
}

impl Sizes {
    fn of(checkpoint: &Checkpoint) -> Result<Self, Error> {
        let parameters = |part| -> Result<u64, Error> { Ok(checkpoint.parameters(part)? as u64) };
        Ok(Self {
            transformer: parameters(Part::Transformer)?,
            codec: parameters(Part::Dcae)? + parameters(Part::Vocoder)?,
            text: parameters(Part::Text)?,
        })
    }
}

impl Composer for AceStepComposer {
    fn info(&self) -> EngineInfo {
        self.info.clone()
    }

    fn compose(
        &mut self,
        params: &MusicParams,
        observer: &dyn Observer,
    ) -> Result<Composition, EngineError> {
        self.facts().check(params)?;
        let (mut needs, booking) = (self.needs, self.booking.clone());
        let duration_s = params.task.duration_s(params.duration_s);
        let mut song = Song {
            composer: self,
            params,
            observer,
        };
        let made = needs.within(duration_s, booking.room(observer), &mut song);
        self.needs = needs;
        Ok(made?)
    }
}

/// A song in the making.
struct Song<'a> {
    composer: &'a mut AceStepComposer,
    params: &'a MusicParams,
    observer: &'a dyn Observer,
}

impl Attempts<Composition> for Song<'_> {
    fn attempt(&mut self, plan: Plan) -> Result<Composition, Error> {
        let made = self.composer.attempt(plan, self.params, self.observer);
        if made.as_ref().is_err_and(Error::is_out_of_memory) {
            self.let_go();
        }
        made
    }

    fn let_go(&mut self) {
        self.composer.networks.clear();
    }
}
