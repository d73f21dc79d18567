//! Loudness by ITU-R BS.1770 / EBU R 128.

use ebur128::{EbuR128, Mode};

use crate::Pcm;

/// Why audio cannot be measured.
#[derive(Debug, thiserror::Error)]
#[error("audio of {channels} channels at {sample_rate} Hz cannot be measured")]
pub struct LoudnessError {
    channels: u16,
    sample_rate: u32,
    #[source]
    source: ebur128::Error,
}

fn measure(pcm: &Pcm, mode: Mode) -> Result<EbuR128, ebur128::Error> {
    let mut meter = EbuR128::new(u32::from(pcm.channels), pcm.sample_rate, mode)?;
    meter.add_frames_f32(&pcm.samples)?;
    Ok(meter)
}

/// The integrated (gated) loudness in LUFS; −∞ for silence and for less than 0.4 s.
///
/// # Errors
/// [`LoudnessError`] for a sample rate or channel count that R 128 does not know.
pub fn integrated_loudness(pcm: &Pcm) -> Result<f64, LoudnessError> {
    measure(pcm, Mode::I)
        .and_then(|meter| meter.loudness_global())
        .map_err(|source| failed(pcm, source))
}

/// The true peak in dBTP over all channels, oversampled as BS.1770-4 annex 2 asks; −∞ for silence.
///
/// # Errors
/// [`LoudnessError`] for a sample rate or channel count that R 128 does not know.
pub fn true_peak(pcm: &Pcm) -> Result<f64, LoudnessError> {
    let meter = measure(pcm, Mode::TRUE_PEAK).map_err(|source| failed(pcm, source))?;
    let mut peak = 0.0_f64;
    for channel in 0..u32::from(pcm.channels) {
        let channel = meter.true_peak(channel);
        peak = peak.max(channel.map_err(|source| failed(pcm, source))?);
    }
    Ok(20.0 * peak.log10())
}

fn failed(pcm: &Pcm, source: ebur128::Error) -> LoudnessError {
    LoudnessError {
        channels: pcm.channels,
        sample_rate: pcm.sample_rate,
        source,
    }
}

#[cfg(test)]
mod tests {
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
        let lufs = integrated_loudness(&tone(10_f32.powf(-23.0 / 20.0), 997.0)).unwrap();
        assert!((lufs + 23.0).abs() < 0.1, "{lufs}");
    }

    #[test]
    fn silence_is_minus_infinity() {
        assert_eq!(
            integrated_loudness(&tone(0.0, 997.0)).unwrap(),
            f64::NEG_INFINITY
        );
        assert_eq!(true_peak(&tone(0.0, 997.0)).unwrap(), f64::NEG_INFINITY);
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
        let dbtp = true_peak(&pcm).unwrap();
        assert!((dbtp + 6.02).abs() < 0.5, "{dbtp}");
    }
}
