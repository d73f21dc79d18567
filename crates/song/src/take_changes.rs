//! What a take is made from, with what is wished otherwise for a new one.

use songwright_api::{TakeJob, TakeWish, Whole};
use songwright_base::LyricSheet;
use songwright_storage::Take;

use crate::{Provenance, shelf};

/// Makes of how the take `from` came to be how a new one of it does.
pub(crate) fn change(made: &mut Provenance, from: &Take, job: &TakeJob) {
    job.wish.relation().clone_into(&mut made.endpoint);
    let words = &from.recording.words;
    made.sung_prompt = job.prompt.as_ref().unwrap_or(&words.prompt).clone();
    let before = (!words.is_instrumental()).then(|| words.lyrics.clone());
    made.sung_lyrics = match &job.lyrics {
        Some(lyrics) => {
            let sheet = LyricSheet::parse(lyrics);
            (!sheet.is_instrumental()).then(|| sheet.to_string())
        }
        None => before.clone(),
    };
    let words = made.words();
    let request = &mut made.request;
    if words != from.recording.words {
        // What was described is not what is sung.
        request.full_described_song = None;
        request.described_lyrics = None;
        request.lyrics = Some(shelf::sung(&words));
        request.prompt = Some(words.prompt);
        request.audio.instrumental = Some(made.sung_lyrics.is_none());
    }
    if made.sung_lyrics != before {
        made.engines.lyrics = None;
        request.language = None;
    }
    if let Some(steps) = job.infer_step {
        request.audio.infer_step = Some(Whole(i64::from(steps)));
    }
    if job.infer_step.is_some() || job.wish == TakeWish::Promote {
        request.diffusion.draft = None;
    }
    if let Some(scale) = job.guidance_scale {
        request.audio.guidance_scale = Some(scale);
    }
    if let Some(language) = &job.vocal_language {
        request.diffusion.vocal_language = (!language.is_empty()).then(|| language.clone());
    }
    if let Some(loras) = &job.loras {
        request.diffusion.loras = (!loras.is_empty()).then(|| loras.clone());
    }
}
