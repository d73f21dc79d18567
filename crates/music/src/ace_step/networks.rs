use std::path::PathBuf;

use candle_core::{DType, Device};
use songwright_base::Observer;

use super::{
    Error,
    checkpoint::{Checkpoint, Part},
    codec::{CodecDecoder, CodecEncoder},
    loading::Loading,
    model::{
        PromptEncoder, TextEncoder, Transformer,
        dcae::{DcaeDecoder, DcaeEncoder},
        vocoder::Vocoder,
    },
    plan::Plan,
};

/// The transformer and the encoder of its prompt, which share a file.
#[derive(Clone, Debug)]
pub(super) struct DiffusionModel {
    pub(super) prompt: PromptEncoder,
    pub(super) transformer: Transformer,
}

/// The networks that lie in memory, of one checkpoint on one device.
pub(super) struct Networks {
    checkpoint: Checkpoint,
    device: Device,
    text: Option<TextEncoder>,
    diffusion: Option<DiffusionModel>,
    /// What the transformer in memory was adapted with.
    adapters: Vec<(PathBuf, f64)>,
    decoder: Option<CodecDecoder>,
}

impl Networks {
    pub(super) fn new(checkpoint: Checkpoint, device: Device) -> Self {
        Self {
            checkpoint,
            device,
            text: None,
            diffusion: None,
            adapters: Vec::new(),
            decoder: None,
        }
    }

    pub(super) fn device(&self) -> &Device {
        &self.device
    }

    pub(super) fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Lets all of them go.
    pub(super) fn clear(&mut self) {
        (self.text, self.diffusion, self.decoder) = (None, None, None);
    }

    /// Lets those go that a plan does not keep beside `part`.
    fn make_room(&mut self, plan: Plan, part: Part) {
        if plan.resident {
            return;
        }
        if part != Part::Text {
            self.text = None;
        }
        if part != Part::Transformer {
            self.diffusion = None;
        }
        if part != Part::Dcae {
            self.decoder = None;
        }
    }

    /// Loads all that a plan keeps in memory, so that the work itself waits for nothing.
    pub(super) fn prepare(
        &mut self,
        plan: Plan,
        adapters: &[(PathBuf, f64)],
        observer: &dyn Observer,
    ) -> Result<(), Error> {
        if !plan.resident {
            return Ok(());
        }
        self.adapt(adapters);
        let loading = self.loading(
            &[Part::Text, Part::Transformer, Part::Dcae, Part::Vocoder],
            observer,
        )?;
        self.load_text(plan, &loading)?;
        self.load_diffusion(plan, &loading)?;
        self.load_decoder(plan, &loading)?;
        Ok(())
    }

    /// The text encoder, loaded if it is not.
    pub(super) fn text(
        &mut self,
        plan: Plan,
        observer: &dyn Observer,
    ) -> Result<&TextEncoder, Error> {
        let loading = self.loading(&[Part::Text], observer)?;
        self.load_text(plan, &loading)
    }

    /// The transformer and its prompt's encoder with adapters, loaded if they are not.
    pub(super) fn diffusion(
        &mut self,
        plan: Plan,
        adapters: &[(PathBuf, f64)],
        observer: &dyn Observer,
    ) -> Result<&DiffusionModel, Error> {
        self.adapt(adapters);
        let loading = self.loading(&[Part::Transformer], observer)?;
        self.load_diffusion(plan, &loading)
    }

    /// The way to audio, loaded if it is not.
    pub(super) fn decoder(
        &mut self,
        plan: Plan,
        observer: &dyn Observer,
    ) -> Result<&CodecDecoder, Error> {
        let loading = self.loading(&[Part::Dcae, Part::Vocoder], observer)?;
        self.load_decoder(plan, &loading)
    }

    /// Strengths are in the weights: others mean other weights.
    fn adapt(&mut self, adapters: &[(PathBuf, f64)]) {
        if self.adapters != adapters {
            self.diffusion = None;
            self.adapters = adapters.to_vec();
        }
    }

    /// What there is to load of `parts`.
    fn loading<'a>(
        &self,
        parts: &[Part],
        observer: &'a dyn Observer,
    ) -> Result<Loading<'a>, Error> {
        let mut parameters = 0;
        for part in parts {
            let is_here = match part {
                Part::Text => self.text.is_some(),
                Part::Transformer => self.diffusion.is_some(),
                Part::Dcae | Part::Vocoder => self.decoder.is_some(),
            };
            if !is_here {
                parameters += self.checkpoint.parameters(*part)?;
            }
        }
        Ok(Loading::new(parameters, observer))
    }

    fn load_text(&mut self, plan: Plan, loading: &Loading<'_>) -> Result<&TextEncoder, Error> {
        self.make_room(plan, Part::Text);
        let loaded = match self.text.take() {
            Some(loaded) => loaded,
            None => {
                let weights = self
                    .checkpoint
                    .weights(Part::Text, DType::F32, &self.device)?;
                let loaded = TextEncoder::load(&weights, &self.checkpoint.text)?;
                loading.add(self.checkpoint.parameters(Part::Text)?)?;
                loaded
            }
        };
        Ok(self.text.insert(loaded))
    }

    fn load_diffusion(
        &mut self,
        plan: Plan,
        loading: &Loading<'_>,
    ) -> Result<&DiffusionModel, Error> {
        self.make_room(plan, Part::Transformer);
        let loaded = match self.diffusion.take() {
            Some(loaded) => loaded,
            None => {
                let weights = self
                    .checkpoint
                    .adapted(&self.adapters, plan.dtype, &self.device)?;
                let config = &self.checkpoint.transformer;
                let prompt = PromptEncoder::load(&weights, config)?;
                // The blocks are nearly all of it, and alike.
                let parameters = self.checkpoint.parameters(Part::Transformer)?;
                let transformer =
                    Transformer::load_telling(&weights.quantised(plan.blocks), config, |blocks| {
                        loading.add(parameters / blocks.max(1))
                    })?;
                DiffusionModel {
                    prompt,
                    transformer,
                }
            }
        };
        Ok(self.diffusion.insert(loaded))
    }

    fn load_decoder(&mut self, plan: Plan, loading: &Loading<'_>) -> Result<&CodecDecoder, Error> {
        self.make_room(plan, Part::Dcae);
        let loaded = match self.decoder.take() {
            Some(loaded) => loaded,
            None => {
                let weights = |part| self.checkpoint.weights(part, DType::F32, &self.device);
                let dcae = DcaeDecoder::load(&weights(Part::Dcae)?, &self.checkpoint.dcae)?;
                loading.add(self.checkpoint.parameters(Part::Dcae)?)?;
                let vocoder = Vocoder::load(&weights(Part::Vocoder)?, &self.checkpoint.vocoder)?;
                loading.add(self.checkpoint.parameters(Part::Vocoder)?)?;
                CodecDecoder { dcae, vocoder }
            }
        };
        Ok(self.decoder.insert(loaded))
    }

    /// The way from audio, which is not kept.
    pub(super) fn encoder(&mut self, plan: Plan) -> Result<CodecEncoder, Error> {
        self.make_room(plan, Part::Vocoder);
        let weights = self
            .checkpoint
            .weights(Part::Dcae, DType::F32, &self.device)?;
        let dcae = DcaeEncoder::load(&weights, &self.checkpoint.dcae)?;
        Ok(CodecEncoder::new(dcae))
    }
}
