//! What is done to music that is there, told to a service elsewhere.

use reqwest::StatusCode;
use serde_json::Value;
use songwright_api::{Diffusion, ReferenceAudio, TaskAsked};
use songwright_audio::{
    Pcm,
    wav::{self, WavFormat},
};
use songwright_base::Observer;
use songwright_music::{MusicParams, MusicTask};

use crate::{composer::question, connection::Connection, error::CallError, wire};

/// What a service says of a file or of a request is short.
const ANSWER_LIMIT_BYTES: u64 = 1 << 20;

/// What a request for `params` says beside its words, with the audio that it names sent to the service.
///
/// # Errors
/// [`CallError::WordsOnly`] where the service knows no such requests.
pub(crate) fn told(
    connection: &Connection,
    params: &MusicParams,
    observer: &dyn Observer,
) -> Result<Diffusion, CallError> {
    let send = |audio: &Pcm| send(connection, audio, observer);
    // The names of audio here mean nothing there.
    let mut diffusion = Diffusion {
        reference: None,
        task: None,
        ..params.diffusion.clone()
    };
    diffusion.task = match &params.task {
        MusicTask::Text2Music => None,
        MusicTask::Audio2Audio {
            reference,
            strength,
        } => {
            diffusion.reference = Some(ReferenceAudio {
                file_path: send(reference)?,
                strength: *strength,
            });
            None
        }
        MusicTask::Retake {
            before,
            variance,
            retake_seed,
        } => Some(TaskAsked::Retake {
            earlier: before.iter().map(|v| (v.variance, v.retake_seed)).collect(),
            variance: *variance,
            retake_seed: *retake_seed,
        }),
        MusicTask::Repaint {
            source,
            range_s,
            variance,
            retake_seed,
        } => Some(TaskAsked::Repaint {
            file_path: send(source)?,
            start_s: range_s.start,
            end_s: range_s.end,
            variance: *variance,
            retake_seed: *retake_seed,
        }),
        MusicTask::Extend {
            source,
            before_s,
            after_s,
            retake_seed,
        } => Some(TaskAsked::Extend {
            file_path: send(source)?,
            left_s: *before_s,
            right_s: *after_s,
            retake_seed: *retake_seed,
        }),
        MusicTask::Edit {
            source,
            made_from,
            n_min,
            n_max,
            n_avg,
            retake_seed,
        } => Some(TaskAsked::Edit {
            file_path: send(source)?,
            prompt: made_from.prompt.clone(),
            lyrics: made_from.lyrics.clone(),
            vocal_language: made_from.vocal_language.clone(),
            n_min: *n_min,
            n_max: *n_max,
            n_avg: *n_avg,
            retake_seed: *retake_seed,
        }),
    };
    if matches!(params.task, MusicTask::Retake { .. }) {
        // A service that takes no audio would not read what is to differ either, and make another song.
        let asked = question(params, &diffusion);
        let known: Result<Value, _> =
            connection.post("estimate", &asked, ANSWER_LIMIT_BYTES, observer);
        known.map_err(words_only)?;
    }
    Ok(diffusion)
}

/// Sends audio to the service, where that is or beside its prefix; what it is called there.
fn send(
    connection: &Connection,
    audio: &Pcm,
    observer: &dyn Observer,
) -> Result<String, CallError> {
    // Whole: what is 24 bits deep stays what it is.
    let file = wav::encode(audio, WavFormat::Float32).map_err(|e| CallError::Local(e.into()))?;
    let address = connection.address();
    let places = [
        Some(address.endpoint(["files"])),
        address.sibling(["files"]),
    ];
    for url in places.into_iter().flatten() {
        if connection.has(url.clone(), observer)? {
            let sent: Result<wire::Uploaded, CallError> =
                connection.send(url, ("audio/wav", file), observer);
            return Ok(sent.map_err(words_only)?.file_path);
        }
    }
    Err(CallError::WordsOnly)
}

fn is_unknown(error: &CallError) -> bool {
    matches!(
        error.status(),
        Some(StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED)
    )
}

fn words_only(error: CallError) -> CallError {
    if is_unknown(&error) {
        CallError::WordsOnly
    } else {
        error
    }
}
