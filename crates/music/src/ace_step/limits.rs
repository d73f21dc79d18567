//! What this model can be asked for, checked before anything is loaded.

use songwright_audio::Pcm;

use super::{Error, diffusion::frames, lyric_text::Language};
use crate::{MusicParams, MusicTask};

/// Seconds of a song.
pub const DURATION_S: std::ops::RangeInclusive<f64> = 1.0..=240.0;
/// Latent frames that the reference makes at most.
const MOST_FRAMES: i64 = 2583;

/// # Errors
/// [`Error::Unsupported`] says what is beyond the model, and what can be asked for instead.
pub(super) fn check(params: &MusicParams) -> Result<(), Error> {
    if let Some(code) = &params.diffusion.vocal_language {
        language(code)?;
    }
    match &params.task {
        MusicTask::Text2Music | MusicTask::Retake { .. } => {
            if !DURATION_S.contains(&params.duration_s) {
                return Err(Error::Unsupported(format!(
                    "ACE-Step v1 makes songs of 1 to 240 seconds, not {}. Ask for a shorter song, or \
                     extend one afterwards.",
                    params.duration_s
                )));
            }
            Ok(())
        }
        MusicTask::Repaint {
            source, range_s, ..
        } => {
            let length = audio(source)?;
            let (from, to) = (range_s.start, range_s.end);
            let outside = from >= length || to <= 0.0;
            if !(from.is_finite() && to.is_finite()) || from >= to || outside {
                return Err(Error::Unsupported(format!(
                    "The range from {from} to {to} s is not a part of a song of {length:.1} s. Its end \
                     must come after its start, and it must touch the song."
                )));
            }
            if frames(to.min(length) - from.max(0.0)) < 1 && from >= 0.0 && to <= length {
                return Err(Error::Unsupported(format!(
                    "The range from {from} to {to} s is shorter than the model's tenth of a second."
                )));
            }
            let all = frames(length) - frames(from).min(0) + (frames(to) - frames(length)).max(0);
            if all > MOST_FRAMES {
                return Err(Error::Unsupported(format!(
                    "With that range the song would be {:.0} s long; ACE-Step v1 goes up to 240 s.",
                    to.max(length) - from.min(0.0)
                )));
            }
            Ok(())
        }
        MusicTask::Edit {
            source,
            n_min,
            n_max,
            ..
        } => {
            audio(source)?;
            if n_min >= n_max {
                return Err(Error::Unsupported(format!(
                    "edit_n_min ({n_min}) must be below edit_n_max ({n_max})."
                )));
            }
            Ok(())
        }
        MusicTask::Audio2Audio { reference, .. } => audio(reference).map(drop),
    }
}

/// The language of a code.
pub(super) fn language(code: &str) -> Result<Language, Error> {
    Language::from_code(code).ok_or_else(|| {
        Error::Unsupported(format!(
            "ACE-Step v1 does not sing in \"{code}\". It knows {}.",
            Language::ALL.map(Language::code).join(", ")
        ))
    })
}

/// The length of audio that is to be worked on, in seconds.
fn audio(source: &Pcm) -> Result<f64, Error> {
    let length = source.duration_s();
    if DURATION_S.contains(&length) {
        return Ok(length);
    }
    Err(Error::Unsupported(format!(
        "The audio is {length:.3} s long; ACE-Step v1 works on 1 to 240 seconds. Cut it first."
    )))
}
