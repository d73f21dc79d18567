use candle_core::{DType, Device};
use songwright_base::{EngineError, EngineInfo, EngineKind, Observer};

use super::{
    Error,
    adapter_folder::AdapterFolder,
    checkpoint::{Checkpoint, Part},
    limits,
    lyric_text::LyricText,
    networks::Networks,
    plan::{Needs, Plan, Sizes},
    run::Run,
    tags::TagsTokenizer,
};
use crate::{Composer, Composition, MusicParams};

/// ACE-Step v1 as a composer.
pub struct AceStepComposer {
    networks: Networks,
    needs: Needs,
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
        identity: Identity,
        device: Device,
        budget_bytes: u64,
    ) -> Result<Self, Error> {
        let sizes = Sizes::of(&checkpoint)?;
        let plan = Plan::of(&device, sizes, budget_bytes, checkpoint.stored_blocks());
        Ok(Self {
            tags: TagsTokenizer::open(checkpoint.tokenizer())?,
            lyrics: LyricText::new()?,
            adapters: AdapterFolder::default(),
            info: identity.info(&device, plan),
            networks: Networks::new(checkpoint, device),
            needs: Needs {
                plan,
                sizes,
                budget_bytes,
            },
        })
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
        let (mix, facts) = run.compose()?;
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

/// Which model a checkpoint is, as its card says.
#[derive(Clone, Debug)]
pub struct Identity {
    /// For people.
    pub name: String,
    /// For clients.
    pub model_id: String,
    /// An SPDX expression.
    pub licence: String,
    /// The start of its weights' digest, where that is known: another one is another model.
    pub digest: Option<String>,
}

impl Identity {
    /// Who composes, on a device and with a plan.
    fn info(self, device: &Device, plan: Plan) -> EngineInfo {
        let precision = match (plan.blocks, plan.dtype) {
            (Some(blocks), _) => format!("{blocks:?}").to_lowercase(),
            (None, DType::BF16) => "bf16".to_owned(),
            (None, _) => "f32".to_owned(),
        };
        EngineInfo {
            kind: EngineKind::Neural,
            name: self.name,
            version: match self.digest {
                Some(digest) => format!("1 ({precision}, {digest})"),
                None => format!("1 ({precision})"),
            },
            model_id: self.model_id,
            device: match device {
                Device::Cpu => "cpu",
                Device::Cuda(_) => "cuda",
                Device::Metal(_) => "metal",
            }
            .to_owned(),
            licence: self.licence,
        }
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
        limits::check(params)?;
        let mut needs = self.needs;
        let made = needs.within(params.task.duration_s(params.duration_s), &mut |plan| {
            let made = self.attempt(plan, params, observer);
            if made.as_ref().is_err_and(Error::is_out_of_memory) {
                self.networks.clear();
            }
            made
        });
        self.needs = needs;
        Ok(made?)
    }
}
