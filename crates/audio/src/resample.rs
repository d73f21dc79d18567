//! Sample rate conversion.

use std::{f64::consts::PI, ops::Range};

use songwright_base::Observer;

use crate::pcm::BLOCK_FRAMES;

/// Zero crossings of the sinc on either side.
const LOWPASS_FILTER_WIDTH: f64 = 6.0;
/// The share of the lower Nyquist frequency that is kept.
const ROLLOFF: f64 = 0.99;
/// Taps that are smaller are not heard.
const LEAST_TAP: f32 = f32::EPSILON / 1e3;

/// Converts between two sample rates with a windowed sinc: torchaudio's `Resample` with its defaults
/// (`sinc_interp_hann`), to the last bit of its kernel, because networks were trained on what it makes.
///
/// Of the kernel's rows only the taps that are not 0 are kept, some twelve samples of the lower rate: rates
/// with no common factor have rows as many as the one, and as long as the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Resampler {
    from: usize,
    to: usize,
    width: usize,
    /// The taps that are kept of all phases, one after the other.
    taps: Vec<f32>,
    rows: Vec<Row>,
}

/// One phase.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    /// Which of its taps are kept.
    span: Range<usize>,
    /// Where they begin among all that are.
    start: usize,
}

impl Resampler {
    /// From and to in Hz, both above 0.
    #[must_use]
    pub fn new(from_hz: u32, to_hz: u32) -> Self {
        let (from_hz, to_hz) = (from_hz.max(1), to_hz.max(1));
        let common = greatest_common_divisor(from_hz, to_hz);
        let (from, to) = ((from_hz / common) as usize, (to_hz / common) as usize);
        let filter = Filter::new(from, to);
        let mut taps = Vec::new();
        let rows = (0..to).map(|phase| filter.row(phase, &mut taps)).collect();
        Self {
            from,
            to,
            width: filter.width,
            taps,
            rows,
        }
    }

    /// How many phases there are: samples that are made until all begins anew.
    #[must_use]
    pub fn phases(&self) -> usize {
        self.to
    }

    /// All taps of a phase below [`Self::phases`], zeros too.
    #[must_use]
    pub fn row(&self, phase: usize) -> Vec<f32> {
        let mut row = vec![0.0; 2 * self.width + self.from];
        let Row { span, start } = &self.rows[phase];
        row[span.clone()].copy_from_slice(&self.taps[*start..start + span.len()]);
        row
    }

    /// How many samples `samples` become: as long in seconds, rounded up.
    #[must_use]
    pub fn length(&self, samples: usize) -> usize {
        (samples * self.to).div_ceil(self.from)
    }

    /// One channel, converted; `None` where the observer cancels.
    #[must_use]
    pub fn channel(&self, samples: &[f32], observer: &dyn Observer) -> Option<Vec<f32>> {
        let length = self.length(samples.len());
        let mut converted = Vec::with_capacity(length);
        while converted.len() < length {
            if observer.is_cancelled() {
                return None;
            }
            let block = converted.len()..length.min(converted.len() + BLOCK_FRAMES);
            if self.from == self.to {
                converted.extend_from_slice(&samples[block]);
            } else {
                converted.extend(block.map(|i| self.sample(samples, i)));
            }
        }
        Some(converted)
    }

    /// The sample `i` of the result.
    fn sample(&self, samples: &[f32], i: usize) -> f32 {
        let Row { span, start } = &self.rows[i % self.to];
        // Where tap 0 lies in the samples.
        let origin = i / self.to * self.from;
        let first = span.start.max(self.width.saturating_sub(origin));
        let last = span
            .end
            .min((samples.len() + self.width).saturating_sub(origin));
        if first >= last {
            return 0.0;
        }
        let seen = &samples[origin + first - self.width..origin + last - self.width];
        self.taps[start + first - span.start..start + last - span.start]
            .iter()
            .zip(seen)
            .map(|(tap, sample)| tap * sample)
            .sum()
    }
}

/// What rows are made by.
struct Filter {
    from: usize,
    to: usize,
    /// Zero crossings in `from` samples.
    base: f64,
    /// Taps before the first sample of a phase, and after its last.
    width: usize,
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are small; torchaudio rounds at the same places"
)]
impl Filter {
    fn new(from: usize, to: usize) -> Self {
        let base = from.min(to) as f64 * ROLLOFF;
        Self {
            from,
            to,
            base,
            width: (LOWPASS_FILTER_WIDTH * from as f64 / base).ceil() as usize,
        }
    }

    /// A phase's row, whose taps go to the end of `taps`.
    fn row(&self, phase: usize, taps: &mut Vec<f32>) -> Row {
        let shift = f64::from(-(phase as f32) / self.to as f32);
        // The window's zero crossings lie on either side of the phase; one more is no harm.
        let middle = self.width as f64 - shift * self.from as f64;
        let half = LOWPASS_FILTER_WIDTH / self.base * self.from as f64 + 1.0;
        let first = (middle - half).max(0.0) as usize;
        let end = ((middle + half).ceil() as usize).min(2 * self.width + self.from);
        let start = taps.len();
        taps.extend((first..end).map(|tap| self.tap(shift, tap)));
        let is_kept = |tap: &f32| tap.abs() > LEAST_TAP;
        let zeros = taps[start..].iter().position(is_kept);
        let last = taps[start..].iter().rposition(is_kept);
        taps.truncate(start + last.map_or(0, |last| last + 1));
        let zeros = zeros.unwrap_or(0);
        taps.drain(start..start + zeros);
        let span = first + zeros..first + zeros + taps.len() - start;
        Row { span, start }
    }

