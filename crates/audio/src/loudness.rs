//! Loudness by ITU-R BS.1770 / EBU R 128.

use ebur128::{EbuR128, Mode};
use songwright_base::Observer;

use crate::{Pcm, pcm::BLOCK_FRAMES};

/// Why audio was not measured.
#[derive(Debug, thiserror::Error)]
pub enum LoudnessError {
    /// R 128 does not know such audio.
    #[error("audio of {channels} channels at {sample_rate} Hz cannot be measured")]
    Unmeasurable {
        /// How many channels it has.
        channels: u16,
        /// Its frames a second.
        sample_rate: u32,
        /// The meter's complaint.
        #[source]
        source: ebur128::Error,
    },
    /// The observer no longer wants the figure.
    #[error("cancelled")]
    Cancelled,
}

fn measure(pcm: &Pcm, mode: Mode, observer: &dyn Observer) -> Result<EbuR128, LoudnessError> {
    let channels = u32::from(pcm.channels);
    let mut meter = EbuR128::new(channels, pcm.sample_rate, mode).map_err(unmeasurable(pcm))?;
    let block = BLOCK_FRAMES * usize::from(pcm.channels.max(1));
    for frames in pcm.samples.chunks(block) {
        if observer.is_cancelled() {
            return Err(LoudnessError::Cancelled);
        }
        meter.add_frames_f32(frames).map_err(unmeasurable(pcm))?;
    }
    Ok(meter)
}

/// The integrated (gated) loudness in LUFS; −∞ for silence and for less than 0.4 s.
///
/// # Errors
/// [`LoudnessError::Unmeasurable`] for a sample rate or channel count that R 128 does not know,
/// [`LoudnessError::Cancelled`].
pub fn integrated_loudness(pcm: &Pcm, observer: &dyn Observer) -> Result<f64, LoudnessError> {
    let meter = measure(pcm, Mode::I, observer)?;
    meter.loudness_global().map_err(unmeasurable(pcm))
}

/// The true peak in dBTP over all channels, oversampled as BS.1770-4 annex 2 asks; −∞ for silence.
///
/// # Errors
/// As [`integrated_loudness`].
pub fn true_peak(pcm: &Pcm, observer: &dyn Observer) -> Result<f64, LoudnessError> {
    let meter = measure(pcm, Mode::TRUE_PEAK, observer)?;
    let mut peak = 0.0_f64;
    for channel in 0..u32::from(pcm.channels) {
        let channel = meter.true_peak(channel);
        peak = peak.max(channel.map_err(unmeasurable(pcm))?);
    }
    Ok(20.0 * peak.log10())
}

fn unmeasurable(pcm: &Pcm) -> impl Fn(ebur128::Error) -> LoudnessError + use<> {
    let (channels, sample_rate) = (pcm.channels, pcm.sample_rate);
    move |source| LoudnessError::Unmeasurable {
        channels,
        sample_rate,
        source,
    }
}

#[cfg(test)]
mod tests {
    use songwright_base::Silent;

    use super::*;

    fn tone(amplitude: f32, hz: f32) -> Pcm {
        let samples = (0..48_000 * 5)
            .flat_map(|i| {
                let x = amplitude * (i as f32 * hz * std::f32::consts::TAU / 48_000.0).sin();
                [x, x]
            })
            .collect();
        Pcm {
            sample_rate: 48_000,
            channels: 2,
            samples,
        }
    }

    #[test]
    fn a_997_hz_tone_reads_as_the_standard_says() {
        // EBU Tech 3341: a stereo sine of −23 dBFS reads −23 LUFS.
        let lufs = integrated_loudness(&tone(10_f32.powf(-23.0 / 20.0), 997.0), &Silent).unwrap();
        assert!((lufs + 23.0).abs() < 0.1, "{lufs}");
    }

    #[test]
    fn silence_is_minus_infinity() {
        assert_eq!(
            integrated_loudness(&tone(0.0, 997.0), &Silent).unwrap(),
            f64::NEG_INFINITY
        );
        assert_eq!(
            true_peak(&tone(0.0, 997.0), &Silent).unwrap(),
            f64::NEG_INFINITY
        );
    }

    #[test]
    fn peaks_between_samples_are_seen() {
        // 12 kHz with samples at ±45°: 3 dB higher between the samples than on them.
        let samples = (0..48_000)
            .flat_map(|i| {
                let x = 0.5
                    * ((i as f32) * std::f32::consts::FRAC_PI_2 + std::f32::consts::FRAC_PI_4)
                        .sin();
                [x, x]
            })
            .collect();
        let pcm = Pcm {
            sample_rate: 48_000,
            channels: 2,
            samples,
        };
        let dbtp = true_peak(&pcm, &Silent).unwrap();
        assert!((dbtp + 6.02).abs() < 0.5, "{dbtp}");
    }
}
