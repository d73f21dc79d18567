use songwright_audio::{Pcm, wav};

use crate::{artwork::from_base64, error::CallError};

/// What a song may be off by without a word, in seconds.
const TOLERANCE_S: f64 = 1.0;
const FADE_S: f64 = 0.02;

/// A WAV file in base64.
pub(crate) fn decode(text: &str) -> Result<Pcm, CallError> {
    read(&from_base64("audio_data", text)?)
}

/// A WAV file of one or two channels, as stereo at its own rate.
pub(crate) fn read(bytes: &[u8]) -> Result<Pcm, CallError> {
    let pcm = wav::read(bytes)
        .map_err(|e| CallError::unusable(format!("its audio cannot be read. {e}")))?;
    if pcm.frames() == 0 {
        return Err(CallError::unusable("its audio is empty."));
    }
    match pcm.channels {
        1 => Ok(Pcm {
            sample_rate: pcm.sample_rate,
            channels: 2,
            samples: pcm.samples.iter().flat_map(|s| [*s, *s]).collect(),
        }),
        2 => Ok(pcm),
        n => Err(CallError::unusable(format!(
            "its audio has {n} channels; one or two can be used."
        ))),
    }
}

/// Brings stereo audio to the asked length: the end of a longer one fades out, a little silence
/// completes a slightly shorter one. One that is much shorter stays as it is, with a note.
pub(crate) fn fit(pcm: &mut Pcm, wanted_s: f64) -> Option<String> {
    let rate = f64::from(pcm.sample_rate);
    let wanted = (wanted_s * rate).round() as usize;
    let came_s = pcm.duration_s();
    if pcm.frames() > wanted {
        pcm.samples.truncate(wanted * 2);
        let fade = ((FADE_S * rate) as usize).min(wanted);
        let tail = pcm.samples.len() - fade * 2;
        for (i, frame) in pcm.samples[tail..].chunks_exact_mut(2).enumerate() {
            let gain = 1.0 - (i + 1) as f32 / fade as f32;
            frame.iter_mut().for_each(|s| *s *= gain);
        }
        return None;
    }
    if wanted_s - came_s <= TOLERANCE_S {
        pcm.samples.resize(wanted * 2, 0.0);
        return None;
    }
    Some(format!(
        "The music service made {came_s:.1} s of the {wanted_s:.1} s that were asked for."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stereo(frames: usize) -> Pcm {
        Pcm {
            sample_rate: 1000,
            channels: 2,
            samples: vec![0.5; frames * 2],
        }
    }

    #[test]
    fn lengths_are_brought_to_the_asked_one() {
        let mut long = stereo(12_500);
        assert_eq!(fit(&mut long, 12.0), None);
        assert_eq!(long.frames(), 12_000);
        assert_eq!((long.samples[0], long.samples[23_999]), (0.5, 0.0));
        assert_eq!(long.samples[23_959], 0.5);
        let mut near = stereo(11_500);
        assert_eq!(fit(&mut near, 12.0), None);
        assert_eq!((near.frames(), near.samples[22_999]), (12_000, 0.5));
        assert_eq!(near.samples[23_000], 0.0);
        let mut short = stereo(4_000);
        let note = fit(&mut short, 12.0).unwrap();
        assert_eq!(short.frames(), 4_000);
        assert!(note.contains("4.0 s of the 12.0 s"), "{note}");
    }

    #[test]
    fn one_channel_becomes_two_and_six_are_refused() {
        let file = |channels| {
            let pcm = Pcm {
                sample_rate: 8_000,
                channels,
                samples: vec![0.25; 12],
            };
            wav::encode(&pcm, wav::WavFormat::Float32).unwrap()
        };
        let pcm = read(&file(1)).unwrap();
        assert_eq!((pcm.channels, pcm.frames()), (2, 12));
        assert!(
            read(&file(6))
                .unwrap_err()
                .to_string()
                .contains("6 channels")
        );
    }
}
