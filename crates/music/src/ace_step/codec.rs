//! Latents to audio and back: the autoencoder and the vocoder with what lies between them (the
//! reference's `MusicDCAE`).

use candle_core::{D, DType, Tensor};
use songwright_nn::Result;

use super::{
    Error,
    log_mel::LogMel,
    model::{
        dcae::{DcaeDecoder, DcaeEncoder},
        vocoder::Vocoder,
    },
};

/// The rate of the codec's samples in Hz.
pub const RATE_HZ: u32 = 44_100;
/// Samples of one latent frame.
pub const SAMPLES_PER_FRAME: usize = 4096;

const SCALE: f64 = 0.1786;
const SHIFT: f64 = -1.9091;
/// The logarithmic mel values that become −1 and 1.
const MEL: (f64, f64) = (-11.0, 3.0);
/// Mel frames that the vocoder looks at on either side: 91.4 were measured to matter at all.
const VOCODER_HALO: usize = 96;

/// How much is decoded at a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Chunks {
    /// Latent frames of the autoencoder.
    pub latent_frames: usize,
    /// Mel frames of the vocoder.
    pub mel_frames: usize,
}

impl Default for Chunks {
    /// Pieces of some six and fourteen seconds.
    fn default() -> Self {
        Self {
            latent_frames: 64,
            mel_frames: 1200,
        }
    }
}

impl Chunks {
    /// Everything at once.
    #[must_use]
    pub const fn whole() -> Self {
        Self {
            latent_frames: usize::MAX,
            mel_frames: usize::MAX,
        }
    }
}

/// The way to audio.
#[derive(Clone, Debug)]
pub struct CodecDecoder {
    /// Latents to mel spectrograms.
    pub dcae: DcaeDecoder,
    /// Mel spectrograms to samples.
    pub vocoder: Vocoder,
}

impl CodecDecoder {
    /// (1, 8, 16, frames) → left and right at [`RATE_HZ`], `4096·frames` samples each. `go_on` is told
    /// which half is at work, what of it is done and what there is, and asked whether to go on.
    ///
    /// # Errors
    /// [`Error::Cancelled`] after its no; those of the device.
    pub fn decode(
        &self,
        latents: &Tensor,
        chunks: Chunks,
        go_on: &mut dyn FnMut(Half, usize, usize) -> bool,
    ) -> Result<[Vec<f32>; 2], Error> {
        let mel = self.mel(latents, chunks.latent_frames, &mut |done, all| {
            go_on(Half::Mel, done, all)
        })?;
        self.samples(&mel, chunks.mel_frames, &mut |done, all| {
            go_on(Half::Samples, done, all)
        })
    }

    /// (1, 8, 16, frames) → the logarithmic mel spectrograms of both channels, (2, 128, 8·frames).
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn mel(
        &self,
        latents: &Tensor,
        chunk: usize,
        go_on: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Tensor, Error> {
        let scaled = || -> Result<Tensor> { Ok(latents.affine(SCALE.recip(), SHIFT)?) };
        let mel = self
            .dcae
            .forward_in_chunks(&scaled()?, chunk, go_on)?
            .ok_or(Error::Cancelled)?;
        let (low, high) = MEL;
        let denormalised = || -> Result<Tensor> {
            let shares = mel.squeeze(0)?.affine(0.5, 0.5)?;
            Ok(shares.affine(high - low, low)?)
        };
        Ok(denormalised()?)
    }

    /// (2, 128, frames) of mel → left and right, equal to one pass over the whole of it.
    fn samples(
        &self,
        mel: &Tensor,
        chunk: usize,
        go_on: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<[Vec<f32>; 2], Error> {
        let hop = self.vocoder.hop();
        let frames = mel.dim(D::Minus1).map_err(songwright_nn::Error::from)?;
        let mut channels = [
            Vec::with_capacity(frames * hop),
            Vec::with_capacity(frames * hop),
        ];
        let mut from = 0;
        while from < frames {
            if !go_on(from, frames) {
                return Err(Error::Cancelled);
            }
            let to = from.saturating_add(chunk.max(1)).min(frames);
            let start = from.saturating_sub(VOCODER_HALO);
            let end = (to + VOCODER_HALO).min(frames);
            let piece = || -> Result<Vec<Vec<f32>>> {
                let seen = mel.narrow(D::Minus1, start, end - start)?.contiguous()?;
                let wave = self.vocoder.forward(&seen)?.squeeze(1)?;
                let kept = wave.narrow(D::Minus1, (from - start) * hop, (to - from) * hop)?;
                Ok(kept.to_dtype(DType::F32)?.to_vec2()?)
            };
            for (channel, piece) in channels.iter_mut().zip(piece()?) {
                channel.extend(piece);
            }
            from = to;
        }
        go_on(frames, frames);
        Ok(channels)
    }
}

/// Which half of [`CodecDecoder::decode`] is at work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Half {
    /// The autoencoder; counted in latent frames.
    Mel,
    /// The vocoder; counted in mel frames.
    Samples,
}

/// The way from audio.
pub struct CodecEncoder {
    dcae: DcaeEncoder,
    log_mel: LogMel,
}

impl CodecEncoder {
    /// Around the autoencoder's encoder.
    #[must_use]
    pub fn new(dcae: DcaeEncoder) -> Self {
        Self {
            dcae,
            log_mel: LogMel::new(),
        }
    }

    /// Left and right at [`RATE_HZ`], equally long → (1, 8, 16, frames), the last frame filled up with
    /// silence. The result is on the device of `like`, in its type. `chunk` latent frames are made at
    /// a time; `go_on` is told which of them are done and how many there are, and asked whether to go
    /// on.
    ///
    /// # Errors
    /// [`Error::Cancelled`] after its no; those of the device.
    pub fn encode(
        &self,
        channels: &[Vec<f32>; 2],
        like: &Tensor,
        chunk: usize,
        go_on: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Tensor, Error> {
        let padded: Vec<Vec<f32>> = channels
            .iter()
            .map(|channel| {
                let frames = channel.len().div_ceil(SAMPLES_PER_FRAME).max(1);
                let mut channel = channel.clone();
                channel.resize(frames * SAMPLES_PER_FRAME, 0.0);
                channel
            })
            .collect();
        let mel = self.mel(&padded, like)?;
        let latents = self.dcae.forward_in_chunks(&mel, chunk, go_on)?;
        let latents = latents.ok_or(Error::Cancelled)?;
        let scaled = latents.affine(SCALE, -SHIFT * SCALE);
        Ok(scaled.map_err(songwright_nn::Error::from)?)
    }

    /// Normalised, (1, 2, mels, frames).
    fn mel(&self, channels: &[Vec<f32>], like: &Tensor) -> Result<Tensor> {
        let (low, high) = MEL;
        Ok(self
            .log_mel
            .forward(channels)?
            .affine((high - low).recip(), -low / (high - low))?
            .affine(2.0, -1.0)?
            .unsqueeze(0)?
            .to_device(like.device())?
            .to_dtype(like.dtype())?)
    }
}
