use songwright_base::Code;

use crate::wav::RATES_HZ;

/// Why audio could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are not a WAV file that can be read.
    #[error("This is not a WAV file that can be read: {problem}.")]
    NotWav {
        /// What is wrong with it.
        problem: String,
    },
    /// The rate is none that music has.
    #[error(
        "The audio has {rate_hz} samples a second; {} to {} Hz are taken. Convert it to 44100 or 48000 Hz first.",
        RATES_HZ.start(),
        RATES_HZ.end()
    )]
    Rate {
        /// In Hz.
        rate_hz: u32,
    },
    /// The file ends before its header says so.
    #[error("The WAV file is cut off: it has {found} of {promised} samples.")]
    Truncated {
        /// Samples that were read, all channels together.
        found: u64,
        /// Samples that the header names, all channels together.
        promised: u64,
    },
    /// A sample is not a number.
    #[error("The audio has a sample that is not a finite number, at frame {frame}.")]
    NotFinite {
        /// The first such frame.
        frame: usize,
    },
    /// The format cannot hold this audio.
    #[error("{format} cannot hold this audio: {problem}.")]
    Unsupported {
        /// "WAV", "FLAC", "MP3".
        format: &'static str,
        /// Which limit is broken.
        problem: String,
    },
    /// An encoder or tag writer failed.
    #[error("Writing {format} failed.")]
    Encode {
        /// "WAV", "FLAC", "MP3", "tags".
        format: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The tags of a file cannot be read.
    #[error("The tags of this file cannot be read.")]
    Tags {
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    pub(crate) fn encode<E>(format: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |source| Self::Encode {
            format,
            source: source.into(),
        }
    }

    /// The closed code for clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::NotWav { .. }
            | Self::Rate { .. }
            | Self::Truncated { .. }
            | Self::NotFinite { .. }
            | Self::Unsupported { .. }
            | Self::Tags { .. } => Code::BadRequest,
            Self::Encode { .. } => Code::Internal,
        }
    }
}
