//! WAV files in and out.

use std::{
    io::{Cursor, Read, Seek, Write},
    ops::RangeInclusive,
};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use serde::{Deserialize, Serialize};

use crate::quantise::{require_finite, to_16_bit, to_24_bit};
use crate::{Error, Pcm};

/// The rates in Hz of files that are read and written: from less than a telephone's to the highest that music is
/// recorded at.
pub const RATES_HZ: RangeInclusive<u32> = 1_000..=768_000;

/// How samples are kept in a WAV file.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WavFormat {
    /// 16-bit integers, dithered: what every player and service takes.
    #[default]
    Int16,
    /// 24-bit integers: for mixing further.
    Int24,
    /// 32-bit floats: the samples as they are, above full scale too.
    Float32,
}

impl WavFormat {
    /// Bits of one sample.
    #[must_use]
    pub const fn bits(self) -> u16 {
        match self {
            Self::Int16 => 16,
            Self::Int24 => 24,
            Self::Float32 => 32,
        }
    }
}

/// What a WAV header says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WavInfo {
    /// Frames a second, in Hz.
    pub sample_rate: u32,
    /// Channels in a frame.
    pub channels: u16,
    /// Bits of one sample.
    pub bits: u16,
    /// Whether samples are floats.
    pub float: bool,
    /// Frames in the file.
    pub frames: u64,
}

impl WavInfo {
    /// The length in seconds.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        self.frames as f64 / f64::from(self.sample_rate.max(1))
    }

    /// Which of our formats this is, if it is one.
    #[must_use]
    pub const fn format(&self) -> Option<WavFormat> {
        match (self.bits, self.float) {
            (16, false) => Some(WavFormat::Int16),
            (24, false) => Some(WavFormat::Int24),
            (32, true) => Some(WavFormat::Float32),
            _ => None,
        }
    }
}

/// Writes `pcm` as a WAV file.
///
/// # Errors
/// [`Error::Rate`] for one beyond [`RATES_HZ`], [`Error::Unsupported`] for no channels or more than 4 GiB,
/// [`Error::NotFinite`] for NaN and infinity, [`Error::Encode`] where writing fails.
pub fn write<W: Write + Seek>(out: W, pcm: &Pcm, format: WavFormat) -> Result<(), Error> {
    let bytes = pcm.samples.len() as u64 * u64::from(format.bits() / 8);
    require_rate(pcm.sample_rate)?;
    let problem = if pcm.channels == 0 {
        Some("it has no channels")
    } else if !pcm.samples.len().is_multiple_of(usize::from(pcm.channels)) {
        Some("its last frame is not whole")
    } else if bytes > u64::from(u32::MAX) - 4096 {
        Some("it is larger than 4 GiB")
    } else {
        None
    };
    if let Some(problem) = problem {
        return Err(Error::Unsupported {
            format: "WAV",
            problem: problem.to_owned(),
        });
    }
    let spec = WavSpec {
        channels: pcm.channels,
        sample_rate: pcm.sample_rate,
        bits_per_sample: format.bits(),
        sample_format: match format {
            WavFormat::Float32 => SampleFormat::Float,
            WavFormat::Int16 | WavFormat::Int24 => SampleFormat::Int,
        },
    };
    let failed = Error::encode::<hound::Error>;
    let mut writer = WavWriter::new(out, spec).map_err(failed("WAV"))?;
    match format {
        WavFormat::Int16 => to_16_bit(pcm)?
            .into_iter()
            .try_for_each(|s| writer.write_sample(s)),
        WavFormat::Int24 => to_24_bit(pcm)?
            .into_iter()
            .try_for_each(|s| writer.write_sample(s)),
        WavFormat::Float32 => {
            require_finite(pcm)?;
            pcm.samples.iter().try_for_each(|s| writer.write_sample(*s))
        }
    }
    .map_err(failed("WAV"))?;
    writer.finalize().map_err(failed("WAV"))
}

