use crate::MusicTask;
use songwright_api::{AudioGeneration, Diffusion, MusicRequest};
use songwright_base::{InvalidField, LyricSheet, Seed, clean_text, length_between};

/// The steps of a draft: enough to hear tune, voice and style.
pub const DRAFT_STEPS: u32 = 12;

/// What music is wanted. Valid by construction at the service's edge.
#[derive(Clone, Debug, PartialEq)]
pub struct MusicParams {
    /// Comma-separated tags: genre, voice, instruments, mood, tempo, key.
    pub prompt: String,
    /// What is sung; `None` is an instrumental.
    pub lyrics: Option<LyricSheet>,
    /// The exact length of the result in seconds, 10–600.
    pub duration_s: f64,
    /// Makes the song repeatable.
    pub seed: Seed,
    /// How closely a neural composer follows the prompt, 1–30.
    pub guidance_scale: f64,
    /// Steps of a neural composer, 1–200.
    pub infer_step: u32,
    /// What only a neural composer reads.
    pub diffusion: Diffusion,
    /// Whether it is made from nothing, or from music that is there.
    pub task: MusicTask,
}

impl TryFrom<&MusicRequest> for MusicParams {
    type Error = InvalidField;

    fn try_from(request: &MusicRequest) -> Result<Self, InvalidField> {
        let audio = AudioGeneration::try_from(&request.audio)?;
        let prompt = length_between("prompt", &request.prompt, 5..=500)?;
        let lyrics = match request.lyrics.as_deref().map(clean_text) {
            Some(text) if !text.is_empty() => length_between("lyrics", &text, 1..=5000)?,
            _ => String::new(),
        };
        let sheet = LyricSheet::parse(&lyrics);
        let diffusion = Diffusion::try_from(&request.diffusion)?;
        Ok(Self::new(prompt, sheet, audio).with_diffusion(diffusion))
    }
}

impl MusicParams {
    /// Of checked parts; an instrumental where `audio` says so or the sheet has no lines.
    #[must_use]
    pub fn new(prompt: String, sheet: LyricSheet, audio: AudioGeneration) -> Self {
        Self {
            prompt,
            lyrics: (!audio.instrumental && !sheet.is_instrumental()).then_some(sheet),
            duration_s: audio.duration_s,
            seed: audio.seed,
            guidance_scale: audio.guidance_scale,
            infer_step: audio.infer_step,
            diffusion: Diffusion::default(),
            task: MusicTask::Text2Music,
        }
    }

    /// The same with what only a neural composer reads; a draft has few steps.
    #[must_use]
    pub fn with_diffusion(self, diffusion: Diffusion) -> Self {
        let infer_step = if diffusion.draft {
            self.infer_step.min(DRAFT_STEPS)
        } else {
            self.infer_step
        };
        Self {
            infer_step,
            diffusion,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use songwright_api::AudioGenerationBase;

    use super::*;

    fn params(lyrics: Option<&str>, instrumental: bool) -> Result<MusicParams, InvalidField> {
        MusicParams::try_from(&MusicRequest {
            prompt: "pop, piano".into(),
            lyrics: lyrics.map(str::to_owned),
            audio: AudioGenerationBase {
                instrumental: Some(instrumental),
                ..AudioGenerationBase::default()
            },
            diffusion: songwright_api::DiffusionFields::default(),
        })
    }

    #[test]
    fn empty_or_bracketed_lyrics_are_an_instrumental() {
        for lyrics in [
            None,
            Some(""),
            Some(" \n "),
            Some("[instrumental]"),
            Some("[inst]"),
        ] {
            assert_eq!(params(lyrics, false).unwrap().lyrics, None, "{lyrics:?}");
        }
        assert!(params(Some("la"), false).unwrap().lyrics.is_some());
        assert_eq!(params(Some("la"), true).unwrap().lyrics, None);
    }

    #[test]
    fn both_sides_of_the_lyrics_limit() {
        assert!(params(Some(&"l".repeat(5000)), false).is_ok());
        assert_eq!(
            params(Some(&"l".repeat(5001)), false).unwrap_err().field,
            "lyrics"
        );
    }
}
