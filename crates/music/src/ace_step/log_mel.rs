use std::f64::consts::PI;

use candle_core::{Device, Tensor};
use realfft::{RealFftPlanner, RealToComplex};
use songwright_nn::Result;
use std::sync::Arc;

const N_FFT: usize = 2048;
const HOP: usize = 512;
const MELS: usize = 128;
const RATE_HZ: f64 = 44_100.0;
const RANGE_HZ: (f64, f64) = (40.0, 16_000.0);
/// Reflected samples on either side.
const PADDING: usize = (N_FFT - HOP) / 2;

/// Samples to logarithmic mel spectrograms as the vocoder was trained on them: its
/// `LogMelSpectrogram`, without centring, on Slaney's scale (Slaney 1998).
pub struct LogMel {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// Of each band, the first bin and the weights from there on.
    bands: Vec<(usize, Vec<f32>)>,
}

impl LogMel {
    /// At 44.1 kHz, 2048 samples each 512, 128 bands of 40 to 16 000 Hz.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "torch's window and bank are f32"
    )]
    pub fn new() -> Self {
        let window = (0..N_FFT)
            .map(|i| (0.5 - 0.5 * (2.0 * PI * i as f64 / N_FFT as f64).cos()) as f32)
            .collect();
        let bands = bank()
            .into_iter()
            .map(|band| {
                let first = band.iter().position(|w| *w > 0.0).unwrap_or(0);
                let last = band.iter().rposition(|w| *w > 0.0).map_or(0, |i| i + 1);
                (first, band[first..last.max(first)].to_vec())
            })
            .collect();
        Self {
            fft: RealFftPlanner::new().plan_fft_forward(N_FFT),
            window,
            bands,
        }
    }

    /// Of each channel `samples/512` frames, natural logarithms: (channels, 128, frames) on the CPU.
    /// Channels are equally long, and longer than the 768 samples that are reflected.
    ///
    /// # Errors
    /// None that is known.
    pub fn forward(&self, channels: &[Vec<f32>]) -> Result<Tensor> {
        let frames = channels.first().map_or(0, |channel| channel.len() / HOP);
        let mut all = Vec::with_capacity(channels.len() * MELS * frames);
        for channel in channels {
            let magnitudes = self.magnitudes(channel, frames);
            for (first, weights) in &self.bands {
                all.extend(magnitudes.iter().map(|bins| {
                    let sum: f32 = weights
                        .iter()
                        .zip(&bins[*first..])
                        .map(|(w, b)| w * b)
                        .sum();
                    sum.max(1e-5).ln()
                }));
            }
        }
        let shape = (channels.len(), MELS, frames);
        Ok(Tensor::from_vec(all, shape, &Device::Cpu)?)
    }

    /// The magnitudes of 1025 bins, frame by frame.
    fn magnitudes(&self, channel: &[f32], frames: usize) -> Vec<Vec<f32>> {
        let padded = reflected(channel);
        let mut spectrum = self.fft.make_output_vec();
        let mut scratch = self.fft.make_scratch_vec();
        (0..frames)
            .map(|frame| {
                let seen = &padded[frame * HOP..][..N_FFT];
                let mut windowed: Vec<f32> =
                    seen.iter().zip(&self.window).map(|(s, w)| s * w).collect();
                // Its only error is one of lengths, which the plan has made.
                let done =
                    self.fft
                        .process_with_scratch(&mut windowed, &mut spectrum, &mut scratch);
                debug_assert!(done.is_ok());
                spectrum
                    .iter()
                    .map(|bin| (bin.re * bin.re + bin.im * bin.im + 1e-6).sqrt())
                    .collect()
            })
            .collect()
    }

    /// The magnitudes as the reference's `linear` spectrogram has them: (channels, 1025, frames).
    ///
    /// # Errors
    /// None that is known.
    pub fn linear(&self, channels: &[Vec<f32>]) -> Result<Tensor> {
        let frames = channels.first().map_or(0, |channel| channel.len() / HOP);
        let bins = N_FFT / 2 + 1;
        let all: Vec<f32> = channels
            .iter()
            .flat_map(|channel| self.magnitudes(channel, frames))
            .flatten()
            .collect();
        let by_frame = Tensor::from_vec(all, (channels.len(), frames, bins), &Device::Cpu)?;
        Ok(by_frame.transpose(1, 2)?.contiguous()?)
    }

    /// The window, 2048 values.
    #[must_use]
    pub fn window(&self) -> &[f32] {
        &self.window
    }
}

impl Default for LogMel {
    fn default() -> Self {
        Self::new()
    }
}

/// `PADDING` samples mirrored at either end, the end itself not repeated.
fn reflected(channel: &[f32]) -> Vec<f32> {
    let mirror = |i: usize| channel.get(i).copied().unwrap_or(0.0);
    let last = channel.len().saturating_sub(1);
    (1..=PADDING)
        .rev()
        .map(mirror)
        .chain(channel.iter().copied())
        .chain((1..=PADDING).map(|i| mirror(last.wrapping_sub(i))))
        .collect()
}

/// The mel bank: of each band a weight for each of 1025 bins, its area 1 in Hz.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "torchaudio rounds to f32"
)]
pub fn bank() -> Vec<Vec<f32>> {
    let bins = N_FFT / 2 + 1;
    let (low, high) = (mel(RANGE_HZ.0), mel(RANGE_HZ.1));
    let points: Vec<f64> = (0..MELS + 2)
        .map(|i| hertz(low + (high - low) * i as f64 / (MELS + 1) as f64))
        .collect();
    points
        .windows(3)
        .map(|p| {
            let area = 2.0 / (p[2] - p[0]);
            (0..bins)
                .map(|k| {
                    let f = k as f64 * (RATE_HZ / 2.0) / (bins - 1) as f64;
                    let rise = (f - p[0]) / (p[1] - p[0]);
                    let fall = (p[2] - f) / (p[2] - p[1]);
                    (rise.min(fall).max(0.0) * area) as f32
                })
                .collect()
        })
        .collect()
}

/// Slaney's scale: linear up to 1000 Hz, then logarithmic.
fn mel(hz: f64) -> f64 {
    if hz < 1000.0 {
        3.0 * hz / 200.0
    } else {
        15.0 + (hz / 1000.0).ln() * 27.0 / 6.4_f64.ln()
    }
}

fn hertz(mel: f64) -> f64 {
    if mel < 15.0 {
        200.0 * mel / 3.0
    } else {
        1000.0 * ((mel - 15.0) * 6.4_f64.ln() / 27.0).exp()
    }
}
