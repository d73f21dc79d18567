//! What this model can be asked for, checked before anything is loaded.

use songwright_audio::Pcm;

use super::{Error, diffusion::frames, lyric_text::Language};
use crate::{MusicParams, MusicTask};

/// Seconds of a song.
pub const DURATION_S: std::ops::RangeInclusive<f64> = 1.0..=240.0;

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
            let (from, to) = (from.max(0.0), to.min(length));
            if frames(to - from) < 1 {
                return Err(Error::Unsupported(format!(
                    "The range from {from} to {to} s is shorter than the model's tenth of a second."
                )));
            }
            Ok(())
        }
        MusicTask::Extend {
            source,
            before_s,
            after_s,
            ..
        } => {
            let length = audio(source)?;
            let all = before_s + length + after_s;
            let is_more = *before_s >= 0.0 && *after_s >= 0.0 && all > length;
            if !is_more {
                return Err(Error::Unsupported(format!(
                    "A song is not made longer by {before_s} s before it and {after_s} s after it."
                )));
            }
            if all > *DURATION_S.end() {
                return Err(Error::Unsupported(format!(
                    "The song would be {all:.0} s long; ACE-Step v1 goes up to 240 s. Extend it by less."
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
