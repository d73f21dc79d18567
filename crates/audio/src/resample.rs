//! Sample rate conversion.

use std::f64::consts::PI;

/// Zero crossings of the sinc on either side.
const LOWPASS_FILTER_WIDTH: f64 = 6.0;
/// The share of the lower Nyquist frequency that is kept.
const ROLLOFF: f64 = 0.99;

/// Converts between two sample rates with a windowed sinc: torchaudio's `Resample` with its defaults
/// (`sinc_interp_hann`), to the last bit of its kernel, because networks were trained on what it makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Resampler {
    from: usize,
    to: usize,
    width: usize,
    /// `to` rows of `2·width + from` taps.
    kernel: Vec<f32>,
    /// The taps of each row that are not 0.
    spans: Vec<std::ops::Range<usize>>,
}

impl Resampler {
    /// From and to in Hz, both above 0.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rates are small; torchaudio rounds at the same places"
    )]
    pub fn new(from_hz: u32, to_hz: u32) -> Self {
        let common = greatest_common_divisor(from_hz.max(1), to_hz.max(1));
        let (from, to) = (
            (from_hz.max(1) / common) as usize,
            (to_hz.max(1) / common) as usize,
        );
        let base = from.min(to) as f64 * ROLLOFF;
        let width = (LOWPASS_FILTER_WIDTH * from as f64 / base).ceil() as usize;
        let taps = 2 * width + from;
        let mut kernel = Vec::with_capacity(to * taps);
        for phase in 0..to {
            let shift = f64::from(-(phase as f32) / to as f32);
            for tap in 0..taps {
                let place = (tap as f64 - width as f64) / from as f64;
                let t = ((shift + place) * base).clamp(-LOWPASS_FILTER_WIDTH, LOWPASS_FILTER_WIDTH);
                let window = (t * PI / LOWPASS_FILTER_WIDTH / 2.0).cos().powi(2);
                let t = t * PI;
                let sinc = if t == 0.0 { 1.0 } else { t.sin() / t };
                kernel.push((sinc * window * (base / from as f64)) as f32);
            }
        }
        let spans = kernel
            .chunks(taps)
            .map(|row| {
                let first = row.iter().position(|tap| tap.abs() > f32::EPSILON / 1e3);
                let last = row.iter().rposition(|tap| tap.abs() > f32::EPSILON / 1e3);
                first.unwrap_or(0)..last.map_or(0, |last| last + 1)
            })
            .collect();
        Self {
            from,
            to,
            width,
            kernel,
            spans,
        }
    }

    /// One row a phase, `taps` each.
    #[must_use]
    pub fn kernel(&self) -> &[f32] {
        &self.kernel
    }

    /// Taps of a row.
    #[must_use]
    pub fn taps(&self) -> usize {
        2 * self.width + self.from
    }

    /// How many samples `samples` become: as long in seconds, rounded up.
    #[must_use]
    pub fn length(&self, samples: usize) -> usize {
        (samples * self.to).div_ceil(self.from)
    }

    /// One channel, converted.
    #[must_use]
    pub fn channel(&self, samples: &[f32]) -> Vec<f32> {
        if self.from == self.to {
            return samples.to_vec();
        }
        let taps = self.taps();
        (0..self.length(samples.len()))
            .map(|i| {
                let (frame, phase) = (i / self.to, i % self.to);
                let row = &self.kernel[phase * taps..][..taps];
                let span = self.spans[phase].clone();
                // Where tap 0 of this frame lies in the samples.
                let origin = frame * self.from;
                let first = span.start.max(self.width.saturating_sub(origin));
                let last = span
                    .end
                    .min((samples.len() + self.width).saturating_sub(origin));
                if first >= last {
                    return 0.0;
                }
                let seen = &samples[origin + first - self.width..origin + last - self.width];
                row[first..last]
                    .iter()
                    .zip(seen)
                    .map(|(tap, sample)| tap * sample)
                    .sum()
            })
            .collect()
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_rate_changes_nothing() {
        let samples = [0.1, -0.5, 0.9];
        assert_eq!(Resampler::new(48_000, 48_000).channel(&samples), samples);
    }

    #[test]
    fn a_tone_stays_that_tone() {
        let tone = |rate: f64, count: u32| -> Vec<f32> {
            (0..count)
                .map(|i| (f64::from(i) / rate * 440.0 * 2.0 * PI).sin() as f32)
                .collect()
        };
        let found = Resampler::new(44_100, 48_000).channel(&tone(44_100.0, 4_410));
        let wanted = tone(48_000.0, 4_800);
        assert_eq!(found.len(), wanted.len());
        let inside = 100..4_700;
        for (f, w) in found[inside.clone()].iter().zip(&wanted[inside]) {
            assert!((f - w).abs() < 2e-3, "{f} {w}");
        }
    }

    #[test]
    fn nothing_and_one_sample() {
        let up = Resampler::new(8_000, 44_100);
        assert!(up.channel(&[]).is_empty());
        assert_eq!(up.channel(&[1.0]).len(), 6);
        assert_eq!(Resampler::new(96_000, 44_100).channel(&[1.0]).len(), 1);
    }
}
