//! FLAC files out.

use flacenc::bitsink::ByteSink;
use flacenc::component::BitRepr as _;
use flacenc::config::Encoder;
use flacenc::error::Verify as _;
use flacenc::source::MemSource;
use serde::{Deserialize, Serialize};

use crate::quantise::{to_16_bit, to_24_bit};
use crate::{Error, Pcm};

const FORMAT: &str = "FLAC";
/// The smallest block that decoders must take is 16 frames, the encoder's own limit is 32.
const MIN_BLOCK_FRAMES: usize = 32;
/// Sizes of a block in frames, the best first. Another than the first is taken where the last
/// block would be too small.
const BLOCK_FRAMES: [usize; 3] = [4_096, 4_608, 4_000];

/// How many bits a sample of a FLAC file has.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FlacFormat {
    /// 16 bits, dithered.
    #[default]
    Int16,
    /// 24 bits.
    Int24,
}

/// `pcm` as the bytes of a FLAC file.
///
/// # Errors
/// [`Error::Unsupported`] for no or more than 8 channels, a rate of 0 or above 655 350 Hz, or
/// fewer than 32 frames; [`Error::NotFinite`] for NaN and infinity; [`Error::Encode`].
pub fn encode(pcm: &Pcm, format: FlacFormat) -> Result<Vec<u8>, Error> {
    let problem = match (pcm.channels, pcm.sample_rate) {
        (0 | 9.., _) => Some("it takes 1 to 8 channels"),
        (_, 0 | 655_351..) => Some("it takes rates of 1 to 655350 Hz"),
        _ if pcm.frames() < MIN_BLOCK_FRAMES => Some("it needs at least 32 frames"),
        _ => None,
    };
    if let Some(problem) = problem {
        return Err(Error::Unsupported {
            format: FORMAT,
            problem: problem.to_owned(),
        });
    }
    let (samples, bits): (Vec<i32>, usize) = match format {
        FlacFormat::Int16 => (to_16_bit(pcm)?.into_iter().map(i32::from).collect(), 16),
        FlacFormat::Int24 => (to_24_bit(pcm)?, 24),
    };
    let config = Encoder::default()
        .into_verified()
        .map_err(|(_, e)| Error::encode(FORMAT)(e))?;
    let source = MemSource::from_samples(
        &samples,
        usize::from(pcm.channels),
        bits,
        pcm.sample_rate as usize,
    );
    let block_frames = BLOCK_FRAMES
        .into_iter()
        .find(|size| {
            let last = pcm.frames() % size;
            last == 0 || last >= MIN_BLOCK_FRAMES
        })
        .unwrap_or(BLOCK_FRAMES[0]);
    let stream = flacenc::encode_with_fixed_block_size(&config, source, block_frames)
        // Its error is not Send: it may hold the cause in an Rc.
        .map_err(|e| Error::encode(FORMAT)(e.to_string()))?;
    let mut sink = ByteSink::new();
    stream.write(&mut sink).map_err(Error::encode(FORMAT))?;
    Ok(sink.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_decoder_reads_every_sample() {
        for (frames, channels) in [(32, 1), (4_096, 2), (4_097, 2), (4_111, 1), (50_001, 2)] {
            let pcm = Pcm {
                sample_rate: 44_100,
                channels,
                samples: (0..frames * usize::from(channels))
                    .map(|i| (25_000.0 * (i as f32 * i as f32 * 1e-5).sin()).round() / 32_768.0)
                    .collect(),
            };
            for (format, scale) in [
                (FlacFormat::Int16, 32_768.0),
                (FlacFormat::Int24, 8_388_608.0),
            ] {
                let bytes = encode(&pcm, format).unwrap();
                let mut reader = claxon::FlacReader::new(bytes.as_slice()).unwrap();
                let info = reader.streaminfo();
                assert_eq!(
                    (info.sample_rate, info.samples),
                    (44_100, Some(frames as u64))
                );
                let back: Vec<f32> = reader
                    .samples()
                    .map(|s| s.unwrap() as f32 / scale)
                    .collect();
                assert!(back == pcm.samples, "{format:?}, {frames} frames");
            }
        }
    }

    #[test]
    fn what_flac_cannot_hold_is_refused() {
        for (channels, sample_rate, samples) in [(9, 44_100, 9), (2, 700_000, 2), (2, 44_100, 62)] {
            let pcm = Pcm {
                sample_rate,
                channels,
                samples: vec![0.0; samples],
            };
            let error = encode(&pcm, FlacFormat::Int16).unwrap_err();
            assert!(matches!(error, Error::Unsupported { .. }), "{error}");
        }
    }
}