    fn tap(&self, shift: f64, tap: usize) -> f32 {
        let from = self.from as f64;
        let place = (tap as f64 - self.width as f64) / from;
        let t = ((shift + place) * self.base).clamp(-LOWPASS_FILTER_WIDTH, LOWPASS_FILTER_WIDTH);
        let window = (t * PI / LOWPASS_FILTER_WIDTH / 2.0).cos().powi(2);
        let t = t * PI;
        let sinc = if t == 0.0 { 1.0 } else { t.sin() / t };
        (sinc * window * (self.base / from)) as f32
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
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use songwright_base::{Progress, Silent};

    use super::*;

    fn converted(samples: &[f32], from_hz: u32, to_hz: u32) -> Vec<f32> {
        let resampler = Resampler::new(from_hz, to_hz);
        resampler.channel(samples, &Silent).unwrap()
    }

    fn tone(hz: f64, rate_hz: u32, count: usize) -> Vec<f32> {
        (0..count)
            .map(|i| (i as f64 / f64::from(rate_hz) * hz * 2.0 * PI).sin() as f32)
            .collect()
    }

    #[test]
    fn the_same_rate_changes_nothing() {
        let samples = [0.1, -0.5, 0.9];
        assert_eq!(converted(&samples, 48_000, 48_000), samples);
    }

    /// Also where the rates have no common factor. The window's ripple is the error: 2e-3 of full scale.
    #[test]
    fn a_tone_stays_that_tone() {
        for (from_hz, to_hz) in [
            (44_100, 48_000),
            (44_101, 44_100),
            (44_099, 44_100),
            (7_919, 44_100),
            (96_001, 44_100),
            (192_001, 44_100),
            (767_957, 44_100),
            (1_009, 44_100),
            (44_100, 47_981),
        ] {
            let hz = (f64::from(from_hz.min(to_hz)) / 20.0).min(440.0);
            let found = converted(&tone(hz, from_hz, from_hz as usize / 8), from_hz, to_hz);
            let wanted = tone(hz, to_hz, found.len());
            assert!(
                found.len().abs_diff(to_hz as usize / 8) <= to_hz as usize / from_hz as usize + 1
            );
            // Beside its ends, where the tone is cut.
            let edge = found.len() / 5;
            let inside = edge..found.len() - edge;
            for (f, w) in found[inside.clone()].iter().zip(&wanted[inside]) {
                assert!((f - w).abs() < 2e-3, "{from_hz} to {to_hz} Hz: {f} {w}");
            }
        }
    }

    #[test]
    fn rows_are_the_filter_and_nothing_else() {
        for (from_hz, to_hz) in [
            (44_100, 48_000),
            (96_000, 44_100),
            (8_000, 44_100),
            (44_100, 44_099),
        ] {
            let resampler = Resampler::new(from_hz, to_hz);
            let filter = Filter::new(resampler.from, resampler.to);
            for phase in (0..resampler.phases()).step_by(resampler.phases() / 20) {
                let shift = f64::from(-(phase as f32) / resampler.to as f32);
                for (tap, kept) in resampler.row(phase).into_iter().enumerate() {
                    let whole = filter.tap(shift, tap);
                    let is_heard = whole.abs() > LEAST_TAP;
                    assert!(kept == whole || kept == 0.0 && !is_heard, "{phase} {tap}");
                }
            }
        }
    }

    /// A table of all rows whole would be 7.8 GB for 44101 Hz, and 34 for 192001.
    #[test]
    fn rates_without_a_common_factor_take_no_more_than_others() {
        for (from_hz, to_hz) in [
            (44_101, 44_100),
            (96_001, 44_100),
            (192_001, 44_100),
            (767_957, 44_100),
            (1_009, 44_100),
            (44_100, 47_981),
        ] {
            let resampler = Resampler::new(from_hz, to_hz);
            let most = 13 * from_hz.max(to_hz) + 4 * to_hz;
            assert!(
                resampler.taps.len() < most as usize,
                "{from_hz}: {}",
                resampler.taps.len()
            );
            assert_eq!(resampler.rows.len(), to_hz as usize);
        }
    }

    #[test]
    fn nothing_and_one_sample() {
        assert!(converted(&[], 8_000, 44_100).is_empty());
        assert_eq!(converted(&[1.0], 8_000, 44_100).len(), 6);
        assert_eq!(converted(&[1.0], 96_000, 44_100).len(), 1);
    }

    /// Cancels when it is asked for the second time.
    #[derive(Default)]
    struct Impatient(AtomicUsize);

    impl Observer for Impatient {
        fn report(&self, _: Progress) {}

        fn is_cancelled(&self) -> bool {
            self.0.fetch_add(1, SeqCst) >= 1
        }
    }

    #[test]
    fn it_asks_whether_to_go_on() {
        for to_hz in [44_100, 48_000] {
            let observer = Impatient::default();
            let samples = vec![0.0; 10 * BLOCK_FRAMES];
            let resampler = Resampler::new(44_100, to_hz);
            assert_eq!(resampler.channel(&samples, &observer), None);
            assert_eq!(observer.0.load(SeqCst), 2);
        }
    }
}