/// `pcm` as the bytes of a WAV file.
///
/// # Errors
/// As [`write()`].
pub fn encode(pcm: &Pcm, format: WavFormat) -> Result<Vec<u8>, Error> {
    let size = pcm.samples.len() * usize::from(format.bits() / 8) + 128;
    let mut out = Cursor::new(Vec::with_capacity(size));
    write(&mut out, pcm, format)?;
    Ok(out.into_inner())
}

/// What the header says, without reading the samples.
///
/// # Errors
/// [`Error::NotWav`]; [`Error::Rate`] for one beyond [`RATES_HZ`].
pub fn info<R: Read>(input: R) -> Result<WavInfo, Error> {
    let reader = open(input)?;
    let spec = reader.spec();
    Ok(WavInfo {
        sample_rate: spec.sample_rate,
        channels: spec.channels,
        bits: spec.bits_per_sample,
        float: spec.sample_format == SampleFormat::Float,
        frames: u64::from(reader.duration()),
    })
}

/// Reads integer WAV of 8, 16, 24 or 32 bits and float WAV of 32 bits, of [`RATES_HZ`] and any channels.
///
/// # Errors
/// [`Error::NotWav`] and [`Error::Rate`] for anything else, [`Error::Truncated`] where the file ends too early,
/// [`Error::NotFinite`] for NaN and infinity.
pub fn read<R: Read>(input: R) -> Result<Pcm, Error> {
    let reader = open(input)?;
    let spec = reader.spec();
    let promised = u64::from(reader.len());
    let samples: Vec<f32> = match spec.sample_format {
        SampleFormat::Float => collect(reader.into_samples::<f32>(), promised)?,
        SampleFormat::Int => {
            let scale = 1.0 / f64::from(1_u32 << (spec.bits_per_sample - 1));
            collect(
                reader
                    .into_samples::<i32>()
                    .map(|s| s.map(|s| (f64::from(s) * scale) as f32)),
                promised,
            )?
        }
    };
    let pcm = Pcm {
        sample_rate: spec.sample_rate,
        channels: spec.channels,
        samples,
    };
    require_finite(&pcm)?;
    Ok(pcm)
}

fn open<R: Read>(input: R) -> Result<WavReader<R>, Error> {
    let not_wav = |problem: String| Error::NotWav { problem };
    let reader = WavReader::new(input).map_err(|e| not_wav(e.to_string()))?;
    let spec = reader.spec();
    if spec.channels == 0 {
        return Err(not_wav("it names no channels".to_owned()));
    }
    require_rate(spec.sample_rate)?;
    let readable = match spec.sample_format {
        SampleFormat::Float => spec.bits_per_sample == 32,
        SampleFormat::Int => matches!(spec.bits_per_sample, 8 | 16 | 24 | 32),
    };
    if !readable {
        return Err(not_wav(format!(
            "samples of {} bits cannot be read",
            spec.bits_per_sample
        )));
    }
    Ok(reader)
}

/// What has another rate is no music, or a forged head: it would be converted into hours, or out of nothing.
fn require_rate(rate_hz: u32) -> Result<(), Error> {
    if RATES_HZ.contains(&rate_hz) {
        return Ok(());
    }
    Err(Error::Rate { rate_hz })
}

