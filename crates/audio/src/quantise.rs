use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::{Error, Pcm};

/// The seed of the dither: fixed, so that the same audio gives the same file.
const DITHER_SEED: u64 = 0x50_4E_47;

/// 16-bit samples with triangular dither of ±1 step, which turns the distortion of rounding into
/// steady noise. Audio that lies on 16-bit steps already is taken as it is: writing a 16-bit file
/// that was read is lossless, and digital silence stays silent.
pub(crate) fn to_16_bit(pcm: &Pcm) -> Result<Vec<i16>, Error> {
    require_finite(pcm)?;
    let on_steps = pcm.samples.iter().all(|s| (s * 32_768.0).fract() == 0.0);
    let mut rng = ChaCha8Rng::seed_from_u64(DITHER_SEED);
    Ok(pcm
        .samples
        .iter()
        .map(|s| {
            let dither = if on_steps {
                0.0
            } else {
                rng.random::<f32>() - rng.random::<f32>()
            };
            (s * 32_768.0 + dither).round().clamp(-32_768.0, 32_767.0) as i16
        })
        .collect())
}

/// 24-bit samples in the low bits, rounded: the step lies below what any converter resolves.
pub(crate) fn to_24_bit(pcm: &Pcm) -> Result<Vec<i32>, Error> {
    require_finite(pcm)?;
    Ok(pcm
        .samples
        .iter()
        .map(|s| {
            (f64::from(*s) * 8_388_608.0)
                .round()
                .clamp(-8_388_608.0, 8_388_607.0) as i32
        })
        .collect())
}

/// Whether every sample is a number.
pub(crate) fn require_finite(pcm: &Pcm) -> Result<(), Error> {
    match pcm.samples.iter().position(|s| !s.is_finite()) {
        None => Ok(()),
        Some(i) => Err(Error::NotFinite {
            frame: i / usize::from(pcm.channels.max(1)),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet_sine(amplitude: f32) -> Pcm {
        Pcm {
            sample_rate: 48_000,
            channels: 1,
            samples: (0..48_000)
                .map(|i| amplitude * (i as f32 * 0.05).sin())
                .collect(),
        }
    }

    #[test]
    fn a_sine_below_one_step_survives_in_the_dither() {
        // Without dither this would be all zeros.
        let pcm = quiet_sine(0.4 / 32_768.0);
        let out = to_16_bit(&pcm).unwrap();
        let likeness: f64 = out
            .iter()
            .zip(&pcm.samples)
            .map(|(o, s)| f64::from(*o) * f64::from(*s))
            .sum();
        let energy: f64 = pcm.samples.iter().map(|s| f64::from(*s).powi(2)).sum();
        let gain = likeness / energy / 32_768.0;
        assert!((gain - 1.0).abs() < 0.1, "gain {gain}");
        assert_eq!(out, to_16_bit(&pcm).unwrap(), "same audio, same bytes");
    }

    #[test]
    fn full_scale_is_clamped_and_silence_stays() {
        let pcm = Pcm {
            sample_rate: 8_000,
            channels: 1,
            samples: vec![1.0, -1.0, 0.0, 1.5],
        };
        assert_eq!(to_16_bit(&pcm).unwrap(), [32_767, -32_768, 0, 32_767]);
        assert_eq!(
            to_24_bit(&pcm).unwrap(),
            [8_388_607, -8_388_608, 0, 8_388_607]
        );
    }
}
