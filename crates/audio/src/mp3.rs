//! MP3 files out, by LAME (LGPL), behind the feature `mp3`.

use mp3lame_encoder::{
    Bitrate, Builder, DualPcm, FlushGap, MonoPcm, Quality, max_required_buffer_size,
};

use crate::quantise::require_finite;
use crate::{Error, Pcm};

const FORMAT: &str = "MP3";
/// What LAME is given at once, in frames.
const BLOCK_FRAMES: usize = 1 << 16;
/// What LAME may still hold at the end, in bytes.
const FLUSH_BYTES: usize = 7_200;

/// `pcm` as the bytes of an MP3 file of a constant 320 kbit/s (160 below 32 kHz and 64 up to
/// 12 kHz, the most that MP3 has there).
///
/// # Errors
/// [`Error::Unsupported`] for other than 1 or 2 channels or a rate that MP3 does not have;
/// [`Error::NotFinite`] for NaN and infinity; [`Error::Encode`].
pub fn encode(pcm: &Pcm) -> Result<Vec<u8>, Error> {
    let rates = [
        8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
    ];
    let problem = match pcm.channels {
        0 | 3.. => Some("it takes 1 or 2 channels"),
        _ if !rates.contains(&pcm.sample_rate) => Some("it does not have this sample rate"),
        _ => None,
    };
    if let Some(problem) = problem {
        return Err(Error::Unsupported {
            format: FORMAT,
            problem: problem.to_owned(),
        });
    }
    require_finite(pcm)?;
    let bitrate = match pcm.sample_rate {
        ..=12_000 => Bitrate::Kbps64,
        12_001..32_000 => Bitrate::Kbps160,
        _ => Bitrate::Kbps320,
    };
    let failed = || Error::encode::<mp3lame_encoder::BuildError>(FORMAT);
    let mut encoder = Builder::new()
        .ok_or_else(|| Error::encode(FORMAT)("LAME could not be started"))?
        .with_num_channels(u8::try_from(pcm.channels).unwrap_or(2))
        .map_err(failed())?
        .with_sample_rate(pcm.sample_rate)
        .map_err(failed())?
        .with_brate(bitrate)
        .map_err(failed())?
        .with_quality(Quality::NearBest)
        .map_err(failed())?
        .with_to_write_vbr_tag(false)
        .map_err(failed())?
        .build()
        .map_err(failed())?;
    let mut out = Vec::new();
    for block in pcm.samples.chunks(BLOCK_FRAMES * usize::from(pcm.channels)) {
        out.reserve(max_required_buffer_size(BLOCK_FRAMES));
        if pcm.channels == 1 {
            encoder.encode_to_vec(MonoPcm(block), &mut out)
        } else {
            let side =
                |side: usize| -> Vec<f32> { block.iter().skip(side).step_by(2).copied().collect() };
            let (left, right) = (side(0), side(1));
            let both = DualPcm {
                left: left.as_slice(),
                right: right.as_slice(),
            };
            encoder.encode_to_vec(both, &mut out)
        }
        .map_err(Error::encode(FORMAT))?;
    }
    out.reserve(FLUSH_BYTES);
    encoder
        .flush_to_vec::<FlushGap>(&mut out)
        .map_err(Error::encode(FORMAT))?;
    Ok(out)
}