fn collect(
    samples: impl Iterator<Item = hound::Result<f32>>,
    promised: u64,
) -> Result<Vec<f32>, Error> {
    // The header is not believed: a forged length must not reserve memory.
    let mut out = Vec::with_capacity(promised.min(1 << 20) as usize);
    for sample in samples {
        match sample {
            Ok(s) => out.push(s),
            Err(_) => {
                return Err(Error::Truncated {
                    found: out.len() as u64,
                    promised,
                });
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chirp(channels: u16) -> Pcm {
        Pcm {
            sample_rate: 44_100,
            channels,
            samples: (0..4_410 * usize::from(channels))
                .map(|i| 0.9 * (i as f32 * i as f32 * 1e-6).sin())
                .collect(),
        }
    }

    #[test]
    fn each_format_is_read_as_it_was_written() {
        for (format, tolerance) in [
            (WavFormat::Int16, 2.0 / 32_768.0),
            (WavFormat::Int24, 1.0 / 8_388_608.0),
            (WavFormat::Float32, 0.0),
        ] {
            for channels in [1, 2] {
                let pcm = chirp(channels);
                let bytes = encode(&pcm, format).unwrap();
                let found = info(bytes.as_slice()).unwrap();
                assert_eq!(found.format(), Some(format));
                assert_eq!(found.frames, 4_410);
                let back = read(bytes.as_slice()).unwrap();
                assert_eq!((back.sample_rate, back.channels), (44_100, channels));
                let worst = pcm
                    .samples
                    .iter()
                    .zip(&back.samples)
                    .map(|(a, b)| (a - b).abs())
                    .fold(0.0, f32::max);
                assert!(worst <= tolerance, "{format:?}: {worst}");
                // What was read lies on the format's steps: written again it is the same file.
                assert!(encode(&back, format).unwrap() == bytes, "{format:?}");
            }
        }
    }

    #[test]
    fn old_and_wide_integer_formats_are_read() {
        for (bits, value, want) in [(8_u16, 64, 0.5_f32), (32, -(1 << 30), -0.5)] {
            let spec = WavSpec {
                channels: 1,
                sample_rate: 8_000,
                bits_per_sample: bits,
                sample_format: SampleFormat::Int,
            };
            let mut out = Cursor::new(Vec::new());
            let mut writer = WavWriter::new(&mut out, spec).unwrap();
            writer.write_sample(value).unwrap();
            writer.finalize().unwrap();
            assert_eq!(read(out.get_ref().as_slice()).unwrap().samples, [want]);
        }
    }

    #[test]
    fn both_sides_of_the_rates() {
        let of = |sample_rate| Pcm {
            sample_rate,
            channels: 1,
            samples: vec![0.0; 100],
        };
        let file = encode(&of(1_000), WavFormat::Int16).unwrap();
        for rate_hz in [1_000, 44_101, 768_000] {
            let file = encode(&of(rate_hz), WavFormat::Int16).unwrap();
            assert_eq!(read(file.as_slice()).unwrap(), of(rate_hz));
            assert_eq!(info(file.as_slice()).unwrap().sample_rate, rate_hz);
        }
        assert!(encode(&of(0), WavFormat::Int16).is_err());
        for rate_hz in [1_u32, 999, 768_001, 1 << 30] {
            // Byte 24 of a plain head is where the rate begins, and 28 where the bytes a second do.
            let mut forged = file.clone();
            forged[24..28].copy_from_slice(&rate_hz.to_le_bytes());
            forged[28..32].copy_from_slice(&(2 * rate_hz).to_le_bytes());
            for error in [
                encode(&of(rate_hz), WavFormat::Int16).unwrap_err(),
                info(forged.as_slice()).unwrap_err(),
                read(forged.as_slice()).unwrap_err(),
            ] {
                assert!(matches!(error, Error::Rate { .. }), "{rate_hz}: {error}");
                let said = error.to_string();
                assert!(
                    said.contains("1000 to 768000 Hz") && said.contains("Convert"),
                    "{said}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_wav_says_so() {
        assert!(matches!(read(&b"ID3"[..]), Err(Error::NotWav { .. })));
        assert!(matches!(
            read(&b"RIFFxxxxWAVEjunkjunkjunk"[..]),
            Err(Error::NotWav { .. })
        ));
        let whole = encode(&chirp(2), WavFormat::Int16).unwrap();
        let Err(Error::Truncated { found, promised }) = read(&whole[..whole.len() - 100]) else {
            panic!("a cut file was read");
        };
        assert_eq!((promised, found), (8_820, 8_820 - 50));
        let mut pcm = chirp(2);
        pcm.samples[101] = f32::NAN;
        assert!(matches!(
            encode(&pcm, WavFormat::Float32),
            Err(Error::NotFinite { frame: 50 })
        ));
        pcm.channels = 0;
        assert!(matches!(
            encode(&pcm, WavFormat::Int16),
            Err(Error::Unsupported { .. })
        ));
    }
}
