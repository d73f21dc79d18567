use candle_core::{DType, Device};
use songwright_base::Observer;
use songwright_engine::Told;
use songwright_nn::{Weights, device};

use super::{
    Error,
    adapter_folder::ChosenAdapter,
    checkpoint::{Checkpoint, Part},
    codec::{CodecDecoder, CodecEncoder},
    model::{
        PromptEncoder, TextEncoder, Transformer,
        dcae::{DcaeDecoder, DcaeEncoder},
        vocoder::Vocoder,
    },
    plan::Plan,
};

/// The parts of the way to audio.
const DECODER: [Part; 2] = [Part::Dcae, Part::Vocoder];

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
    adapters: Vec<ChosenAdapter>,
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
        device::return_freed_memory();
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
        adapters: &[ChosenAdapter],
        observer: &dyn Observer,
    ) -> Result<(), Error> {
        if !plan.resident {
            return Ok(());
        }
        self.adapt(adapters);
        let mut parts = Vec::new();
        if self.text.is_none() {
            parts.push(Part::Text);
        }
        if self.diffusion.is_none() {
            parts.push(Part::Transformer);
        }
        if self.decoder.is_none() {
            parts.extend(DECODER);
        }
        let (text, diffusion, decoder) = self.loaded(&parts, observer, |told| {
            let missing = |part| parts.contains(&part);
            let text = missing(Part::Text).then(|| self.read_text(told));
            let diffusion = missing(Part::Transformer).then(|| self.read_diffusion(plan, told));
            let decoder = missing(Part::Dcae).then(|| self.read_decoder(told));
            Ok((
                text.transpose()?,
                diffusion.transpose()?,
                decoder.transpose()?,
            ))
        })?;
        self.text = self.text.take().or(text);
        self.diffusion = self.diffusion.take().or(diffusion);
        self.decoder = self.decoder.take().or(decoder);
        Ok(())
    }

    /// The text encoder, loaded if it is not.
    pub(super) fn text(
        &mut self,
        plan: Plan,
        observer: &dyn Observer,
    ) -> Result<&TextEncoder, Error> {
        self.make_room(plan, Part::Text);
        let loaded = match self.text.take() {
            Some(loaded) => loaded,
            None => self.loaded(&[Part::Text], observer, |told| self.read_text(told))?,
        };
        Ok(self.text.insert(loaded))
    }

    /// The transformer and its prompt's encoder with adapters, loaded if they are not.
    pub(super) fn diffusion(
        &mut self,
        plan: Plan,
        adapters: &[ChosenAdapter],
        observer: &dyn Observer,
    ) -> Result<&DiffusionModel, Error> {
        self.adapt(adapters);
        self.make_room(plan, Part::Transformer);
        let loaded = match self.diffusion.take() {
            Some(loaded) => loaded,
            None => self.loaded(&[Part::Transformer], observer, |told| {
                self.read_diffusion(plan, told)
            })?,
        };
        Ok(self.diffusion.insert(loaded))
    }

    /// The way to audio, loaded if it is not.
    pub(super) fn decoder(
        &mut self,
        plan: Plan,
        observer: &dyn Observer,
    ) -> Result<&CodecDecoder, Error> {
        self.make_room(plan, Part::Dcae);
        let loaded = match self.decoder.take() {
            Some(loaded) => loaded,
            None => self.loaded(&DECODER, observer, |told| self.read_decoder(told))?,
        };
        Ok(self.decoder.insert(loaded))
    }

    /// Adapters are in the weights: others, other strengths and other files of the same names mean other weights.
    fn adapt(&mut self, adapters: &[ChosenAdapter]) {
        if self.adapters != adapters {
            self.diffusion = None;
            self.adapters = adapters.to_vec();
        }
    }

    /// Loads what `load` loads, its progress told; cancelled, it ends at the next tensor.
    fn loaded<T>(
        &self,
        parts: &[Part],
        observer: &dyn Observer,
        load: impl FnOnce(&Told) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut parameters = 0;
        for part in parts {
            parameters += self.checkpoint.read_parameters(*part)?;
        }
        let loaded = songwright_engine::load(observer, parameters, load);
        device::return_freed_memory();
        loaded
    }

    fn weights(&self, part: Part, told: &Told) -> Result<Weights, Error> {
        let weights = self.checkpoint.weights(part, DType::F32, &self.device)?;
        Ok(weights.telling(told))
    }

    fn read_text(&self, told: &Told) -> Result<TextEncoder, Error> {
        let weights = self.weights(Part::Text, told)?;
        Ok(TextEncoder::load(&weights, &self.checkpoint.text)?)
    }

    fn read_diffusion(&self, plan: Plan, told: &Told) -> Result<DiffusionModel, Error> {
        let weights = self
            .checkpoint
            .adapted(&self.adapters, plan.dtype, &self.device)?;
        let (weights, config) = (weights.telling(told), &self.checkpoint.transformer);
        Ok(DiffusionModel {
            prompt: PromptEncoder::load(&weights, config)?,
            transformer: Transformer::load(&weights.quantised(plan.blocks), config)?,
        })
    }

    fn read_decoder(&self, told: &Told) -> Result<CodecDecoder, Error> {
        let weights = |part| self.weights(part, told);
        Ok(CodecDecoder {
            dcae: DcaeDecoder::load(&weights(Part::Dcae)?, &self.checkpoint.dcae)?,
            vocoder: Vocoder::load(&weights(Part::Vocoder)?, &self.checkpoint.vocoder)?,
        })
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
