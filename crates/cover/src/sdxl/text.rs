//! From a prompt to what the UNet reads.

use candle_core::{DType, Device, Tensor};

use super::{
    Error,
    model::ClipTextEncoder,
    tokenizer::{ClipTokenizer, Padding},
};

/// A prompt, read by both encoders.
#[derive(Clone, Debug)]
pub struct EncodedText {
    /// (pictures, tokens, features of both).
    pub tokens: Tensor,
    /// (pictures, features of the second's projection).
    pub pooled: Tensor,
}

impl EncodedText {
    /// The same for `count` pictures.
    ///
    /// # Errors
    /// Those of the device.
    pub fn times(&self, count: usize) -> Result<Self, Error> {
        Ok(Self {
            tokens: self.tokens.repeat((count, 1, 1))?,
            pooled: self.pooled.repeat((count, 1))?,
        })
    }
}

/// Both text encoders with their tokenizer.
#[derive(Clone, Debug)]
pub struct TextEncoders {
    /// OpenAI's CLIP ViT-L.
    pub first: ClipTextEncoder,
    /// OpenCLIP's ViT-bigG.
    pub second: ClipTextEncoder,
}

impl TextEncoders {
    /// One prompt.
    ///
    /// # Errors
    /// [`Error::Prompt`], and those of the networks.
    pub fn encode(
        &self,
        tokenizer: &ClipTokenizer,
        prompt: &str,
        device: &Device,
    ) -> Result<EncodedText, Error> {
        let ends = tokenizer.encode(prompt, Padding::End)?;
        let bangs = tokenizer.encode(prompt, Padding::Bang)?;
        let first = self.first.penultimate(&ends.tensor(device)?)?;
        let ids = bangs.tensor(device)?;
        let second = self.second.penultimate(&ids)?;
        let pooled = self.second.pooled(&self.second.normed(&second)?, &ids)?;
        Ok(EncodedText {
            tokens: Tensor::cat(&[first, second], 2)?.to_dtype(DType::F32)?,
            pooled: pooled.to_dtype(DType::F32)?,
        })
    }
}

/// The six numbers of a picture that is made whole: its size, no corner cut off, its size again.
///
/// # Errors
/// Those of the device.
#[expect(clippy::cast_precision_loss, reason = "pictures are not that large")]
pub fn time_ids(width: usize, height: usize, device: &Device) -> Result<Tensor, Error> {
    let (width, height) = (width as f32, height as f32);
    let ids = [height, width, 0.0, 0.0, height, width];
    Ok(Tensor::from_slice(&ids, (1, ids.len()), device)?)
}
