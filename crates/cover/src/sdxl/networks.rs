use candle_core::{DType, Device};
use songwright_base::Observer;
use songwright_engine::Told;
use songwright_nn::{Weights, device};

use super::{
    Error,
    checkpoint::{Checkpoint, Part},
    model::{
        ClipTextEncoder, TinyDecoder, Unet,
        vae::{VaeDecoder, VaeEncoder},
    },
    plan::Plan,
    remembered::Remembered,
    text::{EncodedText, TextEncoders},
    tokenizer::ClipTokenizer,
};

/// The networks that lie in memory, of one checkpoint on one device.
pub(super) struct Networks {
    checkpoint: Checkpoint,
    tokenizer: ClipTokenizer,
    device: Device,
    text: Option<TextEncoders>,
    unet: Option<(Unet, DType)>,
    vae: Option<(VaeDecoder, DType)>,
    tiny: Option<TinyDecoder>,
    prompts: Remembered,
}

/// Which of them is at work.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Work {
    Text,
    Unet,
    Vae,
}

impl Networks {
    pub(super) fn new(checkpoint: Checkpoint, device: Device) -> Result<Self, Error> {
        Ok(Self {
            tokenizer: ClipTokenizer::open(checkpoint.tokenizer())?,
            checkpoint,
            device,
            text: None,
            unet: None,
            vae: None,
            tiny: None,
            prompts: Remembered::default(),
        })
    }

    pub(super) fn device(&self) -> &Device {
        &self.device
    }

    pub(super) fn tokenizer(&self) -> &ClipTokenizer {
        &self.tokenizer
    }

    pub(super) fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Lets all of them go; what prompts were is kept.
    pub(super) fn clear(&mut self) {
        (self.text, self.unet, self.vae, self.tiny) = (None, None, None, None);
        device::return_freed_memory();
    }

    /// Lets the way to pictures go.
    pub(super) fn clear_decoder(&mut self) {
        self.vae = None;
        device::return_freed_memory();
    }

    /// Lets those go that a plan does not keep beside `work`.
    fn make_room(&mut self, plan: Plan, work: Work) {
        if plan.resident {
            return;
        }
        if work != Work::Text {
            self.text = None;
        }
        if work != Work::Unet {
            self.unet = None;
        }
        if work != Work::Vae {
            self.vae = None;
        }
    }

    /// A prompt as the encoders read it, remembered.
    pub(super) fn encoded(
        &mut self,
        plan: Plan,
        prompt: &str,
        observer: &dyn Observer,
    ) -> Result<EncodedText, Error> {
        if let Some(encoded) = self.prompts.find(prompt, plan.dtype) {
            return Ok(encoded.clone());
        }
        self.make_room(plan, Work::Text);
        let encoders = match self.text.take() {
            Some(encoders) => encoders,
            None => self.text_encoders(plan, observer)?,
        };
        let encoders = self.text.insert(encoders);
        let encoded = encoders.encode(&self.tokenizer, prompt, &self.device)?;
        self.prompts.keep(prompt, plan.dtype, encoded.clone());
        Ok(encoded)
    }

    fn text_encoders(&self, plan: Plan, observer: &dyn Observer) -> Result<TextEncoders, Error> {
        let parameters = self.parameters(&[Part::FirstText, Part::SecondText])?;
        self.loaded(parameters, observer, |told| {
            let weights = |part| self.weights(part, plan.dtype, told);
            let (first, second) = (&self.checkpoint.first, &self.checkpoint.second);
            Ok(TextEncoders {
                first: ClipTextEncoder::load(&weights(Part::FirstText)?, first, false)?,
                second: ClipTextEncoder::load(&weights(Part::SecondText)?, second, true)?,
            })
        })
    }

    /// The UNet, loaded if it is not, and TAESDXL where it is there.
    pub(super) fn unet(
        &mut self,
        plan: Plan,
        observer: &dyn Observer,
    ) -> Result<(&Unet, Option<&TinyDecoder>), Error> {
        self.make_room(plan, Work::Unet);
        let unet = match self.unet.take().filter(|(_, dtype)| *dtype == plan.dtype) {
            Some((unet, _)) => unet,
            None => self.loaded(self.parameters(&[Part::Unet])?, observer, |told| {
                let weights = self.weights(Part::Unet, plan.dtype, told)?;
                // What is stored beside blocks as floats is there so on purpose.
                let stored = self.checkpoint.stored_blocks();
                let blocks = plan.blocks.filter(|_| stored.is_none());
                Ok(Unet::load(
                    &weights.quantised(blocks),
                    &self.checkpoint.unet,
                )?)
            })?,
        };
        if self.tiny.is_none() && self.checkpoint.has_previews() {
            let weights = self
                .checkpoint
                .weights(Part::Tiny, DType::F32, &self.device)?;
            self.tiny = Some(TinyDecoder::load(&weights, &self.checkpoint.tiny)?);
        }
        let (unet, _) = self.unet.insert((unet, plan.dtype));
        Ok((unet, self.tiny.as_ref()))
    }

    /// The way to pictures, loaded if it is not.
    pub(super) fn decoder(
        &mut self,
        plan: Plan,
        observer: &dyn Observer,
    ) -> Result<&VaeDecoder, Error> {
        self.make_room(plan, Work::Vae);
        let vae = match self.vae.take().filter(|(_, dtype)| *dtype == plan.vae) {
            Some((vae, _)) => vae,
            None => self.loaded(self.checkpoint.vae_parameters()?.0, observer, |told| {
                let weights = self.weights(Part::Vae, plan.vae, told)?;
                Ok(VaeDecoder::load(&weights, &self.checkpoint.vae)?)
            })?,
        };
        let (vae, _) = self.vae.insert((vae, plan.vae));
        Ok(vae)
    }

    /// The way from pictures, in f32, which is not kept.
    pub(super) fn encoder(
        &mut self,
        plan: Plan,
        observer: &dyn Observer,
    ) -> Result<VaeEncoder, Error> {
        self.make_room(plan, Work::Vae);
        let (_, parameters) = self.checkpoint.vae_parameters()?;
        self.loaded(parameters, observer, |told| {
            let weights = self.weights(Part::Vae, DType::F32, told)?;
            Ok(VaeEncoder::load(&weights, &self.checkpoint.vae)?)
        })
    }

    fn weights(&self, part: Part, dtype: DType, told: &Told) -> Result<Weights, Error> {
        let weights = self.checkpoint.weights(part, dtype, &self.device)?;
        Ok(weights.telling(told))
    }

    fn parameters(&self, parts: &[Part]) -> Result<usize, Error> {
        let mut all = 0;
        for part in parts {
            let (others, matrices) = self.checkpoint.parameters(*part)?;
            all += usize::try_from(others + matrices).unwrap_or(usize::MAX);
        }
        Ok(all)
    }

    /// Loads what `load` loads, its progress told; cancelled, it ends at the next tensor.
    fn loaded<T>(
        &self,
        parameters: usize,
        observer: &dyn Observer,
        load: impl FnOnce(&Told) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let loaded = songwright_engine::load(observer, parameters, load);
        device::return_freed_memory();
        loaded
    }
}
