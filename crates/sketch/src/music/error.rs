/// What can go wrong inside the sketch composer.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The embedded SoundFont is not laid out as an SF3 file.
    #[error("the SoundFont is damaged: {what}")]
    SoundFontLayout {
        /// What is missing or too short.
        what: &'static str,
    },
    /// A Vorbis sample of the SoundFont cannot be decoded.
    #[error("sample {index} of the SoundFont cannot be decoded")]
    Sample {
        /// The sample's index in `shdr`.
        index: usize,
        /// The decoder's complaint.
        #[source]
        source: lewton::VorbisError,
    },
    /// The synthesizer refuses the decoded SoundFont.
    #[error("the synthesizer refuses the SoundFont")]
    SoundFont(#[from] rustysynth::SoundFontError),
    /// The synthesizer refuses its settings.
    #[error("the synthesizer refuses its settings")]
    Synthesizer(#[from] rustysynth::SynthesizerError),
    /// The SoundFont has no such preset.
    #[error("the SoundFont has no preset {bank}:{program}")]
    NoPreset {
        /// MIDI bank; 128 is percussion.
        bank: u8,
        /// MIDI program, from 0.
        program: u8,
    },
    /// A style file is not valid TOML of the style's shape.
    #[error("style {style} cannot be read")]
    StyleSyntax {
        /// The style file's name.
        style: &'static str,
        /// The parser's complaint.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A style file holds a value that makes no music.
    #[error("style {style}: {field} {problem}")]
    StyleValue {
        /// The style's id.
        style: String,
        /// The field.
        field: String,
        /// What is wrong, to be read after the field.
        problem: &'static str,
    },
    /// The MIDI file cannot be written.
    #[error("the MIDI file cannot be written")]
    Midi(#[source] std::io::Error),
    /// The mix cannot be measured.
    #[error("the mix cannot be measured")]
    Loudness(#[source] songwright_audio::LoudnessError),
    /// A thread that plays a stem died.
    #[error("a stem's thread stopped unexpectedly")]
    StemThread,
    /// The observer no longer wants the song.
    #[error("cancelled")]
    Cancelled,
}

impl From<songwright_audio::LoudnessError> for ComposeError {
    fn from(error: songwright_audio::LoudnessError) -> Self {
        match error {
            songwright_audio::LoudnessError::Cancelled => Self::Cancelled,
            other => Self::Loudness(other),
        }
    }
}
