//! A look-ahead limiter that watches the true peak.

use std::collections::VecDeque;

use songwright_base::Observer;

use crate::{Pcm, pcm::BLOCK_FRAMES};

const OVERSAMPLING: usize = 4;
/// Taps of each interpolation phase.
const TAPS: usize = 12;

/// A look-ahead brick-wall limiter for stereo or mono audio, linked over the channels.
#[derive(Clone, Copy, Debug)]
pub struct Limiter {
    /// What the true peak stays under, in dBTP.
    pub ceiling_dbtp: f32,
    /// How early the gain starts to fall before a peak, in seconds.
    pub look_ahead_s: f32,
    /// How long the gain takes to come back (one time constant), in seconds.
    pub release_s: f32,
}

impl Limiter {
    /// Applies `gain` (linear) to `pcm` and holds the result under the ceiling.
    ///
    /// `peaks` are [`frame_peaks`] of `pcm`: measured once, used for every gain that is tried.
    /// `None` where the observer cancels.
    #[must_use]
    pub fn apply(
        &self,
        pcm: &Pcm,
        peaks: &[f32],
        gain: f32,
        observer: &dyn Observer,
    ) -> Option<Pcm> {
        let channels = usize::from(pcm.channels.max(1));
        let envelope = self.gains(peaks, gain, pcm.sample_rate, observer)?;
        let mut samples = pcm.samples.clone();
        let blocks = samples.chunks_mut(BLOCK_FRAMES * channels);
        for (block, envelope) in blocks.zip(envelope.chunks(BLOCK_FRAMES)) {
            go_on(observer)?;
            for (frame, g) in block.chunks_exact_mut(channels).zip(envelope) {
                for sample in frame {
                    *sample *= g;
                }
            }
        }
        Some(Pcm { samples, ..*pcm })
    }

    /// The gain of every frame.
    fn gains(
        &self,
        peaks: &[f32],
        gain: f32,
        sample_rate: u32,
        observer: &dyn Observer,
    ) -> Option<Vec<f32>> {
        let ceiling = 10_f32.powf(self.ceiling_dbtp / 20.0);
        let rate = sample_rate as f32;
        let window = ((self.look_ahead_s * rate) as usize).max(1);
        let release = 1.0 - (-1.0 / (self.release_s * rate)).exp();
        let wanted = |i: usize| (ceiling / (peaks[i] * gain).max(f32::MIN_POSITIVE)).min(1.0);
        // Smallest wanted gain within ±window: the box filter below then reaches it in time and
        // holds it past the peak.
        let mut least = vec![1.0_f32; peaks.len()];
        let mut queue: VecDeque<(usize, f32)> = VecDeque::new();
        for i in 0..peaks.len() + window {
            if i.is_multiple_of(BLOCK_FRAMES) {
                go_on(observer)?;
            }
            if i < peaks.len() {
                let g = wanted(i);
                while queue.back().is_some_and(|&(_, back)| back >= g) {
                    queue.pop_back();
                }
                queue.push_back((i, g));
            }
            if i >= window {
                let centre = i - window;
                while queue.front().is_some_and(|&(at, _)| at + window < centre) {
                    queue.pop_front();
                }
                least[centre] = queue.front().map_or(1.0, |&(_, g)| g);
            }
        }
        let mut held = 1.0_f32;
        for block in least.chunks_mut(BLOCK_FRAMES) {
            go_on(observer)?;
            for g in block {
                held = if *g < held {
                    *g
                } else {
                    held + (*g - held) * release
                };
                *g = held;
            }
        }
        // The mean over the last `window` frames: an attack without corners. It needs no delay,
        // because `least` falls `window` frames ahead of the peak.
        // Before the first frame the gain is taken to have been the first frame's.
        let first = least.first().copied().unwrap_or(1.0);
        let mut sum = window as f64 * f64::from(first);
        let mut smooth = Vec::with_capacity(least.len());
        for i in 0..least.len() {
            if i.is_multiple_of(BLOCK_FRAMES) {
                go_on(observer)?;
            }
            let leaving = i.checked_sub(window).map_or(first, |j| least[j]);
            sum += f64::from(least[i]) - f64::from(leaving);
            smooth.push((sum / window as f64) as f32 * gain);
        }
        Some(smooth)
    }
}

