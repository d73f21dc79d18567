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

    /// The same with what only a neural composer reads; a draft has few steps, also of those that were chosen.
    #[must_use]
    pub fn with_diffusion(self, mut diffusion: Diffusion) -> Self {
        let mut infer_step = self.infer_step;
        if diffusion.draft {
            infer_step = infer_step.min(DRAFT_STEPS);
            diffusion.oss_steps = thinned(&diffusion.oss_steps, DRAFT_STEPS as usize);
        }
        Self {
            infer_step,
            diffusion,
            ..self
        }
    }
}

/// At most `most` of some steps, evenly, with the first and the last: the last says how long their schedule is.
fn thinned(steps: &[usize], most: usize) -> Vec<usize> {
    if steps.len() <= most {
        return steps.to_vec();
    }
    let last = steps.len() - 1;
    (0..most).map(|i| steps[i * last / (most - 1)]).collect()
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
    fn a_draft_has_few_steps_of_any_kind() {
        let steps = |draft, infer_step, oss_steps: std::ops::RangeInclusive<usize>| {
            let plain = MusicParams {
                infer_step,
                ..params(None, true).unwrap()
            };
            let made = plain.with_diffusion(Diffusion {
                draft,
                oss_steps: oss_steps.collect(),
                ..Diffusion::default()
            });
            (made.infer_step, made.diffusion.oss_steps)
        };
        assert_eq!(steps(false, 40, 1..=40).1.len(), 40);
        let (infer_step, chosen) = steps(true, 40, 1..=40);
        assert_eq!(infer_step, DRAFT_STEPS);
        assert_eq!(chosen, [1, 4, 8, 11, 15, 18, 22, 25, 29, 32, 36, 40]);
        // Both sides of what is few.
        assert_eq!(steps(true, 12, 1..=12), (12, (1..=12).collect()));
        let (_, chosen) = steps(true, 13, 3..=15);
        assert!(chosen.len() == 12 && chosen.is_sorted(), "{chosen:?}");
        assert_eq!((chosen[0], chosen[11]), (3, 15));
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
