use std::path::PathBuf;

use candle_core::{DType, Device};

use super::{
    Error,
    checkpoint::{Checkpoint, Part},
    codec::{CodecDecoder, CodecEncoder},
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

    /// The text encoder, loaded if it is not.
    pub(super) fn text(&mut self, plan: Plan) -> Result<&TextEncoder, Error> {
        self.make_room(plan, Part::Text);
        let loaded = match self.text.take() {
            Some(loaded) => loaded,
            None => {
                let weights = self
                    .checkpoint
                    .weights(Part::Text, DType::F32, &self.device)?;
                TextEncoder::load(&weights, &self.checkpoint.text)?
            }
        };
        Ok(self.text.insert(loaded))
    }

    /// The transformer and its prompt's encoder with adapters, loaded if they are not.
    pub(super) fn diffusion(
        &mut self,
        plan: Plan,
        adapters: &[(PathBuf, f64)],
    ) -> Result<&DiffusionModel, Error> {
        self.make_room(plan, Part::Transformer);
        if self.adapters != adapters {
            // Strengths are in the weights: others mean others.
            self.diffusion = None;
            self.adapters = adapters.to_vec();
        }
        let loaded = match self.diffusion.take() {
            Some(loaded) => loaded,
            None => {
                let weights = self
                    .checkpoint
                    .adapted(adapters, plan.dtype, &self.device)?;
                let config = &self.checkpoint.transformer;
                DiffusionModel {
                    prompt: PromptEncoder::load(&weights, config)?,
                    transformer: Transformer::load(&weights.quantised(plan.blocks), config)?,
                }
            }
        };
        Ok(self.diffusion.insert(loaded))
    }

    /// The way to audio, loaded if it is not.
    pub(super) fn decoder(&mut self, plan: Plan) -> Result<&CodecDecoder, Error> {
        self.make_room(plan, Part::Dcae);
        let loaded = match self.decoder.take() {
            Some(loaded) => loaded,
            None => {
                let weights = |part| self.checkpoint.weights(part, DType::F32, &self.device);
                CodecDecoder {
                    dcae: DcaeDecoder::load(&weights(Part::Dcae)?, &self.checkpoint.dcae)?,
                    vocoder: Vocoder::load(&weights(Part::Vocoder)?, &self.checkpoint.vocoder)?,
                }
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