/// `None` where the caller no longer wants the result.
fn go_on(observer: &dyn Observer) -> Option<()> {
    (!observer.is_cancelled()).then_some(())
}

/// The largest true-peak magnitude (linear) of each frame over all channels, from 4-fold
/// oversampling around it. `None` where the observer cancels.
#[must_use]
pub fn frame_peaks(pcm: &Pcm, observer: &dyn Observer) -> Option<Vec<f32>> {
    let channels = usize::from(pcm.channels.max(1));
    let frames = pcm.frames();
    let phases = interpolation_phases();
    let mut peaks = vec![0.0_f32; frames];
    let mut padded = vec![0.0_f32; frames + TAPS];
    for channel in 0..channels {
        for (slot, frame) in padded[TAPS / 2..]
            .iter_mut()
            .zip(pcm.samples.chunks_exact(channels))
        {
            *slot = frame[channel];
        }
        for (i, peak) in peaks.iter_mut().enumerate() {
            if i.is_multiple_of(BLOCK_FRAMES) {
                go_on(observer)?;
            }
            let window = &padded[i + 1..i + 1 + TAPS];
            let mut most = window[TAPS / 2 - 1].abs();
            for phase in &phases {
                let between: f32 = phase.iter().zip(window).map(|(c, x)| c * x).sum();
                most = most.max(between.abs());
            }
            *peak = peak.max(most);
        }
    }
    // A peak between two frames belongs to both.
    for i in (1..frames).rev() {
        peaks[i] = peaks[i].max(peaks[i - 1]);
    }
    Some(peaks)
}

/// Windowed-sinc coefficients for the points at 1/4, 2/4 and 3/4 between two samples.
fn interpolation_phases() -> [[f32; TAPS]; OVERSAMPLING - 1] {
    let mut phases = [[0.0; TAPS]; OVERSAMPLING - 1];
    for (p, phase) in phases.iter_mut().enumerate() {
        let fraction = (p + 1) as f64 / OVERSAMPLING as f64;
        for (k, c) in phase.iter_mut().enumerate() {
            let x = k as f64 - (TAPS / 2 - 1) as f64 - fraction;
            let angle = std::f64::consts::PI * x;
            let sinc = if x == 0.0 { 1.0 } else { angle.sin() / angle };
            let hann = (angle / TAPS as f64).cos().powi(2);
            *c = (sinc * hann) as f32;
        }
    }
    phases
}

#[cfg(test)]
mod tests {
    use songwright_base::Silent;

    use super::*;
    use crate::{integrated_loudness, true_peak};

    fn limited(pcm: &Pcm, gain: f32) -> Pcm {
        let peaks = frame_peaks(pcm, &Silent).unwrap();
        LIMITER.apply(pcm, &peaks, gain, &Silent).unwrap()
    }

    fn bursts() -> Pcm {
        let samples = (0..48_000 * 3)
            .flat_map(|i| {
                let t = i as f32 / 48_000.0;
                let envelope = if (t * 4.0).fract() < 0.1 { 0.9 } else { 0.05 };
                let x = envelope * (t * 9_700.0 * std::f32::consts::TAU).sin();
                [x, 0.7 * x]
            })
            .collect();
        Pcm {
            sample_rate: 48_000,
            channels: 2,
            samples,
        }
    }

    const LIMITER: Limiter = Limiter {
        ceiling_dbtp: -1.2,
        look_ahead_s: 0.003,
        release_s: 0.08,
    };

    #[test]
    fn the_ceiling_holds_at_any_gain() {
        let pcm = bursts();
        for gain in [0.5, 1.0, 4.0, 20.0] {
            let limited = limited(&pcm, gain);
            let peak = true_peak(&limited, &Silent).unwrap();
            assert!(peak <= -1.0, "gain {gain}: {peak} dBTP");
            assert_eq!(limited.frames(), pcm.frames());
        }
    }

    #[test]
    fn what_is_under_the_ceiling_is_only_amplified() {
        let pcm = bursts();
        for (a, b) in pcm.samples.iter().zip(&limited(&pcm, 0.5).samples) {
            assert!((a * 0.5 - b).abs() < 1e-6);
        }
        let lufs = |pcm| integrated_loudness(pcm, &Silent).unwrap();
        assert!(lufs(&limited(&pcm, 4.0)) > lufs(&pcm));
    }
}
